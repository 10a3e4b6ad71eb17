"""Boxes of many items in one array, so that those in sight are found in no time, and all are drawn in few calls."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from PySide6.QtCore import QRectF

T = TypeVar("T", bound=Any)


class Table(Generic[T]):
    """A row for each item; the item keeps its number in `row`.

    Attributes:
        items: the items by row.
        boxes: left, top, right, bottom of each item in the scene, shape (at least len(items), 4).
        shapes: four numbers that are drawn from afar: x, y, width, height of a node, both ends of a wire.
        styles: in which colour, as a small number that the painter knows.
        special: whether it needs more than its shape, and so a look at the item itself.
    """

    def __init__(self) -> None:
        self.items: list[T] = []
        self.boxes, self.shapes = np.zeros((64, 4)), np.zeros((64, 4))
        self.styles, self.special = np.zeros(64, np.int32), np.zeros(64, bool)

    def put(self, item: T, box: QRectF, shape: tuple[float, float, float, float]) -> None:
        """Write down where an item is, a new one at the end."""
        if item.row < 0:
            item.row = len(self.items)
            self.items.append(item)
            if len(self.items) > len(self.boxes):
                for name in ("boxes", "shapes", "styles", "special"):
                    column = getattr(self, name)
                    setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
        self.shapes[item.row] = shape
        self.boxes[item.row] = box.left(), box.top(), box.right(), box.bottom()

    def drop(self, item: T) -> None:
        """Forget an item; the last one takes its row."""
        row, last = item.row, self.items.pop()
        item.row = -1
        if last is not item:
            self.items[row] = last
            last.row = row
            for column in (self.boxes, self.shapes, self.styles, self.special):
                column[row] = column[len(self.items)]

    def clear(self) -> None:
        """Forget all items."""
        self.items.clear()

    def within(self, rect: QRectF) -> np.ndarray:
        """The rows of the items whose boxes touch a rectangle."""
        b = self.boxes[: len(self.items)]
        near = (
            (b[:, 0] <= rect.right()) & (b[:, 2] >= rect.left()) & (b[:, 1] <= rect.bottom()) & (b[:, 3] >= rect.top())
        )
        return near.nonzero()[0]

    def near(self, rect: QRectF) -> list[T]:
        """The items whose boxes touch a rectangle."""
        return [self.items[int(row)] for row in self.within(rect)]

    def bounds(self) -> QRectF:
        """The rectangle around all items."""
        if not self.items:
            return QRectF()
        b = self.boxes[: len(self.items)]
        left, top, right, bottom = b[:, 0].min(), b[:, 1].min(), b[:, 2].max(), b[:, 3].max()
        return QRectF(left, top, right - left, bottom - top)
