"""What mean, sum and max over an axis share."""

from __future__ import annotations

from typing import ClassVar

from netlab.layers._axes import axis_index
from netlab.layers.layer import Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Bool, Int


class Reducing(Layer):
    """A layer that puts one number in place of all along an axis."""

    category = "Shape"
    method: ClassVar[str] = ""
    x = Input("Any numbers with an axis beside the batch.")
    y = Output("The same without the axis, or with size 1 there.")
    axis = Int(-1, min=-8, max=7, help="The axis to reduce: −1 is the last, 1 the first after the batch.")
    keepdim = Bool(False, help="Keep the axis, with size 1.")

    def shapes(self, x: Shape) -> Shape:
        index = axis_index(x.need_float(self.title()), self.axis, self.title())
        return x.replace(index, 1) if self.keepdim else x.drop(index)

    def code(self, x: Shape) -> Code:
        keep = ", keepdim=True" if self.keepdim else ""
        return Code(forward=f"{{x}}.{self.method}({self.axis}{keep})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return inputs["x"].elements()
