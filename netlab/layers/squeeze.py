"""Squeeze: take an axis of size 1 away."""

from netlab.language import sentences, tr
from netlab.layers._axes import axis_index
from netlab.layers._fixes import set_option
from netlab.layers._rearranging import View
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.options import Int


class Squeeze(View):
    """Takes an axis of size 1 away: no number changes.

    Shapes: x (B, T, 1) → y (B, T). Use it behind a Linear with one output where the target has no such axis.
    """

    aliases = ("remove axis", "drop axis", "size 1", "flatten")
    torch_name = "torch.squeeze"
    x = Input("Any shape with an axis of size 1.")
    y = Output("The same numbers without the axis.")
    axis = Int(-1, min=-8, max=7, help="The axis to take away: −1 is the last, 1 the first after the batch.")

    def shapes(self, x: Shape) -> Shape:
        index = axis_index(x, self.axis, "Squeeze")
        if x[index].size == 1:
            return x.drop(index)
        message = tr(
            "Squeeze takes away an axis of size 1, but axis {axis} of {shape} is {size}.",
            axis=self.axis,
            shape=x,
            size=x[index],
        )
        for other in range(1, x.rank):
            if x[other].size == 1:
                remedy = tr("Set axis to {axis}.", axis=other)
                raise ShapeError(sentences(message, remedy), port="x", fixes=(set_option("axis", other),))
        raise ShapeError(sentences(message, tr("Use Select or Mean to reduce a longer axis.")), port="x")

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.squeeze({self.axis})")

    cases = [
        Case(x="B T 1", y="B T"),
        Case(x="B C=1 H=8 W=8", axis=1, y="B H=8 W=8"),
        Case(x="int B 1", y="int B"),
        Case(x="B 1 T", error="Set axis to 1"),
        Case(x="B T 64", error="Select or Mean"),
        Case(x="B T 1", axis=-3, error="batch"),
    ]
