"""Slice: take a stretch of an axis."""

from netlab.language import tr
from netlab.layers._axes import axis_index, longer, subscript, with_axis
from netlab.layers._fixes import set_option
from netlab.layers._rearranging import View
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.layers.shape import Axis, either
from netlab.options import Int

LIMIT = 2**31 - 1


class Slice(View):
    """Takes a stretch of an axis: y = x[:, start:stop:step].

    Shapes: x (B, T, d) → y (B, T′, d). Use it to crop, to thin out, or to shift a sequence by one step: one slice
    without the last step, one without the first.
    """

    aliases = ("crop", "range", "cut", "shift", "thin out")
    torch_name = "torch.Tensor.__getitem__"
    x = Input("Any shape with an axis beside the batch.")
    y = Output("The same with a shorter axis.")
    axis = Int(1, min=-8, max=7, help="The axis to cut: 1 is the first after the batch, −1 the last.")
    start = Int(
        0, min=-LIMIT, max=LIMIT, label="Start at", help="The first place to take; a negative one counts from the end."
    )
    stop = Int(
        0,
        min=-LIMIT,
        max=LIMIT,
        label="Stop before",
        help="The place to stop before; 0 goes to the end, −1 leaves out the last.",
    )
    step = Int(1, min=1, max=LIMIT, label="Step size", help="Take every place (1), every second (2) and so on.")

    def shapes(self, x: Shape) -> Shape:
        at = axis_index(x, self.axis, "Slice")
        size = x[at].size
        size = LIMIT if size is None else size
        if not self._places(size):
            helping = [name for name in ("stop", "start") if Slice(**(self.values | {name: 0}))._places(size)]
            message = tr(
                "Slice takes nothing of axis {axis} of {shape}, from {start} to {stop}. Set {names} to 0.",
                axis=self.axis,
                shape=x,
                start=self.start,
                stop=self.stop,
                names=either(helping or [tr("both")]),
            )
            raise ShapeError(message, port="x", fixes=[set_option(name, 0) for name in helping])
        return with_axis(x, at, self._cut(x[at]))

    def _places(self, size: int) -> int:
        return len(range(*slice(self.start, self.stop or None, self.step).indices(size)))

    def _cut(self, axis: Axis) -> Axis:
        if axis.size is not None:
            return Axis(axis.name, self._places(axis.size))
        if self.start >= 0 >= self.stop and self.step == 1:
            return longer(axis, self.stop - self.start)
        return Axis(f"{axis.name}[{self._text()}]")

    def _text(self) -> str:
        return f"{self.start or ''}:{self.stop or ''}" + (f":{self.step}" if self.step > 1 else "")

    def code(self, x: Shape) -> Code:
        at = axis_index(x, self.axis, "Slice")
        return Code(forward="{x}" + subscript(self.axis, at, self._text()))

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B T=10 64", start=1, stop=-1, step=2, y="B T=4 64"),
        Case(x="B C=3 H=8 W=8", axis=-1, start=2, stop=6, y="B C=3 H=8 W=4"),
        Case(x="int B T=9", start=-4, y="int B T=4"),
        Case(x="B 8", start=4, stop=4, error="Set stop or start to 0"),
        Case(x="B 8", start=8, error="Set start to 0"),
        Case(x="B T 8", start=3, stop=2, error="nothing"),
        Case(x="B T 8", start=-1, stop=-1, error="nothing"),
        Case(x="B 8", axis=2, error="no axis 2"),
    ]
