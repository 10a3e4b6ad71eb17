"""Unsqueeze: add an axis of size 1."""

from netlab.layers._axes import axis_index, insert_axis
from netlab.layers._rearranging import View
from netlab.layers.layer import Case, Code, Input, Output, Shape
from netlab.layers.shape import Axis
from netlab.options import Int


class Unsqueeze(View):
    """Adds an axis of size 1: no number changes.

    Shapes: x (B, d) → y (B, 1, d) with axis 1, (B, d, 1) with axis −1. Such an axis can be stretched to another
    value, and a vector becomes a sequence of one step.
    """

    aliases = ("add axis", "expand dims", "newaxis", "size 1", "broadcast")
    torch_name = "torch.unsqueeze"
    x = Input("Any shape.")
    y = Output("The same numbers with one axis more.")
    axis = Int(1, min=-8, max=8, help="Where the new axis stands: 1 is right after the batch, −1 is last.")

    def shapes(self, x: Shape) -> Shape:
        return insert_axis(x, axis_index(x, self.axis, "Unsqueeze", new=1), Axis("n", 1))

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.unsqueeze({self.axis})")

    cases = [
        Case(x="B 64", y="B 1 64"),
        Case(x="B T", axis=-1, y="B T 1"),
        Case(x="int B", y="int B 1"),
        Case(x="B 64", axis=0, error="batch"),
        Case(x="B 64", axis=3, error="no axis 3"),
    ]
