"""Select everything in a rectangle."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsView

from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.tool import Tool
from netlab.app.theme import color


class BoxTool(Tool):
    """A rubber band; with `add`, what is selected stays selected."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF, add: bool) -> None:
        super().__init__(view, scene, start)
        self.kept = set(self.session.selection) if add else set()
        self.before = list(self.session.selection)
        self.band = QGraphicsRectItem()
        self.band.setPen(QPen(color("accent"), 0))
        self.band.setBrush(color("accent", 30))
        self.band.setZValue(10)
        scene.addItem(self.band)
        if not add:
            scene.clearSelection()

    def move(self, pos: QPointF) -> None:
        rect = QRectF(self.start, pos).normalized()
        self.band.setRect(rect)
        inside = {
            id for id, item in self.scene.nodes.items() if rect.intersects(item.mapRectToScene(item.layout_.rect))
        }
        self.session.select(id for id in self.scene.nodes if id in inside | self.kept)

    def release(self, pos: QPointF) -> None:
        self.scene.removeItem(self.band)

    def cancel(self) -> None:
        self.scene.removeItem(self.band)
        self.session.select(self.before)
