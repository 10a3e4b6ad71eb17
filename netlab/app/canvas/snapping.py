"""Where a dragged node comes to rest: on the grid, or in line with a neighbour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF

GRID = 10.0
REACH = 7.0  # on the screen: nearer than this, a line of a neighbour attracts


def to_grid(pos: QPointF) -> QPointF:
    """The nearest point of the grid."""
    return QPointF(round(pos.x() / GRID) * GRID, round(pos.y() / GRID) * GRID)


@dataclass(frozen=True)
class Snap:
    """A position, and the lines that say with what it is in line."""

    pos: QPointF
    guides: tuple[QLineF, ...] = ()


class Snapper:
    """Knows the lines of the neighbours: their left, centre and right, their top, middle and bottom.

    Attributes:
        reach: how near a line has to be, in pixels of the scene.
    """

    def __init__(self, neighbours: Iterable[QRectF], reach: float, grid: bool = True) -> None:
        self.reach, self.grid = reach, grid
        rects = list(neighbours)
        self.xs = sorted((x, rect.top(), rect.bottom()) for rect in rects for x in _thirds(rect.left(), rect.right()))
        self.ys = sorted((y, rect.left(), rect.right()) for rect in rects for y in _thirds(rect.top(), rect.bottom()))

    def snap(self, rect: QRectF) -> Snap:
        """The best place for a node that would lie at `rect`."""
        base = to_grid(rect.topLeft()) if self.grid else rect.topLeft()
        across = self._nearest(self.xs, _thirds(rect.left(), rect.right()))
        along = self._nearest(self.ys, _thirds(rect.top(), rect.bottom()))
        pos = QPointF(
            rect.left() + across[0] if across is not None else base.x(),
            rect.top() + along[0] if along is not None else base.y(),
        )
        placed = QRectF(pos, rect.size())
        guides = []
        if across is not None:
            _, (x, start, end) = across
            guides.append(QLineF(x, min(start, placed.top()), x, max(end, placed.bottom())))
        if along is not None:
            _, (y, start, end) = along
            guides.append(QLineF(min(start, placed.left()), y, max(end, placed.right()), y))
        return Snap(pos, tuple(guides))

    def _nearest(
        self, lines: list[tuple[float, float, float]], own: tuple[float, ...]
    ) -> tuple[float, tuple[float, float, float]] | None:
        """How far to move so that one of the own lines lies on one of the others, and on which."""
        best: tuple[float, tuple[float, float, float]] | None = None
        for line in lines:
            for mine in own:
                offset = line[0] - mine
                if abs(offset) <= self.reach and (best is None or abs(offset) < abs(best[0])):
                    best = (offset, line)
        return best


def _thirds(low: float, high: float) -> tuple[float, float, float]:
    return low, (low + high) / 2, high
