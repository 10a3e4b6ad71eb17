"""Reshape: give the numbers of a sample other axes."""

from dataclasses import replace
from math import prod

from netlab.language import sentences, tr
from netlab.layers._axes import times
from netlab.layers._fixes import set_option
from netlab.layers._rearranging import View, axes_of, fill_in, fitting
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.layers.shape import Axis
from netlab.options import Ints


class Reshape(View):
    """The numbers of each sample in the same order with other axes: y = x.reshape(B, *sizes).

    Shapes: x (B, …) → y (B, *sizes); one size may be −1 and is found out. Use it to make an image of a vector, e.g.
    behind the first Linear of a generator.
    """

    aliases = ("view", "resize", "fold", "vector to image")
    torch_name = "torch.reshape"
    x = Input("Any shape; at most one axis after the batch may be open.")
    y = Output("The same numbers with the axes asked for.")
    sizes = Ints((-1,), min=-1, help="The sizes of one sample without the batch; one may be −1: whatever is left.")

    def shapes(self, x: Shape) -> Shape:
        x.need_rank(tuple(range(1, 9)), "Reshape")
        opened = [axis for axis in x.axes[1:] if axis.size is None]
        total = prod(axis.size or 1 for axis in x.axes[1:])
        if opened:
            return replace(x, axes=(x[0], *self._with_open(x, opened, total)))
        found = fill_in(self.sizes, total)
        if found is None:
            sizes = list(fitting(self.sizes, total))
            message = tr(
                "Reshape cannot give the {total} numbers of a sample ({shape}) the sizes {sizes}. Try {fitting}.",
                total=total,
                shape=x,
                sizes=list(self.sizes),
                fitting=sizes,
            )
            raise ShapeError(message, port="x", fixes=(set_option("sizes", sizes),))
        return replace(x, axes=(x[0], *axes_of(found)))

    def _with_open(self, x: Shape, opened: list[Axis], total: int) -> tuple[Axis, ...]:
        """The axes if one axis of x is open: it has to go into the −1."""
        found = fill_in(self.sizes, total)
        if len(opened) > 1 or self.sizes.count(-1) != 1 or found is None:
            message = tr(
                "Reshape gets {shape}, where {axes} is open, so one of the sizes {sizes} has to be -1 "
                "and the others have to divide the rest.",
                shape=x,
                axes=tr(" and ").join(axis.name for axis in opened),
                sizes=list(self.sizes),
            )
            if len(opened) > 1:
                remedy = tr("Only one axis may be open; fix the others before.")
                raise ShapeError(sentences(message, remedy), port="x")
            sizes = [-1, total]
            remedy = tr("Try {sizes}.", sizes=sizes)
            raise ShapeError(sentences(message, remedy), port="x", fixes=(set_option("sizes", sizes),))
        at = self.sizes.index(-1)
        return (*axes_of(found[:at]), times(opened[0], found[at]), *axes_of(found[at + 1 :]))

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.reshape({{x}}.shape[0], {', '.join(map(str, self.sizes))})")

    cases = [
        Case(x="B C=3 H=8 W=8", y="B 192"),
        Case(x="B 784", sizes=[1, 28, 28], y="B C=1 H=28 W=28"),
        Case(x="int B 12", sizes=[4, -1], y="int B 4 3"),
        Case(x="B T 64", sizes=[-1, 4, 16], y="B T 4 16"),
        Case(x="B", sizes=[1], y="B 1"),
        Case(x="B 10", sizes=[3, 4], error="10 numbers"),
        Case(x="B 10", sizes=[5, 0], error="Try"),
        Case(x="B 12", sizes=[-1, -1], error="Try"),
        Case(x="B T 64", sizes=[4, 16], error="open"),
        Case(x="B T S", sizes=[-1], error="Only one"),
    ]
