"""What becomes of calls that move or pick numbers."""

from __future__ import annotations

from typing import Any

import torch

from netlab.engine.importing.faults import NoLayer
from netlab.engine.importing.reader import Call, Reader, rule
from netlab.engine.importing.sketch import BATCH, Learned, Value, View
from netlab.engine.importing.views import arranged, reshaped
from netlab.language import tr

DTYPES = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}


def need(thing: Any) -> Value:
    """A value that depends on the input; rules for views of constants are not needed, they are worked out."""
    if isinstance(thing, View):
        raise NoLayer(tr("The batch is not the first axis, or merged with others."))
    if not isinstance(thing, Value):
        raise NoLayer(tr("It rearranges learned numbers with the batch in them."))
    return thing


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    return axis + rank if axis < 0 else axis


@rule("view", "reshape", "flatten", "unflatten", "view_as", "reshape_as", "_unsafe_view", "ravel", "_reshape_copy")
def _view(r: Reader, c: Call) -> Any:
    x = c.args[0]
    return reshaped(r, x if isinstance(x, View) else need(x), c.sizes)


@rule("expand", "expand_as", "broadcast_to", "repeat")
def _expand(r: Reader, c: Call) -> Any:
    x = c.args[0]
    if isinstance(x, Value):
        return stretched(r, x, c.sizes)
    tensor = x.tensor if isinstance(x, Learned) else x
    sizes = tuple(tensor.shape)
    if c.sizes[:1] != (BATCH,) or (len(sizes) == len(c.sizes) and sizes[0] != 1):
        raise NoLayer(tr("A learned tensor is repeated along an axis."))
    inner = tensor[0] if len(sizes) == len(c.sizes) else tensor
    if tuple(inner.shape) != c.sizes[1:]:
        raise NoLayer(tr("A learned tensor is repeated along an axis."))
    return r.spread(Learned(x.path, inner) if isinstance(x, Learned) else inner, c.label)


def stretched(r: Reader, x: Value, sizes: tuple[int, ...]) -> Value:
    """A value repeated along its axes of size 1."""
    if x.sizes == sizes:
        return x
    fits = len(x.sizes) == len(sizes) and all(a in (1, b) for a, b in zip(x.sizes, sizes, strict=True))
    if not fits or not x.has_batch:
        raise NoLayer(tr("It is repeated along an axis that a sample does not have."))
    for axis, (before, after) in enumerate(zip(x.sizes, sizes, strict=True)):
        if before != after:
            x = r.add("repeat", x, axis=axis, repeats=after)
    return x


