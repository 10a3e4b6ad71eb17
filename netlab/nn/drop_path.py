"""Stochastic depth (Huang et al. 2016, "Deep Networks with Stochastic Depth")."""

from torch import Tensor, nn
from torch.nn import functional as F


class DropPath(nn.Module):
    """While training, zeroes a whole sample with probability p and scales the others by 1 / (1 − p).

    Shapes: x (B, …) → (B, …).
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        ones = x.new_ones(x.shape[:1] + (1,) * (x.ndim - 1))  # (B, 1, …)
        return x * F.dropout(ones, self.p)
