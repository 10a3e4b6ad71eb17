"""Scale: multiply by a constant."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Bool, Float


class Scale(Layer):
    """Multiplies by a constant: y = factor · x, or factor · x / √d for attention.

    Shapes: x (…, d) → y (…). To build attention from parts, divide the queries by √d before a Matmul with the keys.
    """

    category = "Basic"
    needs = "nothing"
    aliases = ("multiply by constant", "factor", "gain", "temperature", "scaled dot product")
    torch_name = "torch.mul"
    x = Input("Any numbers.")
    y = Output("The same shape.")
    factor = Float(1.0, min=-1e6, max=1e6, help="What to multiply by.")
    divide_by_sqrt_of_last = Bool(
        False, help="Also divide by the root of the size of the last axis, as attention does."
    )

    def shapes(self, x: Shape) -> Shape:
        x.need_float("Scale")
        if self.divide_by_sqrt_of_last:
            x.size(-1)
        return x

    def code(self, x: Shape) -> Code:
        if not self.divide_by_sqrt_of_last:
            return Code(forward=f"{{x}} * {self.factor}")
        factor = "" if self.factor == 1 else f" * {self.factor}"
        return Code(forward=f"{{x}}{factor} / {x.last}**0.5")

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B T 64", divide_by_sqrt_of_last=True, y="B T 64"),
        Case(x="B C=3 H=8 W=8", factor=-0.5, divide_by_sqrt_of_last=True, y="B C=3 H=8 W=8"),
        Case(x="B 64 T", divide_by_sqrt_of_last=True, error="size of axis T"),
        Case(x="int B T", error="Embedding"),
    ]
