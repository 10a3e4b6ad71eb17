"""Permute: put the axes into another order."""

from dataclasses import replace

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers._rearranging import View
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.options import Ints


class Permute(View):
    """Puts the axes after the batch into another order: axis i of y is axis order[i] of x.

    Shapes: x (B, C, H, W) → y (B, H, W, C) with the order 2, 3, 1, so channels last for a Linear or attention.
    """

    aliases = ("transpose", "reorder axes", "channels last", "movedim")
    torch_name = "torch.permute"
    x = Input("Any shape with axes beside the batch.")
    y = Output("The same numbers with the axes in the new order.")
    order = Ints((2, 1), min=1, max=7, max_length=7, help="The axes of x, 1 being the first after the batch.")

    def shapes(self, x: Shape) -> Shape:
        count = x.rank - 1
        if sorted(self.order) != list(range(1, count + 1)):
            if count < 1:
                message = tr(
                    "Permute wants axes beside the batch but gets {shape}. Wire it to a layer with more axes.", shape=x
                )
                raise ShapeError(message, port="x")
            order = [*range(2, count + 1), 1]
            message = tr(
                "Permute has to name each axis of {shape} after the batch once: 1 to {count}. Try {order}.",
                shape=x,
                count=count,
                order=order,
            )
            raise ShapeError(message, port="x", fixes=(set_option("order", order),))
        return replace(x, axes=(x[0], *(x[i] for i in self.order)))

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.permute(0, {', '.join(map(str, self.order))})")

    cases = [
        Case(x="B T 64", y="B 64 T"),
        Case(x="B C=3 H=8 W=6", order=[2, 3, 1], y="B H=8 W=6 C=3"),
        Case(x="int B T", order=[1], y="int B T"),
        Case(x="B C=3 H=8 W=8", error="each axis"),
        Case(x="B T 64", order=[1, 1], error="each axis"),
        Case(x="B", error="beside the batch"),
    ]
