"""GroupNorm: every group of channels gets mean 0 and variance 1 within its own sample."""

from netlab.language import mark, tr
from netlab.layers._channels import need_channels
from netlab.layers._fixes import set_option
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError
from netlab.options import Bool, Float, Int


class GroupNorm(Layer):
    """Normalisation over groups of channels of one sample: y = γ (x − μ) / √(σ² + ε) + β.

    Shapes: x (B, C, …) → y (B, C, …). Does not depend on the batch, so it suits small batches. One group is layer
    norm over a whole image; as many groups as channels is instance norm.
    """

    category = "Normalisation"
    aliases = ("norm", "group normalization", "groupnorm", "small batches")
    paper = "Wu and He 2018, https://arxiv.org/abs/1803.08494"
    torch_name = "torch.nn.GroupNorm"
    x = Input("Numbers with the channels as second axis: B × C × ….")
    y = Output("The same shape.")
    num_groups = Int(4, min=1, max=65536, unit="groups", help="How many groups; has to divide the channels.")
    eps = Float(1e-5, min=1e-12, max=1.0, log=True, help="ε, keeps the division safe.")
    affine = Bool(True, help="Learn a scale γ and an offset β for each channel.")

    def shapes(self, x: Shape) -> Shape:
        need_channels(x, "GroupNorm", mark("Use LayerNorm for a sequence, or swap its axes first."))
        channels = x.size(1)
        if channels % self.num_groups:
            most = min(self.num_groups, channels)
            divisor = max(n for n in range(1, most + 1) if (channels % n == 0 and not self._single(x, n)) or n == 1)
            message = tr(
                "{channels} channels cannot be split into {groups} equal groups. Use {divisor}.",
                channels=channels,
                groups=self.num_groups,
                divisor=divisor,
            )
            fixes = () if self._single(x, divisor) else (set_option("num_groups", divisor),)
            raise ShapeError(message, port="x", fixes=fixes)
        if self._single(x, self.num_groups):
            message = tr(
                "A group of {shape} would be one number, and normalised that is always 0. Use fewer groups.", shape=x
            )
            raise ShapeError(message, port="x", fixes=(set_option("num_groups", 1),) if channels > 1 else ())
        return x

    def _single(self, x: Shape, groups: int) -> bool:
        """Whether a group is one number only."""
        return x.size(1) == groups and all(axis.size == 1 for axis in x.axes[2:])

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (x.size(1),), "bias": (x.size(1),)} if self.affine else {}

    def code(self, x: Shape) -> Code:
        more = "" if self.eps == 1e-5 else f", eps={self.eps}"
        more += "" if self.affine else ", affine=False"
        return Code(init=f"nn.GroupNorm({self.num_groups}, {x.size(1)}{more})")

    cases = [
        Case(x="B C=16 H=8 W=8", y="B C=16 H=8 W=8"),
        Case(x="B C=6 T", num_groups=3, eps=0.001, affine=False, y="B C=6 T"),
        Case(x="B 64", num_groups=8, y="B 64"),
        Case(x="B C=6 H=8 W=8", error="Use 3"),
        Case(x="B 3", num_groups=4, error="Use 1"),
        Case(x="B 4", error="fewer groups"),
        Case(x="B T 64", error="LayerNorm"),
    ]
