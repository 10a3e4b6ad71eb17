"""Positional encodings."""

import math

import torch
from torch import Tensor, nn


class SinusoidalPositionalEncoding(nn.Module):
    """x + PE with PE(t, 2i) = sin(t / 10000^(2i/d)), PE(t, 2i+1) = cos(t / 10000^(2i/d)) (Vaswani et al. 2017).

    Shapes: x (B, T, d) → (B, T, d), for T up to `max_len`. Raises ValueError for a longer sequence.
    """

    table: Tensor

    def __init__(self, d_model: int, max_len: int = 1024) -> None:
        super().__init__()
        position = torch.arange(max_len, device="cpu").unsqueeze(1)  # (max_len, 1)
        rate = torch.exp(torch.arange(0, d_model, 2, device="cpu") * (-math.log(10000.0) / d_model))  # (ceil(d / 2),)
        table = torch.zeros(max_len, d_model, device="cpu")
        table[:, 0::2] = torch.sin(position * rate)
        table[:, 1::2] = torch.cos(position * rate[: d_model // 2])
        self.register_buffer("table", table, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] > self.table.shape[0]:
            longest = self.table.shape[0]
            raise ValueError(f"The sequence has {x.shape[1]} steps, more than max_len = {longest}. Raise max_len.")
        return x + self.table[: x.shape[1]].to(x)


class LearnedPositionalEncoding(nn.Module):
    """x + W[t], with a learned vector for every position (Gehring et al. 2017).

    Shapes: x (B, T, d) → (B, T, d), for T up to `max_len`. Raises ValueError for a longer sequence.
    """

    def __init__(self, d_model: int, max_len: int = 1024) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(max_len, d_model))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] > self.weight.shape[0]:
            longest = self.weight.shape[0]
            raise ValueError(f"The sequence has {x.shape[1]} steps, more than max_len = {longest}. Raise max_len.")
        return x + self.weight[: x.shape[1]]


class RotaryPositionalEncoding(nn.Module):
    """Rotates each pair of features (2i, 2i + 1) at step t by the angle t / base^(2i/d) (Su et al. 2021).

    The dot product of two rotated vectors then depends on their distance only.
    Shapes: x (…, T, d) → (…, T, d) with an even d.
    """

    def __init__(self, base: float = 10000.0) -> None:
        super().__init__()
        self.base = base

    def forward(self, x: Tensor) -> Tensor:
        length, d = x.shape[-2:]
        rate = self.base ** (-torch.arange(0, d, 2, device=x.device) / d)  # (d / 2,)
        angle = torch.arange(length, device=x.device)[:, None] * rate  # (T, d / 2)
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)
