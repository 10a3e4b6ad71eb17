"""What all convolutions share: checks, weights and the text of the torch module."""

from __future__ import annotations

from math import gcd, prod

from netlab.language import sentences, tr
from netlab.layers._sliding import NAMES, Sliding, need_grid, times
from netlab.layers.layer import Code, Shape, ShapeError, Shapes
from netlab.layers.shape import compact


class Convolution(Sliding):
    """Base of nn.Conv1d, nn.Conv2d and nn.Conv3d."""

    def width(self, x: Shape) -> int:
        """Channels of the output."""
        return self.values["out_channels"]

    def parts(self, x: Shape) -> int:
        """How many groups of channels do not see each other."""
        return self.values.get("groups", 1)

    def shapes(self, x: Shape) -> Shape:
        need_grid(x, self.title(), self.dims)
        self.check_groups(x)
        return self.slid(x).replace(1, self.width(x), "C")

    def check_groups(self, x: Shape) -> None:
        """Refuse groups that do not divide the channels that come and go."""
        groups, given, made = self.parts(x), x.size(1), self.width(x)
        if given % groups == 0 and made % groups == 0:
            return
        common = gcd(given, made)
        fitting = max(n for n in range(1, min(groups, common) + 1) if common % n == 0)
        message = tr(
            "{groups} groups cannot share {given} channels in and {made} channels out evenly.",
            groups=groups,
            given=given,
            made=made,
        )
        fixes = self.set_to("groups", (fitting,))
        remedy = tr("Set groups to {fitting}.", fitting=fitting)
        if given % groups == 0:
            more = -(-made // groups) * groups
            fixes += self.set_to("out_channels", (more,))
            remedy = tr("Set groups to {fitting} or out_channels to {more}.", fitting=fitting, more=more)
        raise ShapeError(sentences(message, remedy), port="x", fixes=fixes)

    def biases(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"bias": (self.width(x),)} if self.values["bias"] else {}

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.width(x), x.size(1) // self.parts(x), *self.each("kernel_size")), **self.biases(x)}

    def code(self, x: Shape) -> Code:
        return Code(init=f"nn.Conv{self.dims}d({self.text(x, 'stride', 'padding', 'dilation')})")

    def text(self, x: Shape, *names: str) -> str:
        """The arguments of the module; `names` are those that depend on the axis."""
        arguments = [f"{x.size(1)}, {self.width(x)}, kernel_size={compact(self.each('kernel_size'))}"]
        arguments += self.arguments(*names)
        arguments += [f"groups={self.parts(x)}"] if self.parts(x) > 1 else []
        arguments += [] if self.values["bias"] else ["bias=False"]
        return ", ".join(arguments)

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        made = outputs["y"]
        places = made.elements() // made.size(1)
        return made.elements() + sum(2 * places * prod(shape) for shape in weights.values() if len(shape) > 1)


class TransposedConvolution(Convolution):
    """Base of nn.ConvTranspose1d, nn.ConvTranspose2d and nn.ConvTranspose3d."""

    def shapes(self, x: Shape) -> Shape:
        need_grid(x, self.title(), self.dims)
        self.check_groups(x)
        self._check_output_padding()
        y = x.replace(1, self.width(x), "C")
        grown = self._growth()
        for i, (name, stride, added) in enumerate(zip(NAMES[self.dims], self.each("stride"), grown, strict=True)):
            if x[2 + i].size is None:
                self._keep_open(x[2 + i], stride == 1, added == 0)
                continue
            size = self._grown(x, i)
            if size < 1:
                raise self._nothing_left(x, name)
            y = y.replace(2 + i, size, name)
        return y

    def _growth(self) -> list[int]:
        """How much longer every axis gets, beside what stride does."""
        names = ("kernel_size", "dilation", "padding", "output_padding")
        options = zip(*(self.each(name) for name in names), strict=True)
        return [d * (k - 1) - 2 * p + more for k, d, p, more in options]

    def _grown(self, x: Shape, i: int) -> int:
        return (x.size(2 + i) - 1) * self.each("stride")[i] + self._growth()[i] + 1

    def _check_output_padding(self) -> None:
        """Torch's rule: what is added at one end is less than a step of the filter or of its dilation."""
        added = self.each("output_padding")
        most = [max(pair) - 1 for pair in zip(self.each("stride"), self.each("dilation"), strict=True)]
        if all(a <= m for a, m in zip(added, most, strict=True)):
            return
        fitting = [min(pair) for pair in zip(added, most, strict=True)]
        message = tr(
            "output_padding is {added} but has to be smaller than stride or dilation. "
            "Set output_padding to {fitting}, or use a larger stride.",
            added=times(added),
            fitting=times(fitting),
        )
        raise ShapeError(message, port="x", fixes=self.set_to("output_padding", fitting))

    def _nothing_left(self, x: Shape, name: str) -> ShapeError:
        paddings = self.each("padding")
        whole = [self._grown(x, i) + 2 * p for i, p in enumerate(paddings)]
        fitting = [min(p, (size - 1) // 2) for p, size in zip(paddings, whole, strict=True)]
        message = tr(
            "padding {padding} cuts everything off along {axis}. Set padding to {fitting}, "
            "or use a larger kernel_size.",
            padding=times(paddings),
            axis=name,
            fitting=times(fitting),
        )
        return ShapeError(message, port="x", fixes=self.set_to("padding", fitting))

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (x.size(1), self.width(x) // self.parts(x), *self.each("kernel_size")), **self.biases(x)}

    def code(self, x: Shape) -> Code:
        arguments = self.text(x, "stride", "padding", "output_padding", "dilation")
        return Code(init=f"nn.ConvTranspose{self.dims}d({arguments})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        x = inputs["x"]
        return outputs["y"].elements() + 2 * prod(weights["weight"]) * (x.elements() // x.size(1))
