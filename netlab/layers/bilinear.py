"""Bilinear: every output is a weighted sum of the products of two inputs."""

from netlab.language import sentences, tr
from netlab.layers._dense import dense_flops
from netlab.layers._merging import TOGETHER
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.options import Bool, Int


class Bilinear(Layer):
    """Lets two vectors act on each other: y[o] = aᵀ W[o] b + bias[o].

    Shapes: a (…, m), b (…, n) → y (…, out_features). Scores how well two things fit, such as a question and an answer.
    """

    category = "Basic"
    aliases = ("interaction", "tensor product", "two inputs", "similarity", "match")
    paper = "Tenenbaum and Freeman 2000, https://doi.org/10.1162/089976600300015349"
    torch_name = "torch.nn.Bilinear"
    a = Input("One value, of any shape whose last axis is fixed.")
    b = Input("The other; all axes but the last are those of a.")
    y = Output("The same shape with the last axis replaced.")
    out_features = Int(128, min=1, max=1048576, unit="features", help="How many outputs.")
    bias = Bool(True, help="Add a learned offset to every output.")

    def shapes(self, a: Shape, b: Shape) -> Shape:
        for port, shape in (("a", a), ("b", b)):
            shape.need_float("Bilinear", port)
            shape.size(-1, port)
        before, after = a.drop(-1), b.drop(-1)
        named = [axis.name for axis in before if axis.size is None] == [
            axis.name for axis in after if axis.size is None
        ]
        if before.sizes != after.sizes or not named:
            message = tr("Bilinear wants all axes but the last to be the same, but a is {a} and b is {b}.", a=a, b=b)
            raise ShapeError(sentences(message, tr(TOGETHER)), port="b")
        return a.replace_last(self.out_features)

    def weights(self, a: Shape, b: Shape) -> dict[str, tuple[int, ...]]:
        bias = {"bias": (self.out_features,)} if self.bias else {}
        return {"weight": (self.out_features, a.last, b.last), **bias}

    def code(self, a: Shape, b: Shape) -> Code:
        bias = "" if self.bias else ", bias=False"
        return Code(init=f"nn.Bilinear({a.last}, {b.last}, {self.out_features}{bias})", forward="{self}({a}, {b})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return dense_flops(outputs["y"], weights)

    cases = [
        Case(a="B 64", b="B 32", y="B 128"),
        Case(a="B T 8", b="B T 6", out_features=3, bias=False, y="B T 3"),
        Case(a="B T 8", b="B 8", error="belong together"),
        Case(a="B T 8", b="B S 8", error="belong together"),
        Case(a="B 8", b="int B", error="Embedding"),
    ]
