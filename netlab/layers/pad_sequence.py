"""PadSequence: constant values at the start or end of an axis."""

from netlab.language import tr
from netlab.layers._axes import axis_index, longer, with_axis
from netlab.layers._fixes import set_option
from netlab.layers._rearranging import Rearranging
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.layers.shape import BOOL, FLOAT
from netlab.options import Float, Int


class PadSequence(Rearranging):
    """Puts a constant before and behind the values along an axis: y = [c … c, x, c … c].

    Shapes: x (B, T, d) → y (B, start + T + end, d) with axis 1. Padding only the start keeps a convolution causal.
    """

    label = "Pad"
    aliases = ("padding", "zeros", "causal", "longer")
    torch_name = "torch.nn.functional.pad"
    x = Input("Any shape with an axis beside the batch.")
    y = Output("The same with a longer axis.")
    axis = Int(1, min=-8, max=7, help="The axis to pad: 1 is the first after the batch, −1 the last.")
    start = Int(1, min=0, max=65536, label="At the start", help="How many values to put before the first.")
    end = Int(0, min=0, max=65536, label="At the end", help="How many values to put behind the last.")
    value = Float(0.0, min=-1e6, max=1e6, help="The value to pad with; a whole number if the input holds indices.")

    def shapes(self, x: Shape) -> Shape:
        at = axis_index(x, self.axis, "Pad")
        if x.dtype != FLOAT and self.value % 1:
            message = tr(
                "Pad cannot put {value:g} among indices ({shape}). Set value to a whole number.",
                value=self.value,
                shape=x,
            )
            raise ShapeError(message, port="x", fixes=(set_option("value", 0.0, 0),))
        return with_axis(x, at, longer(x[at], self.start + self.end))

    def code(self, x: Shape) -> Code:
        behind = x.rank - 1 - axis_index(x, self.axis, "Pad")
        sides = (*(0, 0) * behind, self.start, self.end)
        kind = {FLOAT: float, BOOL: bool}.get(x.dtype, int)
        value = f", value={kind(self.value)}" if self.value else ""
        return Code(forward=f"F.pad({{x}}, {sides}{value})")

    cases = [
        Case(x="B T=7 64", y="B T=8 64"),
        Case(x="B C=3 H=8 W=8", axis=-1, start=1, end=2, value=-1.5, y="B C=3 H=8 W=11"),
        Case(x="int B T=7", start=0, end=3, value=2, y="int B T=10"),
        Case(x="bool B T=7", value=1, y="bool B T=8"),
        Case(x="int B T=7", value=0.5, error="whole number"),
        Case(x="B T 64", axis=0, error="batch"),
    ]
