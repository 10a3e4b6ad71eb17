"""Noise as regularisation (Bishop 1995, "Training with Noise is Equivalent to Tikhonov Regularization")."""

import torch
from torch import Tensor, nn


class GaussianNoise(nn.Module):
    """While training, adds normally distributed noise with mean 0 and standard deviation `std`.

    Shapes: x (…) → (…).
    """

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x
