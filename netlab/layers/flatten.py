"""Flatten: put all axes of a sample into one."""

from math import prod

from netlab.language import tr
from netlab.layers._fixes import select_time
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError
from netlab.layers.shape import Axis


class Flatten(Layer):
    """All axes after the batch become one, so that a Linear can follow a convolution.

    Shapes: x (B, C, H, W) → y (B, C·H·W).
    """

    category = "Merge"
    needs = "view"
    aliases = ("reshape", "vector", "unroll")
    torch_name = "torch.flatten"
    x = Input("Any shape with fixed axes after the batch.")
    y = Output("One row a sample.")

    def shapes(self, x: Shape) -> Shape:
        x.need_rank(tuple(range(2, 9)), "Flatten")
        for axis in x.axes[1:]:
            if axis.size is None:
                message = tr(
                    "Flatten has to know the length of every axis, but {axis} of {shape} is open. "
                    "Use Select over time, or fix the length in the data settings.",
                    axis=axis.name,
                    shape=x,
                )
                raise ShapeError(message, port="x", fixes=(select_time(),) if x.rank == 3 else ())
        size = prod(x.size(i) for i in range(1, x.rank))
        return Shape((x[0], Axis("d", size)), x.dtype)

    def code(self, x: Shape) -> Code:
        return Code(forward="{x}.flatten(1)")

    cases = [Case(x="B C=16 H=5 W=5", y="B 400"), Case(x="B 7", y="B 7"), Case(x="B T 3", error="Select over time")]
