"""Values that come out of no layer: learned ones, and ones that never change."""

import torch
from torch import Tensor, nn

DTYPES = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}


class LearnedTensor(nn.Module):
    """A learned tensor of `sizes`, repeated for each sample of `like` if that is given.

    Shapes: like (B, …) → (B, *sizes); without it (*sizes). `init` is zeros, ones, or normal with deviation `std`.
    """

    def __init__(self, *sizes: int, init: str = "normal", std: float = 0.02) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(sizes))
        if init == "normal":
            nn.init.normal_(self.weight, std=std)
        else:
            nn.init.constant_(self.weight, 1.0 if init == "ones" else 0.0)

    def forward(self, like: Tensor | None = None) -> Tensor:
        return self.weight if like is None else self.weight.expand(like.shape[0], *self.weight.shape)


class Constant(nn.Module):
    """Numbers that do not learn, kept with the weights; they begin as `pattern` says.

    Shapes: like (B, …) → (B, *sizes); without it (*sizes). `pattern` is uniform (all `fill`), range (0, 1, 2 … along
    the last axis), or lower or upper triangle of the last two axes (1 inside, the diagonal included, and 0 outside).
    """

    value: Tensor

    def __init__(self, *sizes: int, dtype: str = "float", pattern: str = "uniform", fill: float = 0.0) -> None:
        super().__init__()
        value = torch.full(sizes, fill)
        if pattern == "range":
            value = torch.arange(sizes[-1]).expand(sizes)
        elif pattern in ("lower triangle", "upper triangle"):
            ones = torch.ones(sizes)
            value = ones.tril() if pattern == "lower triangle" else ones.triu()
        self.register_buffer("value", value.to(DTYPES[dtype]).clone())

    def forward(self, like: Tensor | None = None) -> Tensor:
        return self.value if like is None else self.value.expand(like.shape[0], *self.value.shape)
