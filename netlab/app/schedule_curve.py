"""The learning rate over a run, drawn before it begins; a hand-drawn schedule is changed by dragging its points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from netlab.app.theme import color, themes
from netlab.document.schedules import SCHEDULES, factor
from netlab.language import tr

HEIGHT, MARGIN, TEXT = 92, 8, 14
REACH = 10.0
SAMPLES = 240
Points = tuple[tuple[float, float], ...]


class ScheduleCurve(QWidget):
    """Learning rate against step.

    Args:
        training: every training setting.
        total, steps_per_epoch: steps of the run, as far as known.
        changed: called with the new points when some were dragged, added (double click) or removed (right click).
    """

    def __init__(
        self,
        training: Mapping[str, Any],
        total: int,
        steps_per_epoch: int,
        changed: Callable[[list[list[float]]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.training, self.total, self.steps_per_epoch = dict(training), max(total, 1), steps_per_epoch
        self._changed = changed
        self.points: Points = tuple((float(x), float(y)) for x, y in training["schedule_points"])
        self._held: int | None = None
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(self.is_drawn)
        self.setObjectName("schedule curve")
        self.setAccessibleName(tr("Learning rate over the run"))
        about = [tr(SCHEDULES[self.training["schedule"]].about)]
        about += [tr("Double click adds a point, right click removes one.")] if self.is_drawn else []
        self.setToolTip(" ".join(about))
        themes.changed.connect(self.update)

    @property
    def is_drawn(self) -> bool:
        """Whether the points can be dragged."""
        return self.training["schedule"] == "drawn"

    def rates(self) -> list[float]:
        """Learning rates at equal distances over the run."""
        told = {**self.training, "schedule_points": self.points}
        steps = [int(i * (self.total - 1) / (SAMPLES - 1)) for i in range(SAMPLES)]
        return [told["learning_rate"] * factor(told, step, self.total, self.steps_per_epoch) for step in steps]

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(MARGIN, MARGIN + TEXT, -MARGIN, -MARGIN - TEXT)

    @property
    def _warm_up(self) -> float:
        """The share of the width that the warm-up takes; the schedule has the rest."""
        return min(self.training["warmup_steps"] / self.total, 0.99)

    def _top(self) -> float:
        """The factor at the upper edge."""
        return max(1.0, *(y for _, y in self.points)) if self.is_drawn else 1.0

    def _place(self, point: tuple[float, float]) -> QPointF:
        area, start = self._area(), self._warm_up
        return QPointF(
            area.left() + (start + point[0] * (1 - start)) * area.width(),
            area.bottom() - point[1] / self._top() * area.height(),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(color("border"), 1))
        painter.setBrush(color("surface"))
        painter.drawRoundedRect(frame, 6, 6)
        area, rates = self._area(), self.rates()
        most = self._top() * self.training["learning_rate"] or 1.0
        line = [
            QPointF(area.left() + i / (SAMPLES - 1) * area.width(), area.bottom() - rate / most * area.height())
            for i, rate in enumerate(rates)
        ]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("train", 40))
        painter.drawPolygon(QPolygonF([area.bottomLeft(), *line, area.bottomRight()]))
        painter.setPen(QPen(color("train"), 2))
        painter.drawPolyline(QPolygonF(line))
        painter.setBrush(color("surface"))
        for i, point in enumerate(self.points if self.is_drawn else ()):
            radius = 5.5 if i == self._held else 4.0
            painter.drawEllipse(self._place(point), radius, radius)
        painter.setPen(color("muted"))
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        head = QRectF(area.left(), 4, area.width(), TEXT + 2)
        foot = QRectF(area.left(), area.bottom() + 3, area.width(), TEXT + 2)
        painter.drawText(head, left, f"η ≤ {max(rates):.3g}")
        painter.drawText(head, right, tr("ends at {rate:.3g}", rate=rates[-1]))
        painter.drawText(foot, left, tr("step 0"))
        painter.drawText(foot, right, f"{self.total:,}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._point_at(event.position()) if self.is_drawn else None
        if event.button() == Qt.MouseButton.RightButton and at is not None and len(self.points) > 2:
            self.points = self.points[:at] + self.points[at + 1 :]
            self._tell()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._held = at
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            shape = Qt.CursorShape.OpenHandCursor if self._hovers(event.position()) else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            return
        points = list(self.points)
        points[self._held] = self._moved(event.position(), self._held)
        self.points = tuple(points)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._held = None
            self._tell()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self.is_drawn or self._hovers(event.position()):
            return
        x, y = self._value(event.position())
        if all(abs(x - other) > 0.01 for other, _ in self.points):
            self.points = tuple(sorted([*self.points, (x, y)]))
            self._tell()

    def _tell(self) -> None:
        self.update()
        self._changed([[round(x, 4), round(y, 4)] for x, y in self.points])

    def _hovers(self, pos: QPointF) -> bool:
        return self.is_drawn and self._point_at(pos) is not None

    def _point_at(self, pos: QPointF) -> int | None:
        near = [(QPointF(pos - self._place(point)).manhattanLength(), i) for i, point in enumerate(self.points)]
        return next((i for far, i in sorted(near) if far <= REACH), None)

    def _value(self, pos: QPointF) -> tuple[float, float]:
        area = self._area()
        x = ((pos.x() - area.left()) / area.width() - self._warm_up) / (1 - self._warm_up)
        y = (area.bottom() - pos.y()) / area.height() * self._top()
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), self._top())

    def _moved(self, pos: QPointF, i: int) -> tuple[float, float]:
        """Where a point may go: not beyond its neighbours."""
        x, y = self._value(pos)
        low = self.points[i - 1][0] + 0.005 if i else 0.0
        high = self.points[i + 1][0] - 0.005 if i + 1 < len(self.points) else 1.0
        return min(max(x, low), high), y
