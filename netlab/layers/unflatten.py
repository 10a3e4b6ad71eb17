"""Unflatten: split the last axis into several."""

from dataclasses import replace

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers._rearranging import View, axes_of, fill_in, fitting
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.options import Ints


class Unflatten(View):
    """The last axis becomes several whose sizes multiply to it: d → d₁ × d₂.

    Shapes: x (B, T, d) → y (B, T, *sizes); one size may be −1 and is found out. Use it to split features into the
    heads of attention or into channels.
    """

    aliases = ("split heads", "split axis", "view", "opposite of flatten")
    torch_name = "torch.unflatten"
    x = Input("Any shape with a last axis that is fixed.")
    y = Output("The same numbers with the last axis split.")
    sizes = Ints((2, -1), min=-1, help="The sizes to split the last axis into; one may be −1: whatever is left.")

    def shapes(self, x: Shape) -> Shape:
        x.need_rank(tuple(range(2, 9)), "Unflatten")
        found = fill_in(self.sizes, x.last)
        if found is None:
            sizes = list(fitting(self.sizes, x.last))
            message = tr(
                "Unflatten cannot split the {width} features of {shape} into {sizes}. Try {fitting}.",
                width=x.last,
                shape=x,
                sizes=list(self.sizes),
                fitting=sizes,
            )
            raise ShapeError(message, port="x", fixes=(set_option("sizes", sizes),))
        return replace(x, axes=(*x.axes[:-1], *axes_of(found)))

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.unflatten(-1, {self.sizes})")

    cases = [
        Case(x="B T 64", y="B T 2 32"),
        Case(x="B 48", sizes=[3, 4, 4], y="B C=3 H=4 W=4"),
        Case(x="int B 6", sizes=[6], y="int B 6"),
        Case(x="B T 10", sizes=[4, 3], error="Try"),
        Case(x="B 64 T", error="size of axis T"),
        Case(x="B", error="axes"),
    ]
