"""Multi-head attention (Vaswani et al. 2017, "Attention Is All You Need")."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MultiHeadAttention(nn.Module):
    """softmax(Q Kᵀ / √d_head) V in `num_heads` parallel heads, between a projection in and a projection out.

    Shapes: query (B, T, d_model), key (B, S, d_key), value (B, S, d_value) → (B, T, d_model). An open key is the
    query, an open value is the key. A mask is bool and stretched to (B, h, T, S); True means: may look.
    Raises ValueError if num_heads does not divide d_model.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_key: int | None = None,
        d_value: int | None = None,
        causal: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if d_model % num_heads:
            raise ValueError(f"d_model = {d_model} has to be a multiple of num_heads = {num_heads}.")
        self.num_heads = num_heads
        self.causal = causal
        self.dropout = dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_key or d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_value or d_key or d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(
        self, query: Tensor, key: Tensor | None = None, value: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        key = query if key is None else key
        value = key if value is None else value
        q = self.split(self.q_proj(query))  # (B, h, T, d_head)
        k = self.split(self.k_proj(key))  # (B, h, S, d_head)
        v = self.split(self.v_proj(value))  # (B, h, S, d_head)
        dropout = self.dropout if self.training else 0.0
        if mask is not None and self.causal:
            mask = mask & mask.new_ones(q.shape[2], k.shape[2]).tril()
        causal = self.causal and mask is None
        y = F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal=causal)  # (B, h, T, d_head)
        return self.out_proj(y.transpose(1, 2).flatten(2))  # (B, T, d_model)

    def attention_weights(
        self, query: Tensor, key: Tensor | None = None, value: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """The weights that `forward` uses but never stores: (B, h, T, S), each row sums to 1."""
        q = self.split(self.q_proj(query))
        k = self.split(self.k_proj(query if key is None else key))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, h, T, S)
        if self.causal:
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, -math.inf)
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        return scores.softmax(-1).nan_to_num()  # a row that may look nowhere is all zeros, as in forward

    def split(self, x: Tensor) -> Tensor:
        """(B, T, d_model) → (B, h, T, d_head)"""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


class GroupedQueryAttention(nn.Module):
    """Self-attention in which groups of `num_heads` query heads share `num_kv_heads` heads of keys and values.

    (Ainslie et al. 2023.) With `rotary`, queries and keys are turned by their position (Su et al. 2021).
    Shapes: x (B, T, d_model), mask (bool, stretched to (B, h, T, T), True means: may look) → (B, T, d_model).
    Raises ValueError if the heads do not divide evenly.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        num_kv_heads: int,
        rotary: bool = False,
        causal: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        d_head = d_model // num_heads
        if d_model % num_heads or num_heads % num_kv_heads or (rotary and d_head % 2):
            raise ValueError(f"{num_heads} heads and {num_kv_heads} for keys do not divide d_model = {d_model} evenly.")
        self.d_head = d_head
        self.groups = num_heads // num_kv_heads
        self.rotary = rotary
        self.causal = causal
        self.dropout = dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, num_kv_heads * d_head, bias=bias)
        self.v_proj = nn.Linear(d_model, num_kv_heads * d_head, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        q, k = self.queries_and_keys(x)
        v = self.split(self.v_proj(x)).repeat_interleave(self.groups, 1)  # (B, h, T, d_head)
        dropout = self.dropout if self.training else 0.0
        if mask is not None and self.causal:
            mask = mask & mask.new_ones(x.shape[1], x.shape[1]).tril()
        causal = self.causal and mask is None
        y = F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal=causal)  # (B, h, T, d_head)
        return self.out_proj(y.transpose(1, 2).flatten(2))  # (B, T, d_model)

    def attention_weights(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """The weights that `forward` uses but never stores: (B, h, T, T), each row sums to 1."""
        q, k = self.queries_and_keys(x)
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.d_head)  # (B, h, T, T)
        if self.causal:
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, -math.inf)
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        return scores.softmax(-1).nan_to_num()

    def queries_and_keys(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both (B, h, T, d_head), each key head repeated for its group."""
        q, k = self.split(self.q_proj(x)), self.split(self.k_proj(x))
        if self.rotary:
            q, k = self.turn(q), self.turn(k)
        return q, k.repeat_interleave(self.groups, 1)

    def turn(self, x: Tensor) -> Tensor:
        """Rotate each pair of features (2i, 2i + 1) at step t by the angle t / 10000^(2i / d_head)."""
        pairs = torch.arange(0, self.d_head, 2, device=x.device)
        angles = torch.arange(x.shape[-2], device=x.device)[:, None] * 10000.0 ** (-pairs / self.d_head)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)  # (T, d_head / 2)
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, heads · d_head) → (B, heads, T, d_head)"""
        return x.unflatten(-1, (-1, self.d_head)).transpose(1, 2)
