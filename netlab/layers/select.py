"""Select: take one place of an axis."""

from netlab.language import tr
from netlab.layers._axes import axis_index, subscript
from netlab.layers._fixes import set_option
from netlab.layers._rearranging import View
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.options import Int


class Select(View):
    """Takes one place of an axis, which is then gone: y = x[:, index].

    Shapes: x (B, T, d) → y (B, d) with axis 1. Use it for one step of a sequence, one channel or one feature.
    """

    aliases = ("index", "pick", "cls token", "one channel", "one step")
    torch_name = "torch.select"
    x = Input("Any shape with an axis beside the batch.")
    y = Output("The same without the axis.")
    axis = Int(1, min=-8, max=7, help="The axis to pick from: 1 is the first after the batch, −1 the last.")
    index = Int(0, min=-(2**31), max=2**31 - 1, help="Which place to take: 0 is the first, −1 the last.")

    def shapes(self, x: Shape) -> Shape:
        at = axis_index(x, self.axis, "Select")
        size = x[at].size
        if size is not None and not -size <= self.index < size:
            message = tr(
                "Select finds no place {index} on axis {axis} of {shape}: they are 0 to {last}. "
                "Set index to one of them.",
                index=self.index,
                axis=self.axis,
                shape=x,
                last=size - 1,
            )
            raise ShapeError(message, port="x", fixes=(set_option("index", size - 1),))
        return x.drop(at)

    def code(self, x: Shape) -> Code:
        at = axis_index(x, self.axis, "Select")
        return Code(forward="{x}" + subscript(self.axis, at, str(self.index)))

    cases = [
        Case(x="B T 64", y="B 64"),
        Case(x="B C=3 H=8 W=8", axis=-1, index=-8, y="B C=3 H=8"),
        Case(x="int B 9", axis=-1, index=8, y="int B"),
        Case(x="B 3", index=3, error="0 to 2"),
        Case(x="B 3", axis=0, error="batch"),
    ]
