"""Select what a line drawn by hand surrounds."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsPolygonItem, QGraphicsView

from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.tool import Tool
from netlab.app.theme import color


class LassoTool(Tool):
    """Selects the nodes whose middle lies inside; with `add`, what is selected stays selected."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF, add: bool) -> None:
        super().__init__(view, scene, start)
        self.before = list(self.session.selection)
        self.kept = set(self.before) if add else set()
        self.line = QPolygonF([start])
        self.loop = QGraphicsPolygonItem()
        self.loop.setPen(QPen(color("accent"), 0))
        self.loop.setBrush(color("accent", 30))
        self.loop.setZValue(10)
        scene.addItem(self.loop)

    def move(self, pos: QPointF) -> None:
        self.line.append(pos)
        self.loop.setPolygon(self.line)
        nodes = self.scene.nodes.items()
        self.session.select(
            id for id, item in nodes if id in self.kept or self._surrounds(item.sceneBoundingRect().center())
        )

    def _surrounds(self, point: QPointF) -> bool:
        return self.loop.contains(point)

    def release(self, pos: QPointF) -> None:
        self.scene.removeItem(self.loop)

    def cancel(self) -> None:
        self.scene.removeItem(self.loop)
        self.session.select(self.before)
