"""Points: a decision surface with the data on it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from netlab.app.theme import color
from netlab.app.views.view import View, numbers
from netlab.language import mark, tr
from netlab.protocol.summaries import Points
from netlab.runs.reader import Reading

CLASSES = (QColor("#0072b2"), QColor("#e07b00"))


class PointsView(View):
    """How the model divides the plane, in the colours of the classes."""

    summary = Points
    title = mark("Decision")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.told: Points | None = None
        self.image = QImage()
        self.caption = ""
        self.setMinimumSize(140, 120)

    def show_reading(self, reading: Reading, name: str) -> None:
        assert isinstance(reading.summary, Points)
        self.told = reading.summary
        share = np.nan_to_num(numbers(self.told.grid).astype(np.float32))[::-1].clip(0, 1)[..., None]
        ends = [np.array([c.red(), c.green(), c.blue()], np.float32) for c in CLASSES]
        pixels = ends[0] * (1 - share) + ends[1] * share
        pale = np.ascontiguousarray((pixels * 0.55 + 255 * 0.45).astype(np.uint8))
        rows, columns = pale.shape[:2]
        self.image = QImage(pale.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
        self.caption = tr("step {step:,}", step=reading.step)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.fillRect(self.rect(), color("surface"))
            if self.told is not None:
                self._paint(painter, self.told)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, told: Points) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width() - 16, self.height() - 28)
        frame = QRectF((self.width() - side) / 2, 20, side, side)
        painter.setPen(color("muted"))
        painter.drawText(QPointF(frame.left(), 14), self.caption)
        painter.drawImage(frame, self.image)
        left, right, bottom, top = told.extent
        points, labels = numbers(told.points), numbers(told.labels)
        x = frame.left() + (points[:, 0] - left) / (right - left) * side
        y = frame.bottom() - (points[:, 1] - bottom) / (top - bottom) * side
        painter.setPen(QPen(QColor("#ffffff"), 0.6))
        for which, shade in enumerate(CLASSES):
            painter.setBrush(shade)
            for px, py in zip(x[labels == which], y[labels == which], strict=True):
                painter.drawEllipse(QPointF(float(px), float(py)), 2.6, 2.6)
        painter.setPen(QPen(color("border"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)
