"""BatchNorm3d: every channel of a volume or video gets mean 0 and variance 1 over the batch."""

from netlab.language import mark
from netlab.layers._batch_norm import BatchNorm
from netlab.layers._channels import need_channels
from netlab.layers.layer import Case, Shape


class BatchNorm3d(BatchNorm):
    """Normalisation of each channel over batch and volume: y = γ (x − μ) / √(σ² + ε) + β.

    Shapes: x (B, C, D, H, W) → y (B, C, D, H, W). Running means are used when the model is evaluated.
    """

    aliases = ("norm", "batch normalization", "batchnorm", "volume", "video")
    torch_name = "torch.nn.BatchNorm3d"

    def shapes(self, x: Shape) -> Shape:
        remedy = mark("Wire it to a volume, B × C × D × H × W; BatchNorm1d and BatchNorm2d take fewer axes.")
        return need_channels(x, "BatchNorm3d", remedy, (5,))

    cases = [
        Case(x="B C=3 D=8 H=8 W=8", y="B C=3 D=8 H=8 W=8"),
        Case(x="B C=3 T H=4 W=6", affine=False, momentum=0.01, y="B C=3 T H=4 W=6"),
        Case(x="B C=3 H=8 W=8", error="BatchNorm2d"),
        Case(x="B T C=3 H=8 W=8", error="second axis"),
    ]
