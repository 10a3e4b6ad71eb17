"""Self-attention that knows distances: local windows, ALiBi and relative position buckets."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class BiasedSelfAttention(nn.Module):
    """Multi-head self-attention softmax(Q Kᵀ / √d_head + bias) V, where `distance_bias` tells the bias.

    Shapes: x (B, T, d_model), mask (bool, stretched to (B, h, T, T), True means: may look) → (B, T, d_model).
    Raises ValueError if num_heads does not divide d_model.
    """

    def __init__(
        self, d_model: int, num_heads: int, causal: bool = False, dropout: float = 0.0, bias: bool = True
    ) -> None:
        super().__init__()
        if d_model % num_heads:
            raise ValueError(f"d_model = {d_model} has to be a multiple of num_heads = {num_heads}.")
        self.num_heads = num_heads
        self.causal = causal
        self.dropout = dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def distance_bias(self, distance: Tensor) -> Tensor:
        """What is added to the scores, (T, T) or (h, T, T), for distances key − query of shape (T, T)."""
        raise NotImplementedError

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        q, k, v = self.split(self.q_proj(x)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, self.bias_for(x, mask).to(q.dtype), dropout)  # (B, h, T, d_head)
        return self.out_proj(torch.cat(y.unbind(1), -1))  # (B, T, d_model); export to ONNX stumbles over flatten

    def attention_weights(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """The weights that `forward` uses but never stores: (B, h, T, T), each row sums to 1."""
        q, k = self.split(self.q_proj(x)), self.split(self.k_proj(x))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]) + self.bias_for(x, mask)
        return scores.softmax(-1).nan_to_num()  # a row that may look nowhere is all zeros

    def bias_for(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """The bias of every pair of positions, −∞ where a position must not look."""
        position = torch.arange(x.shape[1], device=x.device)
        distance = position - position[:, None]  # (T, T): where the key stands, seen from the query
        bias = self.distance_bias(distance)
        if self.causal:
            bias = bias.masked_fill(distance > 0, -math.inf)
        return bias if mask is None else bias.masked_fill(~mask, -math.inf)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, d_model) → (B, h, T, d_head)"""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


class LocalAttention(BiasedSelfAttention):
    """Self-attention to at most `window` steps on each side (Beltagy et al. 2020)."""

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        window: int,
        causal: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__(d_model, num_heads, causal, dropout, bias)
        self.window = window

    def distance_bias(self, distance: Tensor) -> Tensor:
        nothing = torch.zeros(distance.shape, device=distance.device)
        return nothing.masked_fill(distance.abs() > self.window, -math.inf)


class ALiBiAttention(BiasedSelfAttention):
    """Self-attention with a penalty that grows with the distance, in each head with another slope (Press et al. 2021).

    The slopes are 2^(−8 i / n) for n heads; where n is no power of two, those of the power below and every second one
    of the power above.
    """

    def distance_bias(self, distance: Tensor) -> Tensor:
        return -distance.abs() * torch.tensor(self.slopes(), device=distance.device)[:, None, None]  # (h, T, T)

    def slopes(self) -> list[float]:
        """The slope of every head."""
        below = 2 ** int(math.log2(self.num_heads))
        found = [2.0 ** (-8 * (i + 1) / below) for i in range(below)]
        return found + [2.0 ** (-4 * (i + 1) / below) for i in range(0, 2 * (self.num_heads - below), 2)]


class RelativeAttention(BiasedSelfAttention):
    """Self-attention with a learned bias for every range of distances and every head (Raffel et al. 2020).

    Small distances have a bucket each, larger ones share buckets that grow logarithmically up to `max_distance`.
    Unless causal, half of the buckets is for what comes after.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        num_buckets: int = 32,
        max_distance: int = 128,
        causal: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__(d_model, num_heads, causal, dropout, bias)
        self.num_buckets = num_buckets
        self.max_distance = max_distance
        self.relative_bias = nn.Embedding(num_buckets, num_heads)

    def distance_bias(self, distance: Tensor) -> Tensor:
        return self.relative_bias(self.bucket(distance)).permute(2, 0, 1)  # (h, T, T)

    def bucket(self, distance: Tensor) -> Tensor:
        """The number of the bucket that a distance falls into."""
        count = self.num_buckets if self.causal else self.num_buckets // 2
        start = 0 if self.causal else (distance > 0) * count
        steps = -distance.clamp(max=0) if self.causal else distance.abs()
        exact = count // 2
        share = torch.log(steps.clamp(min=exact) / exact) / math.log(self.max_distance / exact)
        wide = exact + (share * (count - exact)).long()
        return start + torch.where(steps < exact, steps, wide.clamp(max=count - 1))
