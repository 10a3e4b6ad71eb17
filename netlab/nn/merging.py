"""Learned mixtures of several values."""

import torch
from torch import Tensor, nn


class WeightedSum(nn.Module):
    """w₁ x₁ + w₂ x₂ + … with one learned number for each value, shares that sum to 1 with softmax.

    Shapes: `count` values (…) of the same shape → (…). All begin with the same weight.
    """

    def __init__(self, count: int, softmax: bool = True) -> None:
        super().__init__()
        self.softmax = softmax
        self.weight = nn.Parameter(torch.zeros(count) if softmax else torch.full((count,), 1 / count))

    def forward(self, *values: Tensor) -> Tensor:
        weight = self.weight.softmax(0) if self.softmax else self.weight
        y = weight[0] * values[0]
        for i in range(1, len(values)):
            y = y + weight[i] * values[i]
        return y
