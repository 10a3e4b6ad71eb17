"""What all pooling layers share: the rule of the window and the text of the call."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from netlab.language import mark, tr
from netlab.layers._fixes import insert
from netlab.layers._sliding import NAMES, Sliding, need_grid, times
from netlab.layers.layer import Code, Layer, Shape, ShapeError, Shapes
from netlab.layers.shape import compact, need_image


class Pool(Sliding):
    """Base of layers that make one number of every window; `function` is torch's."""

    function: ClassVar[str] = ""
    too_large = mark("The window is {span} {unit} along {axis} but the padded input only {room}.")
    more_padding = False

    def shapes(self, x: Shape) -> Shape:
        need_grid(x, self.title(), self.dims)
        padding, kernel = self.each("padding"), self.each("kernel_size")
        fitting = [min(p, k // 2) for p, k in zip(padding, kernel, strict=True)]
        if fitting != [*padding]:
            message = tr(
                "padding is {padding} but may be at most half of kernel_size, {kernel}. "
                "Set padding to {fitting}, or use a larger kernel_size.",
                padding=times(padding),
                kernel=times(kernel),
                fitting=times(fitting),
            )
            raise ShapeError(message, port="x", fixes=self.set_to("padding", fitting))
        return self.slid(x)

    def code(self, x: Shape) -> Code:
        arguments = [compact(self.each("kernel_size"))]
        stride = self.each("stride")
        arguments += [f"stride={compact(stride)}"] if stride != self.each("kernel_size") else []
        arguments += self.arguments("padding")
        return Code(forward=f"F.{self.function}({{x}}, {', '.join(arguments)})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return outputs["y"].elements() * prod(self.each("kernel_size"))


class MaxPool(Pool):
    """Base of the pools that keep the largest value."""

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 3 * outputs["y"].elements()  # torch also keeps where each largest value was, as int64

    def passing(self, inputs: Shapes, outputs: Shapes) -> int:
        return inputs["x"].elements() + outputs["y"].elements()  # copies in the order of its own loops


class AdaptivePool2d(Layer):
    """Base of pools that choose their windows so that the output has a wanted size."""

    function: ClassVar[str] = ""

    def shapes(self, x: Shape) -> Shape:
        need_image(x, self.title())
        for i, (name, size) in enumerate(zip(NAMES[2], self.values["output_size"], strict=True)):
            x = x.replace(2 + i, size, name)
        return x

    def code(self, x: Shape) -> Code:
        return Code(forward=f"F.{self.function}({{x}}, {compact(self.values['output_size'])})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return max(inputs["x"].elements(), outputs["y"].elements())


class GlobalPool(Layer):
    """Base of pools over everything behind the channels; `method` is the tensor's."""

    method: ClassVar[str] = ""

    def shapes(self, x: Shape) -> Shape:
        x.need_float(self.title())
        if x.rank not in (3, 4, 5):
            message = tr(
                "{layer} wants B × C and one to three more axes, but gets {count} axes: {shape}. "
                "Wire it to feature maps, before anything that flattens.",
                layer=tr(self.title()),
                count=x.rank,
                shape=x,
            )
            raise ShapeError(message, port="x")
        if x[1].size is None:
            message = tr(
                "{layer} wants B × C × … with a fixed C, but axis {axis} of {shape} is open. "
                "For a sequence B × T × d use Select over time, or put Transpose before this.",
                layer=tr(self.title()),
                axis=x[1],
                shape=x,
            )
            fixes = (insert("transpose", "Transpose"),) if x.rank == 3 and x[2].size is not None else ()
            raise ShapeError(message, port="x", fixes=fixes)
        return Shape(x.axes[:2], x.dtype)

    def code(self, x: Shape) -> Code:
        axes = tuple(range(2, x.rank))
        return Code(forward=f"{{x}}.{self.method}({axes[0] if len(axes) == 1 else axes})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return inputs["x"].elements()
