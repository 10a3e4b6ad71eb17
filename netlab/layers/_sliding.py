"""What convolutions and pooling share: a window that slides along the axes behind B × C."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from netlab.language import mark, sentences, tr
from netlab.layers._fixes import insert, set_option
from netlab.layers.layer import Fix, Layer, Shape, ShapeError
from netlab.layers.shape import Axis, compact, need_image
from netlab.options import Int

NAMES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
KINDS = {1: mark("a signal, B × C × L"), 3: mark("a volume, B × C × D × H × W")}
TORCH_DEFAULTS = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}


def need_grid(x: Shape, what: str, dims: int, port: str = "x") -> Shape:
    """Refuse anything but numbers of shape B × C and `dims` more axes. C has to be fixed, and of the rest all but L."""
    if dims == 2:
        return need_image(x, what, port)
    x.need_float(what, port)
    if x.rank != dims + 2:
        message = tr(
            "{layer} wants {kind}, but gets {count} axes: {shape}. Wire it to values that have these axes.",
            layer=tr(what),
            kind=tr(KINDS[dims]),
            count=x.rank,
            shape=x,
        )
        raise ShapeError(message, port=port)
    if x[1].size is None:
        message = tr(
            "{layer} wants {kind} with a fixed C, but axis {axis} of {shape} is open.",
            layer=tr(what),
            kind=tr(KINDS[dims]),
            axis=x[1],
            shape=x,
        )
        turned = tr("Put Transpose before it, which makes B × d × T of a sequence B × T × d.")
        fixes = (insert("transpose", "Transpose"),) if dims == 1 else ()
        raise ShapeError(sentences(message, turned if dims == 1 else tr("Fix C.")), port=port, fixes=fixes)
    for index in range(2, x.rank if dims > 1 else 2):
        x.size(index, port)
    return x


def times(sizes: Iterable[int]) -> str:
    """Sizes as people read them: ``3 × 5``."""
    return " × ".join(map(str, sizes))


class Sliding(Layer):
    """Base of layers whose window of `kernel_size` moves by `stride` over the padded input."""

    dims: ClassVar[int] = 2
    too_large: ClassVar[str] = mark("The filter is {span} {unit} along {axis} but the padded input only {room}.")
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
        return (set_option(name, value, times(wanted)),)

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
                unit = tr(self.options()["kernel_size"].unit)
                raise self._too_large(x, spans, tr(self.too_large, span=spans[i], unit=unit, axis=name, room=room))
            y = y.replace(2 + i, (room - spans[i]) // strides[i] + 1, name)
        return y

    def _too_large(self, x: Shape, spans: list[int], message: str) -> ShapeError:
        paddings, kernels = self.each("padding"), self.each("kernel_size")
        rooms = [x.size(2 + i) + 2 * p for i, p in enumerate(paddings)]
        fitting = [
            min(k, (room - 1) // d + 1) for k, room, d in zip(kernels, rooms, self.each("dilation"), strict=True)
        ]
        shrink = self.set_to("kernel_size", fitting)
        if not self.more_padding:
            remedy = tr("Use a smaller kernel_size, or pool less often before.")
            return ShapeError(sentences(message, remedy), port="x", fixes=shrink)
        padded = [(span - 1) // 2 for span in spans]
        fits = all(x.size(2 + i) + 2 * p >= span for i, (p, span) in enumerate(zip(padded, spans, strict=True)))
        pad = self.set_to("padding", padded) if fits else ()
        remedy = tr("Use a smaller kernel_size or more padding.")
        return ShapeError(sentences(message, remedy), port="x", fixes=pad + shrink)

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
        message = tr(
            "The length of axis {axis} is open, so {layer} has to keep it. Use stride 1, an odd kernel_size and "
            "padding that makes up for what the window takes, or give the data a fixed length.",
            axis=axis,
            layer=tr(self.title()),
        )
        raise ShapeError(message, port="x", fixes=fixes)
