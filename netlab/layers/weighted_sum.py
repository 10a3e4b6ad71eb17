"""WeightedSum: a mixture of values whose shares are learned."""

from netlab.layers._merging import need_equal, wired
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Choice


class WeightedSum(Layer):
    """Sum with one learned weight for each value: y = w₁ a + w₂ b + w₃ c + w₄ d.

    Shapes: a (…), b (…) of the same shape → y (…). It lets a model find out by itself which of several layers or
    branches to listen to; with softmax the weights are shares that sum to 1.
    """

    label = "Weighted sum"
    category = "Merge"
    aliases = ("scalar mix", "fusion", "elmo", "learned average", "mixture")
    paper = "Peters et al. 2018, https://arxiv.org/abs/1802.05365"
    a = Input("The first value.")
    b = Input("The second, of the same shape.")
    c = Input("A third, if wanted.", optional=True)
    d = Input("A fourth, if wanted.", optional=True)
    y = Output("The mixture, of the same shape.")
    normalise = Choice(
        "softmax", ("softmax", "none"), help="Make the weights shares that sum to 1, or leave them free."
    )

    def shapes(self, a: Shape, b: Shape, c: Shape | None = None, d: Shape | None = None) -> Shape:
        return need_equal("Weighted sum", wired(a=a, b=b, c=c, d=d))

    def weights(self, a: Shape, b: Shape, c: Shape | None = None, d: Shape | None = None) -> dict[str, tuple[int, ...]]:
        return {"weight": (len(wired(a=a, b=b, c=c, d=d)),)}

    def code(self, a: Shape, b: Shape, c: Shape | None = None, d: Shape | None = None) -> Code:
        given = wired(a=a, b=b, c=c, d=d)
        free = ", softmax=False" if self.normalise == "none" else ""
        return Code(
            init=f"WeightedSum({len(given)}{free})",
            forward="{self}(" + ", ".join(f"{{{port}}}" for port in given) + ")",
            imports=("from netlab.nn.merging import WeightedSum",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 2 * sum(shape.elements() for shape in inputs.values())

    cases = [
        Case(a="B T 64", b="B T 64", y="B T 64"),
        Case(a="B 8", b="B 8", c="B 8", d="B 8", normalise="none", y="B 8"),
        Case(a="B 8", b="B 8", d="B 8", y="B 8"),
        Case(a="B 8", b="B 4", error="8 outputs"),
        Case(a="B 8", b="B T 8", error="Select over time"),
    ]
