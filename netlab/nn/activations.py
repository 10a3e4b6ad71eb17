"""Activations that torch does not have."""

import torch
from torch import Tensor, nn


class Step(nn.Module):
    """Threshold of the perceptron: 1 where x ≥ 0, else 0 (Rosenblatt 1958).

    The step has no slope, so the backward pass takes the slope of `surrogate` instead: that of a sigmoid, or 1
    between −1 and 1 for a clipped identity (straight-through estimator, Bengio et al. 2013).
    Shapes: x (…) → (…), element by element. Raises ValueError for an unknown surrogate.
    """

    def __init__(self, surrogate: str = "sigmoid") -> None:
        super().__init__()
        if surrogate not in ("sigmoid", "identity"):
            raise ValueError(f"The surrogate is {surrogate!r}, but it has to be sigmoid or identity.")
        self.surrogate = surrogate

    def forward(self, x: Tensor) -> Tensor:
        hard = (x >= 0).to(x.dtype)
        soft = torch.sigmoid(x) if self.surrogate == "sigmoid" else x.clamp(-1, 1)
        return hard + (soft - soft.detach())  # adds zero, but lets the gradient of soft through
