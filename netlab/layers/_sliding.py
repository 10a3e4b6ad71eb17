"""What convolutions and pooling share: a window that slides along the axes behind B × C."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from netlab.layers.layer import Fix, Layer, Shape, ShapeError
from netlab.layers.shape import Axis, compact, need_image
from netlab.options import Int

NAMES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
KINDS = {
    1: "a signal, B × C × L",
    2: "an image, B × C × H × W",
    3: "a volume, B × C × D × H × W",
}
TORCH_DEFAULTS = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}


def need_grid(x: Shape, what: str, dims: int, port: str = "x") -> Shape:
    """Refuse anything but numbers of shape B × C and `dims` more axes. C has to be fixed, and of the rest all but L."""
    if dims == 2:
        return need_image(x, what, port)
    x.need_float(what, port)
    if x.rank != dims + 2:
        message = f"{what} wants {KINDS[dims]}, but gets {x.rank} axes: {x}. Wire it to values that have these axes."
        raise ShapeError(message, port=port)
    if x[1].size is None:
        message = f"{what} wants {KINDS[dims]} with a fixed C, but axis {x[1]} of {x} is open. "
        remedy = "Put Transpose before it, which makes B × d × T of a sequence B × T × d." if dims == 1 else "Fix C."
        fixes = (Fix("Insert Transpose", "insert", {"type": "transpose"}),) if dims == 1 else ()
        raise ShapeError(message + remedy, port=port, fixes=fixes)
    for index in range(2, x.rank if dims > 1 else 2):
        x.size(index, port)
    return x


def times(sizes: Iterable[int]) -> str:
    """Sizes as people read them: ``3 × 5``."""
    return " × ".join(map(str, sizes))


class Sliding(Layer):
    """Base of layers whose window of `kernel_size` moves by `stride` over the padded input."""

    dims: ClassVar[int] = 2
    thing: ClassVar[str] = "filter"
    more_padding: ClassVar[bool] = True

    def each(self, name: str) -> tuple[int, ...]:
        """The value of an option along every axis; what torch takes if there is no such option."""
        value = self.values.get(name, TORCH_DEFAULTS.get(name))
        return (value,) * self.dims if isinstance(value, int) else tuple(value or ())

    def arguments(self, *names: str) -> list[str]:
        """Keyword arguments for the options that are not what torch takes by itself."""
        given = {name: self.each(name) for name in names}
        return [f"{n}={compact(v)}" for n, v in given.items() if v != (TORCH_DEFAULTS[n],) * self.dims]

    def set_to(self, name: str, sizes: Iterable[int]) -> tuple[Fix, ...]:
        """The fix that sets an option, nothing where the option would refuse it."""
        wanted = tuple(sizes)
        value = wanted[0] if isinstance(self.options()[name], Int) else [*wanted]
        if self.check_values({name: value}):
            return ()
        return (Fix(f"Set {name} to {times(wanted)}", "set_option", {"name": name, "value": value}),)

    def slid(self, x: Shape) -> Shape:
        """The shape after the window has moved over all of `x`, channels unchanged."""
        strides, paddings = self.each("stride"), self.each("padding")
        spans = [d * (k - 1) + 1 for k, d in zip(self.each("kernel_size"), self.each("dilation"), strict=True)]
        y = x
        for i, name in enumerate(NAMES[self.dims]):
            if x[2 + i].size is None:
                self._keep_open(x[2 + i], strides[i] == 1, 2 * paddings[i] == spans[i] - 1)
                continue
            room = x.size(2 + i) + 2 * paddings[i]
            if room < spans[i]:
                unit = self.options()["kernel_size"].unit
                raise self._too_large(x, spans, f"{spans[i]} {unit} along {name} but the padded input only {room}")
            y = y.replace(2 + i, (room - spans[i]) // strides[i] + 1, name)
        return y

    def _too_large(self, x: Shape, spans: list[int], what: str) -> ShapeError:
        paddings, kernels = self.each("padding"), self.each("kernel_size")
        rooms = [x.size(2 + i) + 2 * p for i, p in enumerate(paddings)]
        fitting = [
            min(k, (room - 1) // d + 1) for k, room, d in zip(kernels, rooms, self.each("dilation"), strict=True)
        ]
        shrink = self.set_to("kernel_size", fitting)
        if not self.more_padding:
            remedy = "Use a smaller kernel_size, or pool less often before."
            return ShapeError(f"The {self.thing} is {what}. {remedy}", port="x", fixes=shrink)
        padded = [(span - 1) // 2 for span in spans]
        fits = all(x.size(2 + i) + 2 * p >= span for i, (p, span) in enumerate(zip(padded, spans, strict=True)))
        pad = self.set_to("padding", padded) if fits else ()
        remedy = "Use a smaller kernel_size or more padding."
        return ShapeError(f"The {self.thing} is {what}. {remedy}", port="x", fixes=pad + shrink)

    def _keep_open(self, axis: Axis, stride_is_one: bool, padded: bool) -> None:
        """Refuse to change the length of an open axis: nobody could say what it is afterwards."""
        if stride_is_one and padded:
            return
        span = self.each("dilation")[0] * (self.each("kernel_size")[0] - 1)
        fixes: tuple[Fix, ...] = ()
        if padded:
            fixes = self.set_to("stride", (1,))
        elif stride_is_one and span % 2 == 0:
            fixes = self.set_to("padding", (span // 2,))
        message = (
            f"The length of axis {axis} is open, so {self.title()} has to keep it. Use stride 1, an odd kernel_size and "
            "padding that makes up for what the window takes, or give the data a fixed length."
        )
        raise ShapeError(message, port="x", fixes=fixes)
