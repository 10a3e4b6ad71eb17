"""Boxes of many items in one array, so that those in sight are found in no time, and all are drawn in few calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from PySide6.QtCore import QRectF

COLUMNS = ("boxes", "shapes", "styles", "special", "levels")
T = TypeVar("T", bound=Any)


class Table(Generic[T]):
    """A row for each item; the item keeps its number in `row`.

    Attributes:
        items: the items by row.
        boxes: left, top, right, bottom of each item in the scene, shape (at least len(items), 4).
        shapes: four numbers that are drawn from afar: x, y, width, height of a node, both ends of a wire.
        styles: in which colour, as a small number that the painter knows.
        levels: how strong its halo is, from 0 to 1.
        special: whether it needs more than its shape, and so a look at the item itself.
    """

    def __init__(self) -> None:
        self.items: list[T] = []
        self.boxes, self.shapes = np.zeros((64, 4)), np.zeros((64, 4))
        self.styles, self.special, self.levels = np.zeros(64, np.int32), np.zeros(64, bool), np.zeros(64)

    def put(self, item: T, box: QRectF, shape: tuple[float, float, float, float]) -> None:
        """Write down where an item is, a new one at the end."""
        if item.row < 0:
            item.row = len(self.items)
            self.items.append(item)
            self.levels[item.row : item.row + 1] = 0.0
            if len(self.items) > len(self.boxes):
                for name in COLUMNS:
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
            for name in COLUMNS:
                column = getattr(self, name)
                column[row] = column[len(self.items)]

    def clear(self) -> None:
        """Forget all items."""
        self.items.clear()

    def within(self, parts: Iterable[QRectF]) -> np.ndarray:
        """The rows of the items whose boxes touch one of some rectangles."""
        b = self.boxes[: len(self.items)]
        touched = np.zeros(len(self.items), bool)
        for part in parts:
            left, top, right, bottom = part.left(), part.top(), part.right(), part.bottom()
            touched |= (b[:, 0] <= right) & (b[:, 2] >= left) & (b[:, 1] <= bottom) & (b[:, 3] >= top)
        return touched.nonzero()[0]

    def near(self, rect: QRectF) -> list[T]:
        """The items whose boxes touch a rectangle."""
        return [self.items[int(row)] for row in self.within([rect])]

    def bounds(self, rows: Sequence[int] | np.ndarray | None = None) -> QRectF:
        """The rectangle around all items, or those of some rows."""
        b = self.boxes[: len(self.items)] if rows is None else self.boxes[np.asarray(rows, int)]
        if not len(b):
            return QRectF()
        left, top, right, bottom = b[:, 0].min(), b[:, 1].min(), b[:, 2].max(), b[:, 3].max()
        return QRectF(left, top, right - left, bottom - top)
