"""What all layers share that only move or pick numbers: nothing is computed, nothing is kept."""

from __future__ import annotations

from math import prod

from netlab.layers.layer import Layer, Shapes
from netlab.layers.shape import Axis


class Rearranging(Layer):
    """A layer that moves or picks numbers and changes none."""

    category = "Shape"
    needs = "nothing"

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 0


class View(Rearranging):
    """A layer whose output is its input looked at in another way: no number is copied."""

    needs = "view"


def fill_in(sizes: tuple[int, ...], total: int) -> tuple[int, ...] | None:
    """The sizes with a −1 replaced by what is left of `total`; None if they do not multiply to it."""
    known = prod(size for size in sizes if size != -1)
    if known <= 0 or total % known or sizes.count(-1) > 1 or (-1 not in sizes and known != total):
        return None
    return tuple(total // known if size == -1 else size for size in sizes)


def fitting(sizes: tuple[int, ...], total: int) -> tuple[int, ...]:
    """The same sizes with one of them left to be found out (−1), so that they fit; ``(-1,)`` if none can be."""
    for i in reversed(range(len(sizes))):
        tried = (*sizes[:i], -1, *sizes[i + 1 :])
        if fill_in(tried, total) is not None:
            return tried
    return (-1,)


def axes_of(sizes: tuple[int, ...]) -> tuple[Axis, ...]:
    """Nameless axes of these sizes."""
    return tuple(Axis("d", size) for size in sizes)
