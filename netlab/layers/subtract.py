"""Subtract: the difference of two values."""

from netlab.layers._merging import elementwise
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Subtract(Layer):
    """Difference of two values, element by element: y = a − b.

    Shapes: a (…), b (…) → y (…), axes of size 1 are stretched.
    """

    category = "Merge"
    needs = "nothing"
    aliases = ("difference", "minus", "error signal", "compare")
    torch_name = "torch.sub"
    a = Input("The value to subtract from.")
    b = Input("What is subtracted, of the same shape or one that can be stretched to it.")
    y = Output("The difference, of the shape that both have after stretching.")

    def shapes(self, a: Shape, b: Shape) -> Shape:
        return elementwise("Subtract", a, b)

    def code(self, a: Shape, b: Shape) -> Code:
        return Code(forward="{a} - {b}")

    cases = [
        Case(a="B T 64", b="B T 64", y="B T 64"),
        Case(a="B T 64", b="B T 1", y="B T 64"),
        Case(a="B 3", b="B 4", error="same size"),
        Case(a="B T 64", b="B T", error="batch of b would meet"),
        Case(a="B 3", b="int B 3", error="Embedding"),
    ]
