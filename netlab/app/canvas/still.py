"""Wires and nodes as one picture, for frames in which only the halos beneath them change."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QWidget


class Still:
    """Keeps a picture as large as the viewport, and only while it is of use."""

    def __init__(self) -> None:
        self._picture: QPixmap | None = None
        self._taken_at: tuple[QTransform, object] | None = None
        self.wanted = False  # nothing but halos has changed since the last frame

    def drop(self) -> None:
        """Something else has changed."""
        self._picture = self._taken_at = None
        self.wanted = False

    def paint(self, painter: QPainter, widget: QWidget, draw: Callable[[QPainter], None]) -> None:
        """Copy the picture to where `painter` draws on `widget`; if there is none, let `draw` make it first."""
        transform, size = painter.worldTransform(), widget.size()
        if self._picture is None or self._taken_at != (transform, size):
            ratio = widget.devicePixelRatioF()
            picture = QPixmap(size * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            own = QPainter(picture)
            try:
                own.setWorldTransform(transform)
                draw(own)
            finally:
                own.end()
            self._picture, self._taken_at = picture, (transform, size)
        painter.resetTransform()
        painter.drawPixmap(QPointF(), self._picture)
        painter.setWorldTransform(transform)
