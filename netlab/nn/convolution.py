"""Convolutions that torch has no module for."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SeparableConv2d(nn.Module):
    """A filter for each channel, then a 1 × 1 convolution that mixes the channels (Chollet 2017, "Xception").

    Shapes: x (B, in_channels, H, W) → (B, out_channels, H′, W′) with H′, W′ as for nn.Conv2d.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel_size, stride, padding, dilation, groups=in_channels, bias=False
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class CausalConv1d(nn.Module):
    """A convolution over time that sees no later step (van den Oord et al. 2016, "WaveNet").

    Shapes: x (B, T, in_features) → (B, T, out_features).
    """

    def __init__(
        self, in_features: int, out_features: int, kernel_size: int, dilation: int = 1, bias: bool = True
    ) -> None:
        super().__init__()
        self.past = dilation * (kernel_size - 1)
        self.conv = nn.Conv1d(in_features, out_features, kernel_size, dilation=dilation, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x.transpose(1, 2), (self.past, 0))  # (B, in_features, past + T)
        return self.conv(padded).transpose(1, 2)


class PatchEmbedding(nn.Module):
    """Cuts an image into patches and makes a vector of each (Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words").

    Shapes: x (B, in_channels, H, W) → (B, T, embedding_dim), T the number of patches, row by row. `class_token` puts
    a learned vector before them, so that T is one more.
    """

    def __init__(
        self, in_channels: int, embedding_dim: int, patch_size: int | tuple[int, int], class_token: bool = False
    ) -> None:
        super().__init__()
        self.projection = nn.Conv2d(in_channels, embedding_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(0.02 * torch.randn(1, 1, embedding_dim)) if class_token else None

    def forward(self, x: Tensor) -> Tensor:
        patches = self.projection(x).flatten(2).transpose(1, 2)  # (B, T, embedding_dim)
        if self.class_token is None:
            return patches
        return torch.cat((self.class_token.expand(x.shape[0], -1, -1), patches), dim=1)
