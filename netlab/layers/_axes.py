"""Axes that an option names by a number, and the lengths that open axes have after a cut or a join."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers.shape import Axis, Shape, ShapeError

ENDING = re.compile(r"(.+?)([+-]\d+)?")


def axis_index(x: Shape, axis: int, what: str, *, name: str = "axis", new: int = 0, port: str = "x") -> int:
    """The position, counted from the front, of the axis that the option `name` means; never the batch.

    `new` is 1 where the axis is one that the layer makes, so that it may also stand behind the last.
    """
    rank = x.rank + new
    found = axis + rank if axis < 0 else axis
    if 1 <= found < rank:
        return found
    if rank < 2:
        message = tr(
            "{layer} wants an axis beside the batch but gets {shape}. Wire it to a layer with more axes.",
            layer=tr(what),
            shape=x,
        )
        raise ShapeError(message, port=port)
    if found == 0:
        message = tr(
            "{layer} leaves the batch alone, but {name} {axis} of {shape} is the batch. Use -1 for the last axis.",
            layer=tr(what),
            name=name,
            axis=axis,
            shape=x,
        )
    else:
        message = tr(
            "{layer} finds no axis {axis} in {shape}. Use -1 for the last axis.", layer=tr(what), axis=axis, shape=x
        )
    raise ShapeError(message, port=port, fixes=(set_option(name, -1),))


def with_axis(x: Shape, index: int, axis: Axis) -> Shape:
    """The same shape with one axis replaced."""
    return replace(x, axes=(*x.axes[:index], axis, *x.axes[index + 1 :]))


def insert_axis(x: Shape, index: int, axis: Axis) -> Shape:
    """The same shape with one axis more, in front of the one at `index`."""
    return replace(x, axes=(*x.axes[:index], axis, *x.axes[index:]))


def subscript(axis: int, index: int, text: str) -> str:
    """The brackets that take `text` from the axis at `index`: ``[:, 0]``, or ``[..., 0]`` if the option says -1."""
    return f"[..., {text}]" if axis == -1 and index > 1 else f"[{':, ' * index}{text}]"


def longer(axis: Axis, by: int) -> Axis:
    """The axis with `by` places more or less; an open one is named after its length: ``T+1``, ``T-1``."""
    if axis.size is not None:
        return Axis(axis.name, axis.size + by)
    match = ENDING.fullmatch(axis.name)
    base, ending = match.groups() if match else (axis.name, None)
    total = int(ending or 0) + by
    return Axis(f"{base}{total:+d}" if total else base)


def times(axis: Axis, count: int) -> Axis:
    """The axis repeated; an open one is named after its length: ``T*2``."""
    if axis.size is not None or count == 1:
        return Axis(axis.name, None if axis.size is None else axis.size * count)
    name = f"({axis.name})" if "+" in axis.name or "-" in axis.name else axis.name
    return Axis(f"{name}*{count}")


def joined(axes: Iterable[Axis]) -> Axis:
    """Axes one behind the other; with an open one among them the name is the sum: ``T+S``, ``T+1``."""
    listed = list(axes)
    known = sum(axis.size or 0 for axis in listed)
    names = Counter(axis.name for axis in listed if axis.size is None)
    if not names:
        return Axis(listed[0].name, known)
    return longer(Axis("+".join(times(Axis(name), count).name for name, count in names.items())), known)


def same_length(a: Axis, b: Axis) -> bool:
    """Equal sizes; two open axes have to bear the same name."""
    return a.size == b.size and (a.size is not None or a.name == b.name)


def has_batch(x: Shape) -> bool:
    """Whether the first axis is the batch; a learned or constant value has none."""
    return x.rank > 0 and x[0] == Axis("B")
