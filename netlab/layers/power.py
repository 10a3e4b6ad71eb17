"""Power: raise every number to a power."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Float


class Power(Layer):
    """Every number to a power: y = x^exponent. 2 squares, 0.5 is the root, −0.5 one over the root.

    Shapes: x (…) → y (…), element by element. Powers that are no whole numbers want x above zero.
    """

    category = "Basic"
    aliases = ("square", "pow", "root", "sqrt", "rsqrt", "squared")
    torch_name = "torch.pow"
    x = Input("Any numbers.")
    y = Output("The same shape.")
    exponent = Float(2.0, min=-100.0, max=100.0, help="The power to raise to.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Power")

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.pow({self.exponent})")

    cases = [
        Case(x="B 8", y="B 8"),
        Case(x="B T 8", exponent=3.0, y="B T 8"),
        Case(x="int B T", error="Embedding"),
    ]
