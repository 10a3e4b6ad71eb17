"""Move a frame with what lies in it, or change its size."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtWidgets import QGraphicsView

from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.snapping import to_grid
from netlab.app.canvas.tools.tool import Tool
from netlab.document import edits
from netlab.language import tr


class FrameTool(Tool):
    """Held at its title, a frame takes its nodes and inner frames along."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF, frame: str) -> None:
        super().__init__(view, scene, start)
        self.frame = frame
        self.before = {id: self._item(id).pos() for id in [frame, *scene.frames.content(frame)]}

    def _item(self, id: str):
        return self.scene.nodes[id] if id in self.scene.nodes else self.scene.frames.items[id]

    def move(self, pos: QPointF) -> None:
        start = self.before[self.frame]
        offset = to_grid(start + pos - self.start) - start
        for id, place in self.before.items():
            self._item(id).setPos(place + offset)
        self.scene.lay_wires_of(self.before)

    def release(self, pos: QPointF) -> None:
        places = {id: self._item(id).pos() for id in self.before}
        if places[self.frame] != self.before[self.frame]:
            positions = {id: (place.x(), place.y()) for id, place in places.items()}
            self.session.apply(tr("Move frame"), edits.move, positions)

    def cancel(self) -> None:
        graph = self.session.project.graph
        for id in self.before:
            record = graph.nodes.get(id) or graph.frames.get(id)
            if record is not None and (id in self.scene.nodes or id in self.scene.frames.items):
                self._item(id).setPos(record.x, record.y)
        self.scene.lay_wires_of(self.before)


class FrameSizeTool(Tool):
    """Held at its corner, a frame grows and shrinks."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF, frame: str) -> None:
        super().__init__(view, scene, start)
        self.item = scene.frames.items[frame]
        self.frame, self.before = frame, QSizeF(self.item.size)

    def move(self, pos: QPointF) -> None:
        wanted = to_grid(QPointF(self.before.width(), self.before.height()) + pos - self.start)
        self.item.resize(QSizeF(wanted.x(), wanted.y()))

    def release(self, pos: QPointF) -> None:
        size = self.item.size
        if size != self.before:
            self.session.apply(
                tr("Resize frame"), edits.set_frame, self.frame, width=size.width(), height=size.height()
            )

    def cancel(self) -> None:
        if self.scene.frames.items.get(self.frame) is self.item:
            self.item.resize(self.before)
