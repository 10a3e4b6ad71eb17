"""Transpose: swap two axes."""

from netlab.layers._axes import axis_index, with_axis
from netlab.layers._rearranging import View
from netlab.layers.layer import Case, Code, Input, Output, Shape
from netlab.options import Int


class Transpose(View):
    """Swaps two axes after the batch: y[…, j, …, i, …] = x[…, i, …, j, …].

    Shapes: x (B, T, d) → y (B, d, T) with axes 1 and 2. Use it between layers that want time before features
    (LSTM, attention) and layers that want channels first (Conv1d).
    """

    aliases = ("swap axes", "swapaxes", "turn", "channels first")
    torch_name = "torch.transpose"
    x = Input("Any shape with two axes beside the batch.")
    y = Output("The same numbers with both axes swapped.")
    axis_a = Int(1, min=-8, max=7, help="One axis: 1 is the first after the batch, −1 the last.")
    axis_b = Int(-1, min=-8, max=7, help="The other axis: 1 is the first after the batch, −1 the last.")

    def shapes(self, x: Shape) -> Shape:
        a = axis_index(x, self.axis_a, "Transpose", name="axis_a")
        b = axis_index(x, self.axis_b, "Transpose", name="axis_b")
        return with_axis(with_axis(x, a, x[b]), b, x[a])

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.transpose({self.axis_a}, {self.axis_b})")

    cases = [
        Case(x="B T 64", y="B 64 T"),
        Case(x="B C=3 H=8 W=6", axis_a=2, axis_b=3, y="B C=3 H=6 W=8"),
        Case(x="int B T S", y="int B S T"),
        Case(x="B T 64", axis_a=0, error="batch"),
        Case(x="B T 64", axis_b=3, error="no axis 3"),
    ]
