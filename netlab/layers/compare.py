"""Compare: which numbers are equal to, below or above a given one."""

from netlab.language import tr
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import BOOL, INT
from netlab.options import Choice, Float

IN_PYTHON = {"equal": "==", "not equal": "!=", "below": "<", "at most": "<=", "above": ">", "at least": ">="}


class Compare(Layer):
    """Makes a mask of numbers or indices: y is true where x is equal to, below or above the value.

    Shapes: x (…) → y (…), bool. Use it to make a mask of padding (tokens ≠ 0) or of large values. It passes no
    gradient.
    """

    category = "Attention"
    needs = "nothing"
    stops_gradient = True
    aliases = ("equal", "greater", "less", "mask", "threshold", "not equal", "padding")
    torch_name = "torch.ne"
    x = Input("Numbers or indices.")
    y = Output("True where it holds.")
    how = Choice("not equal", tuple(IN_PYTHON), help="How x is compared with the value.")
    value = Float(0.0, min=-1e30, max=1e30, help="What to compare with.")

    def shapes(self, x: Shape) -> Shape:
        if x.dtype == BOOL:
            message = tr("Compare wants numbers or indices but gets a mask ({shape}). Use the mask itself.", shape=x)
            raise ShapeError(message, port="x")
        return Shape(x.axes, BOOL)

    def code(self, x: Shape) -> Code:
        value = int(self.value) if x.dtype == INT and self.value % 1 == 0 else self.value
        return Code(forward=f"{{x}} {IN_PYTHON[self.how]} {value}")

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 0

    cases = [Case(x="int B T", y="bool B T"), Case(x="B T 8", how="at least", value=0.5, y="bool B T 8")] + [
        Case(x="B 8", how=how, y="bool B 8") for how in IN_PYTHON
    ]
    cases += [Case(x="bool B T", error="the mask itself")]
