"""Scaled dot-product attention without weights (Vaswani et al. 2017, "Attention Is All You Need")."""

from torch import Tensor, nn
from torch.nn import functional as F


class ScaledDotProductAttention(nn.Module):
    """softmax(Q Kᵀ / √d) V, with dropout while training, and a mask of the future on top of any other mask.

    Shapes: query (B, T, d), key (B, S, d), value (B, S, d_value) → (B, T, d_value), or all with an axis of heads after B.
    A mask is bool and stretched to (B, h, T, S); True means: may look.
    """

    def __init__(self, causal: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.causal = causal
        self.dropout = dropout

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
        if query.dim() == 3:  # fused kernels and ONNX want an axis of heads
            return self(query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1), mask).squeeze(1)
        if mask is not None and self.causal:
            mask = mask & mask.new_ones(query.shape[-2], key.shape[-2]).tril()
        dropout = self.dropout if self.training else 0.0
        causal = self.causal and mask is None
        return F.scaled_dot_product_attention(query, key, value, mask, dropout, is_causal=causal)
