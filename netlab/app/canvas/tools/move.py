"""Drag nodes: items move on the screen, and one edit is made on release."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsView

from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.tool import Tool
from netlab.document import edits

GRID = 10.0


class MoveTool(Tool):
    """Moves all selected nodes; the one under the pointer snaps to the grid."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF, grabbed: str) -> None:
        super().__init__(view, scene, start)
        self.grabbed = grabbed
        self.before = {id: item.pos() for id, item in scene.nodes.items() if item.isSelected()}
        self.before.setdefault(grabbed, scene.nodes[grabbed].pos())

    def move(self, pos: QPointF) -> None:
        wanted = self.before[self.grabbed] + pos - self.start
        snapped = QPointF(round(wanted.x() / GRID) * GRID, round(wanted.y() / GRID) * GRID)
        self._shift(snapped - self.before[self.grabbed])

    def _shift(self, offset: QPointF) -> None:
        for id, place in self.before.items():
            if id in self.scene.nodes:
                self.scene.nodes[id].setPos(place + offset)
        self.scene.lay_wires_of(self.before)

    def release(self, pos: QPointF) -> None:
        places = {id: self.scene.nodes[id].pos() for id in self.before if id in self.scene.nodes}
        if all(places[id] == self.before[id] for id in places):
            return
        count = f"{len(places)} nodes" if len(places) > 1 else self.scene.nodes[self.grabbed].title
        positions = {id: (place.x(), place.y()) for id, place in places.items()}
        self.session.apply(f"Move {count}", edits.move, positions)

    def cancel(self) -> None:
        for id in self.before:
            node = self.session.project.graph.nodes.get(id)
            if node is not None and id in self.scene.nodes:
                self.scene.nodes[id].setPos(node.x, node.y)
        self.scene.lay_wires_of(self.before)
