"""Divide: the quotient of two values."""

from netlab.layers._merging import elementwise
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Divide(Layer):
    """Quotient of two values, element by element: y = a / b.

    Shapes: a (…), b (…) → y (…), axes of size 1 are stretched. Where b can be 0 put a Clamp or an Exp before it:
    dividing by 0 gives infinity.
    """

    category = "Merge"
    aliases = ("quotient", "ratio", "normalise", "over")
    torch_name = "torch.div"
    a = Input("The value to divide.")
    b = Input("The divisor, of the same shape or one that can be stretched to it.")
    y = Output("The quotient, of the shape that both have after stretching.")

    def shapes(self, a: Shape, b: Shape) -> Shape:
        return elementwise("Divide", a, b)

    def code(self, a: Shape, b: Shape) -> Code:
        return Code(forward="{a} / {b}")

    cases = [
        Case(a="B T 64", b="B T 64", y="B T 64"),
        Case(a="B T 64", b="B T 1", y="B T 64"),
        Case(a="B 3", b="B 4", error="same size"),
        Case(a="int B 3", b="B 3", error="Embedding"),
    ]
