"""Matrices as pictures."""

from __future__ import annotations

from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from netlab.app.theme import color
from netlab.app.views.colors import picture
from netlab.app.views.view import View, numbers
from netlab.language import mark
from netlab.protocol.summaries import Matrix
from netlab.runs.reader import Reading


class MatrixView(View):
    """One coloured cell a number, scaled to the present range."""

    summary = Matrix
    title = mark("Matrix")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        self.setMinimumSize(100, 80)

    def show_reading(self, reading: Reading, name: str) -> None:
        assert isinstance(reading.summary, Matrix)
        values = numbers(reading.summary.values)
        self.image = picture(values, float(values.min()), float(values.max()))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.fillRect(self.rect(), color("surface"))
            painter.drawImage(self.rect().adjusted(8, 8, -8, -8), self.image)
        finally:
            painter.end()
