"""Cut wires by a stroke across them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsView

from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.tool import Tool
from netlab.app.canvas.wire_item import WireItem
from netlab.app.theme import color
from netlab.document import edits
from netlab.language import tr


class CutTool(Tool):
    """Every wire that the stroke crosses turns red, and goes on release, all in one step."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF) -> None:
        super().__init__(view, scene, start)
        self.path = QPainterPath(start)
        self.crossed: dict[str, bool] = {}  # id of a wire, and whether it was red before
        self.stroke = QGraphicsPathItem()
        self.stroke.setPen(QPen(color("error"), 0, Qt.PenStyle.DashLine))
        self.stroke.setZValue(10)
        scene.addItem(self.stroke)

    def move(self, pos: QPointF) -> None:
        step = QPainterPath(self.path.currentPosition())
        step.lineTo(pos)
        self.path.lineTo(pos)
        self.stroke.setPath(self.path)
        for item in self.scene.items(step):
            if isinstance(item, WireItem) and item.id in self.scene.wires and item.id not in self.crossed:
                self.crossed[item.id] = item.faulty
                item.set_faulty(True)

    def release(self, pos: QPointF) -> None:
        cut = list(self.crossed)
        self.cancel()
        if cut:
            self.session.apply(
                tr("Cut {count} wires", count=len(cut)) if len(cut) > 1 else tr("Cut wire"), edits.remove, cut
            )

    def cancel(self) -> None:
        self.scene.removeItem(self.stroke)
        for id, faulty in self.crossed.items():
            if id in self.scene.wires:
                self.scene.wires[id].set_faulty(faulty)
        self.crossed.clear()
