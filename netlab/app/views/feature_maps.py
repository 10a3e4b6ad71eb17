"""Feature maps: the channels of a convolution side by side."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from netlab.app.theme import color
from netlab.app.views.colors import picture
from netlab.app.views.view import View, numbers
from netlab.language import mark, tr
from netlab.protocol.summaries import FeatureMaps
from netlab.runs.reader import Reading

GAP = 4.0
HEAD = 20.0
STEP, SAMPLE = mark("{name}, step {step:,}"), mark("{name}, step {step:,}, sample “{caption}”")


class FeatureMapsView(View):
    """One picture a channel, each on its own scale."""

    summary = FeatureMaps
    title = mark("Feature maps")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images: list[QImage] = []
        self.caption = ""
        self.setMinimumSize(140, 100)

    def show_reading(self, reading: Reading, name: str) -> None:
        assert isinstance(reading.summary, FeatureMaps)
        maps = numbers(reading.summary.values)
        self.images = [picture(one, float(one.min()), float(one.max())) for one in maps]
        caption = reading.summary.caption
        words = SAMPLE if caption else STEP
        self.caption = tr(words, name=name, step=reading.step, caption=caption)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.fillRect(self.rect(), color("surface"))
            painter.setPen(color("muted"))
            painter.drawText(10, 15, self.caption)
            if self.images:
                self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        count = len(self.images)
        room_x, room_y = self.width() - 2 * GAP, self.height() - HEAD - GAP
        columns = max(1, min(count, round(math.sqrt(count * room_x / max(room_y, 1)))))
        rows = math.ceil(count / columns)
        side = min(room_x / columns, room_y / rows) - GAP
        for i, image in enumerate(self.images):
            row, column = divmod(i, columns)
            painter.drawImage(QRectF(GAP * 2 + column * (side + GAP), HEAD + row * (side + GAP), side, side), image)
