"""BatchNorm1d: every feature gets mean 0 and variance 1 over the batch."""

from netlab.language import mark
from netlab.layers._batch_norm import BatchNorm
from netlab.layers._channels import need_channels
from netlab.layers.layer import Case, Shape

REMEDY = "Use LayerNorm for a sequence, or swap its axes first."


class BatchNorm1d(BatchNorm):
    """Normalisation of each feature over the batch: y = γ (x − μ) / √(σ² + ε) + β.

    Shapes: x (B, d) or (B, C, L) → y of the same shape. Running means are used when the model is evaluated.
    """

    aliases = ("norm", "batch normalization", "batchnorm", "normalise features")
    torch_name = "torch.nn.BatchNorm1d"

    def shapes(self, x: Shape) -> Shape:
        return need_channels(
            x, "BatchNorm1d", REMEDY if x.rank < 4 else mark("Use BatchNorm2d or BatchNorm3d."), (2, 3)
        )

    cases = [
        Case(x="B 64", y="B 64"),
        Case(x="B C=3 L=20", y="B C=3 L=20"),
        Case(x="B C=3 T", affine=False, momentum=0.01, eps=0.001, y="B C=3 T"),
        Case(x="B T 64", error="LayerNorm"),
        Case(x="B C=3 H=8 W=8", error="BatchNorm2d"),
        Case(x="int B T", error="Embedding"),
    ]
