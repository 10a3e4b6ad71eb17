"""Repeat: copies one behind the other along an axis."""

from netlab.layers._axes import axis_index, times, with_axis
from netlab.layers._rearranging import Rearranging
from netlab.layers.layer import Case, Code, Input, Output, Shape
from netlab.options import Int


class Repeat(Rearranging):
    """Copies of x one behind the other along an axis: y = [x; x; …].

    Shapes: x (B, T, d) → y (B, repeats · T, d) with axis 1. After Unsqueeze it gives every step of a sequence the
    same vector.
    """

    aliases = ("tile", "copy", "repeat vector", "expand")
    torch_name = "torch.Tensor.repeat"
    x = Input("Any shape with an axis beside the batch.")
    y = Output("The same with a longer axis.")
    axis = Int(1, min=-8, max=7, help="The axis to repeat: 1 is the first after the batch, −1 the last.")
    repeats = Int(2, min=1, max=65536, unit="copies", help="How many copies.")

    def shapes(self, x: Shape) -> Shape:
        at = axis_index(x, self.axis, "Repeat")
        return with_axis(x, at, times(x[at], self.repeats))

    def code(self, x: Shape) -> Code:
        at = axis_index(x, self.axis, "Repeat")
        counts = [self.repeats if i == at else 1 for i in range(x.rank)]
        return Code(forward=f"{{x}}.repeat({', '.join(map(str, counts))})")

    cases = [
        Case(x="B T=3 64", y="B T=6 64"),
        Case(x="B T 1", axis=-1, repeats=5, y="B T 5"),
        Case(x="int B 3", repeats=1, y="int B 3"),
        Case(x="B 3", axis=2, error="no axis 2"),
    ]
