"""Feed-forward blocks of Transformers: plain (Vaswani et al. 2017) and gated (Shazeer 2020)."""

from torch import Tensor, nn
from torch.nn import functional as F


class FeedForward(nn.Module):
    """W₂ dropout(activation(W₁ x + b₁)) + b₂, at every position by itself.

    Shapes: x (…, d_model) → (…, d_model). Raises ValueError for an unknown activation.
    """

    def __init__(
        self, d_model: int, hidden_size: int, activation: str = "relu", dropout: float = 0.0, bias: bool = True
    ) -> None:
        super().__init__()
        known = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}
        if activation not in known:
            raise ValueError(f"The activation is {activation!r}, but it has to be one of {', '.join(known)}.")
        self.linear1 = nn.Linear(d_model, hidden_size, bias=bias)
        self.activation = known[activation]()
        self.dropout = nn.Dropout(dropout)
        self.linear2 = nn.Linear(hidden_size, d_model, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class SwiGLU(nn.Module):
    """W₃ (SiLU(W₁ x) ⊙ W₂ x), at every position by itself.

    Shapes: x (…, d_model) → (…, d_model).
    """

    def __init__(self, d_model: int, hidden_size: int, bias: bool = False) -> None:
        super().__init__()
        self.w1 = nn.Linear(d_model, hidden_size, bias=bias)
        self.w2 = nn.Linear(d_model, hidden_size, bias=bias)
        self.w3 = nn.Linear(hidden_size, d_model, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.w3(F.silu(self.w1(x)) * self.w2(x))
