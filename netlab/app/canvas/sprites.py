"""Pictures of nodes at the present zoom, so that a frame copies them instead of drawing them again."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from netlab.app.canvas.card import paint_card
from netlab.app.canvas.node_item import NodeItem

LIMIT = 64_000_000  # bytes of all pictures


class Sprites:
    """Makes pictures and forgets the oldest when there are too many."""

    def __init__(self) -> None:
        self._held: dict[NodeItem, int] = {}
        self._bytes = 0

    def make(self, item: NodeItem, zoom: float, ratio: float) -> QPixmap:
        """Draw a node at a zoom, for a screen with `ratio` device pixels to a pixel."""
        self.forget(item)
        box, scale = item.boundingRect(), zoom * ratio
        picture = QPixmap(ceil(box.width() * scale) + 1, ceil(box.height() * scale) + 1)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(scale, scale)
            painter.translate(-box.topLeft())
            paint_card(painter, item, zoom)
        finally:
            painter.end()
        picture.setDevicePixelRatio(ratio)
        item.sprite, item.sprite_scale = picture, scale
        self._held[item] = 4 * picture.width() * picture.height()
        self._bytes += self._held[item]
        while self._bytes > LIMIT and len(self._held) > 1:
            self.forget(next(iter(self._held)))
        return picture

    def forget(self, item: NodeItem) -> None:
        """Let go of the picture of a node."""
        item.sprite, item.sprite_scale = None, 0.0
        self._bytes -= self._held.pop(item, 0)

    def clear(self) -> None:
        """Let go of all."""
        for item in list(self._held):
            self.forget(item)


def whole(picture: QPixmap) -> QRectF:
    """All of a picture, in its own pixels."""
    return QRectF(picture.rect())
