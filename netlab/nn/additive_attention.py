"""Additive attention (Bahdanau et al. 2014, "Neural Machine Translation by Jointly Learning to Align and Translate")."""

import math

from torch import Tensor, nn


class AdditiveAttention(nn.Module):
    """Σₛ softmaxₛ(vᵀ tanh(W query + U keyₛ)) keyₛ: a small network compares each query with each key.

    Shapes: query (B, d_query) or (B, T, d_query), key (B, S, d_key) → (B, d_key) or (B, T, d_key).
    A mask is bool and stretched to (B, 1, T, S); True means: may look.
    """

    causal = False

    def __init__(self, d_query: int, d_key: int, hidden_size: int) -> None:
        super().__init__()
        self.q_proj = nn.Linear(d_query, hidden_size, bias=False)
        self.k_proj = nn.Linear(d_key, hidden_size)
        self.score = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query: Tensor, key: Tensor, mask: Tensor | None = None) -> Tensor:
        context = self.attention_weights(query, key, mask).squeeze(1) @ key  # (B, T, d_key)
        return context.squeeze(1) if query.dim() == 2 else context

    def attention_weights(self, query: Tensor, key: Tensor, mask: Tensor | None = None) -> Tensor:
        """The weight of every key: (B, 1, T, S), each row sums to 1; T is 1 for a single query."""
        query = query.unsqueeze(1) if query.dim() == 2 else query
        both = self.q_proj(query).unsqueeze(2) + self.k_proj(key).unsqueeze(1)  # (B, T, S, hidden_size)
        scores = self.score(both.tanh()).squeeze(-1).unsqueeze(1)  # (B, 1, T, S)
        if mask is None:
            return scores.softmax(-1)
        weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
        return weights.masked_fill(~mask, 0.0)  # zeros, not NaN, where a row may look nowhere
