"""Max: the largest number over an axis."""

from netlab.layers._reducing import Reducing
from netlab.layers.layer import Case


class Max(Reducing):
    """Largest number along an axis: y = max xᵢ.

    Shapes: x (B, T, d) → y (B, T), or (B, T, 1) with keepdim; the axis can be any but the batch. Use it to pool the steps of a sequence by their strongest signal.
    """

    aliases = ("maximum", "max pooling", "max over time", "reduce axis")
    torch_name = "torch.amax"
    method = "amax"

    cases = [
        Case(x="B T 64", y="B T"),
        Case(x="B T 64", axis=1, y="B 64"),
        Case(x="B C=3 H=8 W=8", axis=-2, keepdim=True, y="B C=3 H=1 W=8"),
        Case(x="B 64", axis=0, error="batch"),
        Case(x="B", error="beside the batch"),
        Case(x="int B T", error="Embedding"),
    ]
