"""Values whose axes a model sees in other places or merged, until the batch is the first axis again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import prod
from typing import Any

import torch

from netlab.engine.importing.faults import NoLayer
from netlab.engine.importing.reader import Reader
from netlab.engine.importing.sketch import BATCH, Learned, Value, View
from netlab.language import mark, tr

MIXED = mark("The axes of the samples would be mixed with the batch.")


def whole(x: Value | View) -> View:
    """A value seen as it is."""
    return x if isinstance(x, View) else View(x, tuple((axis,) for axis in range(len(x.sizes))))


def reshaped(r: Reader, x: Value | View, sizes: tuple[int, ...]) -> Any:
    """The same numbers with other axes; for a while the batch may lie behind others, or be merged with them."""
    if x.sizes == sizes:
        return x
    if isinstance(x, Value):
        if not x.has_batch:
            raise NoLayer(tr(MIXED))
        if sizes[:1] == (BATCH,):
            return _of_samples(r, x, sizes)
    return settled(r, _regrouped(r, whole(x), sizes))


def _of_samples(r: Reader, x: Value, sizes: tuple[int, ...]) -> Value:
    """A reshape that leaves the batch alone, by the layer that says best what it does."""
    if x.sizes == sizes:
        return x
    if len(sizes) == 1:
        return r.add("squeeze", _of_samples(r, x, (*sizes, 1)))
    if len(sizes) == 2 and len(x.sizes) > 2:
        return r.add("flatten", x)
    kept = len(x.sizes) - 1
    if len(sizes) > len(x.sizes) and sizes[:kept] == x.sizes[:kept] and kept:
        return r.add("unflatten", x, sizes=list(sizes[kept:]))
    return r.add("reshape", x, sizes=list(sizes[1:]))


def _regrouped(r: Reader, x: View, sizes: tuple[int, ...]) -> View:
    """The view with its axes seen grouped to these sizes; an axis of which only a part is wanted is taken apart."""
    value = x.value
    left = deque((axis, value.sizes[axis]) for group in x.groups for axis in group)
    parts: dict[int, list[int]] = {axis: [] for axis, _ in left}
    groups: list[list[tuple[int, int]]] = []  # of axes and which part of them
    for size in sizes:
        groups.append([])
        while size > 1:
            axis, length = left.popleft() if left else (0, 0)
            if length and size % length and not length % size:
                left.appendleft((axis, length // size))
                length = size
            if not length or size % length:
                raise NoLayer(tr(MIXED))
            groups[-1].append((axis, len(parts[axis])))
            parts[axis].append(length)
            size //= length
    for axis, length in left:  # of size 1, or there are too few sizes
        if length > 1 or not groups:
            raise NoLayer(tr(MIXED))
        groups[-1].append((axis, len(parts[axis])))
        parts[axis].append(length)
    first, apart = {}, []
    for axis in range(len(value.sizes)):
        first[axis] = len(apart)
        apart += parts[axis]
    value = _of_samples(r, value, tuple(apart))
    return View(value, tuple(tuple(first[axis] + part for axis, part in group) for group in groups))


def arranged(r: Reader, x: Value | View, order: Sequence[int]) -> Value | View:
    """Axes in another order: axis i is axis order[i] of what there is."""
    x = whole(x)
    return settled(r, View(x.value, tuple(x.groups[axis] for axis in order)))


def settled(r: Reader, x: View) -> Value | View:
    """The value itself, rearranged by layers, if the batch is seen as the first axis again."""
    return straight(r, x).value if x.groups[:1] == ((0,),) else x


def straight(r: Reader, x: View) -> View:
    """The view with the axes of its value in the order that is seen, and merged where that is seen, but for the batch."""
    order = [axis for group in x.groups for axis in group if axis]
    value = x.value if order == sorted(order) else r.add("permute", x.value, order=order)
    lengths = iter(value.sizes[1:])
    sizes, groups = [BATCH], []
    for group in x.groups:
        if 0 in group:
            beside = {axis: len(sizes) + i for i, axis in enumerate(axis for axis in group if axis)}
            groups.append(tuple(beside.get(axis, 0) for axis in group))
            sizes += [next(lengths) for _ in beside]
        else:
            groups.append((len(sizes),))
            sizes.append(prod(next(lengths) for _ in group))
    return View(_of_samples(r, value, tuple(sizes)), tuple(groups))


def alone(x: View, axis: int) -> int:
    """Where an axis that is seen lies in the value.

    Raises:
        NoLayer: it is the batch, or several axes seen as one.
    """
    group = x.groups[axis]
    if len(group) != 1 or group == (0,):
        raise NoLayer(
            tr("The batch is merged with other axes.") if 0 in group else tr("It is several axes seen as one.")
        )
    return group[0]


def without(x: View, axis: int, value: Value) -> View:
    """The view of a value that lost the axis that is seen there."""
    gone = alone(x, axis)
    rest = [group for i, group in enumerate(x.groups) if i != axis % len(x.groups)]
    return View(value, tuple(tuple(a - (a > gone) for a in group) for group in rest))


def alike(r: Reader, things: Sequence[Any]) -> tuple[list[Any], tuple[tuple[int, ...], ...]]:
    """Values to combine place by place in place of views of them, and how the axes of all are seen.

    Raises:
        NoLayer: they lie differently.
    """
    views = {i: straight(r, thing) for i, thing in enumerate(things) if isinstance(thing, View)}
    groups = next(iter(views.values())).groups
    found = [views[i].value if i in views else thing for i, thing in enumerate(things)]
    last = groups[-1] == (max(axis for group in groups for axis in group),)
    for i, thing in enumerate(found):
        if i in views:
            fits = views[i].groups == groups
        else:
            tensor = thing.tensor if isinstance(thing, Learned) else thing
            fits = not isinstance(tensor, Value) and (
                not isinstance(tensor, torch.Tensor) or tensor.numel() == 1 or (last and tensor.dim() == 1)
            )
        if not fits:
            raise NoLayer(tr("It combines values whose axes lie in different places."))
    return found, groups
