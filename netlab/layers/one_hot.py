"""OneHot: a vector with a single 1 for every index."""

from netlab.language import tr
from netlab.layers._rearranging import Rearranging
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.layers.shape import INT, Axis
from netlab.options import Int


class OneHot(Rearranging):
    """A vector for each index that is 1 there and 0 elsewhere: y[…, i] = 1 if i = x[…].

    Shapes: x (…) of indices → y (…, num_classes) of numbers. Nothing is learned; use Embedding for learned vectors.
    """

    label = "One-hot"
    category = "Sequence"
    aliases = ("dummy", "indicator", "class vector", "categorical")
    torch_name = "torch.nn.functional.one_hot"
    x = Input("Indices: token ids or classes.")
    y = Output("A vector for each index.")
    num_classes = Int(10, min=1, max=1048576, unit="classes", help="How many different indices there are.")

    def shapes(self, x: Shape) -> Shape:
        if x.dtype != INT:
            message = tr(
                "One-hot wants indices but gets {kind} ({shape}). Wire it to tokens or classes.",
                kind=x.dtype,
                shape=x,
            )
            raise ShapeError(message, port="x")
        return Shape((*x.axes, Axis("d", self.num_classes)))

    def code(self, x: Shape) -> Code:
        return Code(forward=f"F.one_hot({{x}}, {self.num_classes}).float()")

    cases = [
        Case(x="int B", y="B 10"),
        Case(x="int B T", num_classes=3, y="B T 3"),
        Case(x="B 4", error="indices"),
    ]
