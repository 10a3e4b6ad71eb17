"""Multi-head attention (Vaswani et al. 2017, "Attention Is All You Need")."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MultiHeadAttention(nn.Module):
    """softmax(Q Kᵀ / √d_head) V in `num_heads` parallel heads, between a projection in and a projection out.

    Shapes: query (B, T, d_model), key (B, S, d_key), value (B, S, d_value) → (B, T, d_model). An open key is the
    query, an open value is the key.
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

    def forward(self, query: Tensor, key: Tensor | None = None, value: Tensor | None = None) -> Tensor:
        key = query if key is None else key
        value = key if value is None else value
        q = self.split(self.q_proj(query))  # (B, h, T, d_head)
        k = self.split(self.k_proj(key))  # (B, h, S, d_head)
        v = self.split(self.v_proj(value))  # (B, h, S, d_head)
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=self.causal)  # (B, h, T, d_head)
        return self.out_proj(y.transpose(1, 2).flatten(2))  # (B, T, d_model)

    def attention_weights(self, query: Tensor, key: Tensor | None = None, value: Tensor | None = None) -> Tensor:
        """The weights that `forward` uses but never stores: (B, h, T, S), each row sums to 1."""
        q = self.split(self.q_proj(query))
        k = self.split(self.k_proj(query if key is None else key))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, h, T, S)
        if self.causal:
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, -math.inf)
        return scores.softmax(-1)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, d_model) → (B, h, T, d_head)"""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
