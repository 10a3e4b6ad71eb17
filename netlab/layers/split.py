"""Split: cut an axis into two parts."""

from netlab.language import tr
from netlab.layers._axes import axis_index, longer, with_axis
from netlab.layers._fixes import set_option
from netlab.layers._rearranging import View
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.layers.shape import Axis
from netlab.options import Int


class Split(View):
    """Cuts an axis in two: a = x[:size], b = x[size:].

    Shapes: x (B, d) → a (B, size), b (B, d − size), in halves when size is 0. Use it for gates, for the mean and
    variance of a VAE, or for flows.
    """

    aliases = ("chunk", "halves", "cut in two", "gate", "mean and variance")
    torch_name = "torch.split"
    x = Input("Any shape with an axis beside the batch.")
    a = Output("The first part of the axis.")
    b = Output("The rest of it.")
    axis = Int(-1, min=-8, max=7, help="The axis to cut: −1 is the last, 1 the first after the batch.")
    size = Int(0, min=0, max=2**31 - 1, help="The size of the first part; 0 cuts in halves.")

    def shapes(self, x: Shape) -> dict[str, Shape]:
        at = axis_index(x, self.axis, "Split")
        total = x[at].size
        if total is None and not self.size:
            message = tr(
                "Split cannot halve the open axis {axis} of {shape}. Set size to the size of the first part.",
                axis=x[at],
                shape=x,
            )
            raise ShapeError(message, port="x", fixes=(set_option("size", 1),))
        if total is not None and (self.size >= total or (not self.size and total % 2)):
            raise self._refuse(x, total)
        first = self.size or (total or 0) // 2
        return {"a": with_axis(x, at, Axis(x[at].name, first)), "b": with_axis(x, at, longer(x[at], -first))}

    def _refuse(self, x: Shape, total: int) -> ShapeError:
        if total == 1:
            message = tr(
                "Split cannot cut axis {axis} of {shape}: it has size 1. Choose another.", axis=self.axis, shape=x
            )
            return ShapeError(message, port="x")
        why = tr("after {size}", size=self.size) if self.size else tr("into two halves")
        fitting = (total + 1) // 2
        message = tr(
            "Split cannot cut the {total} places of axis {axis} of {shape} {why}. Set size to {fitting}.",
            total=total,
            axis=self.axis,
            shape=x,
            why=why,
            fitting=fitting,
        )
        return ShapeError(message, port="x", fixes=(set_option("size", fitting),))

    def code(self, x: Shape) -> Code:
        if not self.size:
            return Code(forward=f"{{x}}.chunk(2, dim={self.axis})")
        total = x[axis_index(x, self.axis, "Split")].size
        rest = f"{{x}}.shape[{self.axis}] - {self.size}" if total is None else str(total - self.size)
        return Code(forward=f"{{x}}.split(({self.size}, {rest}), dim={self.axis})")

    cases = [
        Case(x="B T 64", a="B T 32", b="B T 32"),
        Case(x="B C=3 H=8 W=8", axis=1, size=1, a="B C=1 H=8 W=8", b="B C=2 H=8 W=8"),
        Case(x="int B T=9", size=8, a="int B T=8", b="int B T=1"),
        Case(x="B 7", error="Set size to 4"),
        Case(x="B 8", size=8, error="after 8"),
        Case(x="B T 8", axis=1, error="open"),
        Case(x="B 1", error="Choose another"),
        Case(x="B 8", axis=0, error="batch"),
    ]