@rule("unsqueeze")
def _unsqueeze(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    axis = axis_of(c.arg(1, "dim"), len(x.sizes) + 1)
    return x if axis == 0 and not x.has_batch else r.add("unsqueeze", x, axis=axis)


@rule("squeeze")
def _squeeze(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    given = c.arg(1, "dim")
    axes = range(len(x.sizes)) if given is None else [given] if isinstance(given, int) else given
    for axis in sorted((axis_of(a, len(x.sizes)) for a in axes), reverse=True):
        if x.sizes[axis] == 1:
            x = r.add("squeeze", x, axis=axis)
    return x


@rule("transpose", "swapaxes", "swapdims")
def _transpose(r: Reader, c: Call) -> Any:
    x, a, b = c.args[0], c.arg(1, "dim0"), c.arg(2, "dim1")
    if isinstance(x, View):
        order = list(range(len(x.groups)))
        order[a], order[b] = order[b], order[a]
        return arranged(r, x, order)
    return r.add("transpose", need(x), axis_a=a, axis_b=b)


@rule("t", "T", "mT", "numpy_T", "matrix_H")
def _turned(r: Reader, c: Call) -> Any:
    return r.add("transpose", need(c.args[0]), axis_a=-2, axis_b=-1)


@rule("getattr")
def _attribute(r: Reader, c: Call) -> Any:
    if c.args[1] in ("T", "mT"):
        return _turned(r, c)
    if c.args[1] == "data":
        return c.args[0]
    raise NoLayer(tr("It reads {name} of a tensor.", name=c.args[1]))


@rule("permute")
def _permute(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    dims = c.kwargs.get("dims") or (c.args[1] if isinstance(c.args[1], tuple | list) else c.args[1:])
    order = [axis_of(dim, len(x.sizes)) for dim in dims]
    if order[0] != 0:
        raise NoLayer(tr("It moves the batch to another axis."))
    return x if order == sorted(order) else r.add("permute", x, order=order[1:])


@rule("split", "chunk", "split_with_sizes", "tensor_split", "unsafe_split", "unsafe_chunk")
def _split(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    axis = axis_of(c.arg(2, "dim", 0), len(x.sizes))
    widths = [part.sizes[axis] for part in c.made]
    found: list[Value] = []
    for i, width in enumerate(widths[:-1]):
        size = 0 if i == len(widths) - 2 and width == widths[-1] else width
        first, x = r.sketch.add("split", {"x": x}, name=c.label, axis=axis, size=size)
        found.append(first)
    return (*found, x)


@rule("unbind")
def _unbind(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    axis = c.arg(1, "dim", 0)
    return tuple(r.add("select", x, axis=axis, index=i) for i in range(len(c.made)))


@rule("select")
def _select(r: Reader, c: Call) -> Any:
    return r.add("select", need(c.args[0]), axis=c.arg(1, "dim"), index=c.arg(2, "index"))


def cut(r: Reader, x: Value, axis: int, start: int | None, stop: int | None, step: int | None) -> Value:
    """A stretch of an axis; all of it is the value itself."""
    size = x.sizes[axis]
    places = range(*slice(start, stop, step).indices(size))
    if len(places) == size and places.step == 1:
        return x
    if axis == 0:
        raise NoLayer(tr("It picks samples of the batch."))
    end = places.stop if places.stop < size else 0
    return r.add("slice", x, axis=axis, start=places.start, stop=end, step=places.step)


@rule("slice")
def _slice(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    axis = axis_of(c.arg(1, "dim", 0), len(x.sizes))
    return cut(r, x, axis, c.arg(2, "start"), c.arg(3, "end"), c.arg(4, "step", 1))


@rule("narrow")
def _narrow(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    start = c.arg(2, "start")
    return cut(r, x, axis_of(c.arg(1, "dim"), len(x.sizes)), start, start + c.arg(3, "length"), 1)


@rule("getitem")
def _getitem(r: Reader, c: Call) -> Any:
    x, index = c.args
    if isinstance(x, Stacked):
        return x.last(index)
    x = need(x)
    parts = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        missing = len(x.sizes) - sum(part is not None for part in parts) + 1
        parts[at : at + 1] = [slice(None)] * missing
    axis = 0
    for part in parts:
        match part:
            case None:
                x = r.add("unsqueeze", x, axis=axis)
                axis += 1
            case slice():
                x = cut(r, x, axis, part.start, part.stop, part.step)
                axis += 1
            case int():
                x = r.add("select", x, axis=axis, index=part)
            case _:
                raise NoLayer(tr("It picks places by a tensor."))
    return x


class Stacked:
    """The states of all layers of a recurrent module, of which only that of the top layer is at hand."""

    def __init__(self, top: Value, layers: int) -> None:
        self.top, self.layers = top, layers

    def last(self, index: Any) -> Value:
        """The state of the top layer, if that is the one asked for."""
        if index in (-1, self.layers - 1):
            return self.top
        raise NoLayer(tr("It reads the state of a lower layer."))


@rule("cat", "concat", "concatenate")
def _cat(r: Reader, c: Call) -> Any:
    parts = [r.value(part) for part in c.arg(0, "tensors")]
    axis = c.arg(1, "dim", 0)
    while len(parts) > 1:
        parts = [r.add("concat", *parts[:4], axis=axis), *parts[4:]]
    return parts[0]


@rule("stack")
def _stack(r: Reader, c: Call) -> Any:
    parts = [r.value(part) for part in c.arg(0, "tensors")]
    axis = axis_of(c.arg(1, "dim", 0), len(c.sizes))
    if len(parts) <= 4:
        return r.add("stack", *parts, axis=axis) if len(parts) > 1 else r.add("unsqueeze", parts[0], axis=axis)
    groups = [parts[i : i + 4] for i in range(0, len(parts), 4)]
    stacked = [
        r.add("stack", *group, axis=axis) if len(group) > 1 else r.add("unsqueeze", group[0], axis=axis)
        for group in groups
    ]
    while len(stacked) > 1:
        stacked = [r.add("concat", *stacked[:4], axis=axis), *stacked[4:]]
    return stacked[0]


@rule("pad", "constant_pad_nd")
def _pad(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    pads = list(c.arg(1, "pad"))
    aten = c.name == "constant_pad_nd"
    mode = "constant" if aten else c.arg(2, "mode", "constant")
    value = float((c.arg(2, "value") if aten else c.arg(3, "value")) or 0.0)
    if len(x.sizes) == 4 and len(pads) <= 4 and (mode != "constant" or not value):
        modes = {"constant": "zeros"}
        return r.add("zero_pad2d", x, padding=([*pads, 0, 0])[:4], mode=modes.get(mode, mode))
    if mode != "constant":
        raise NoLayer(tr("It pads in the mode {mode}.", mode=mode))
    for i in range(0, len(pads), 2):
        if pads[i] or pads[i + 1]:
            axis = len(x.sizes) - 1 - i // 2
            x = r.add("pad_sequence", x, axis=axis, start=pads[i], end=pads[i + 1], value=value)
    return x


@rule("zeros", "ones", "full", "new_zeros", "new_ones", "new_full", "empty", "zeros_like", "ones_like")
def _filled(r: Reader, c: Call) -> Any:
    """A constant for every sample."""
    if c.sizes[:1] != (BATCH,) or "rand" in c.name:
        raise NoLayer(tr("It makes numbers in a shape that mixes in the batch."))
    fill = 1.0 if "ones" in c.name else 0.0
    if "full" in c.name:
        fill = float(c.arg(2 if c.name == "new_full" else 1, "fill_value"))
    return r.spread(torch.full(c.sizes[1:], fill, dtype=DTYPES[c.made.kind]), c.label)


@rule("to", "type_as")
def _to(r: Reader, c: Call) -> Any:
    """A constant turned into the kind of a value."""
    x = c.args[0]
    if isinstance(x, Learned) and c.made.kind == "float":
        return x
    if not isinstance(x, torch.Tensor):
        raise NoLayer(tr("It turns numbers into another type."))
    return x.to(DTYPES[c.made.kind])


@rule("detach")
def _detach(r: Reader, c: Call) -> Any:
    return r.add("stop_gradient", c.args[0])
