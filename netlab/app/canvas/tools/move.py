"""Drag nodes: items move on the screen, and one edit is made on release."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsLineItem, QGraphicsView

from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.snapping import REACH, Snapper
from netlab.app.canvas.tools.tool import Tool
from netlab.app.canvas.wire_item import WireItem
from netlab.app.preferences import preferences
from netlab.app.theme import color
from netlab.document import edits, rewiring
from netlab.language import tr


class MoveTool(Tool):
    """Moves all selected nodes; the one under the pointer snaps. A lone node without wires goes into a wire."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF, grabbed: str) -> None:
        super().__init__(view, scene, start)
        self.grabbed = grabbed
        self.before = {id: item.pos() for id, item in scene.nodes.items() if item.isSelected()}
        self.before.setdefault(grabbed, scene.nodes[grabbed].pos())
        self.snapper = self._snapper()
        self.guides: list[QGraphicsLineItem] = []
        self.target: WireItem | None = None  # the wire that takes the node
        self.loose = self._is_loose()

    def _snapper(self) -> Snapper:
        """Only what is in sight attracts."""
        wanted = preferences()
        shown = self.view.mapToScene(self.view.viewport().rect()).boundingRect()
        rects = []
        if wanted.snap_to_neighbours:
            items = ((id, item.mapRectToScene(item.layout_.rect)) for id, item in self.scene.nodes.items())
            rects = [rect for id, rect in items if id not in self.before and rect.intersects(shown)]
        return Snapper(rects, REACH / max(self.view.transform().m11(), 0.01), wanted.snap_to_grid)

    def _is_loose(self) -> bool:
        layout = self.scene.nodes[self.grabbed].layout_
        edges = self.session.project.graph.edges.values()
        fits = bool(len(self.before) == 1 and layout.inputs and layout.outputs)
        return fits and not any(self.grabbed in (edge.source, edge.target) for edge in edges)

    def move(self, pos: QPointF) -> None:
        if self.grabbed not in self.scene.nodes:
            return
        size = self.scene.nodes[self.grabbed].layout_.rect.size()
        snap = self.snapper.snap(QRectF(self.before[self.grabbed] + pos - self.start, size))
        self._shift(snap.pos - self.before[self.grabbed])
        self._guide(snap.guides)
        if self.loose:
            self._aim(self.scene.wire_at(pos))

    def _shift(self, offset: QPointF) -> None:
        for id, place in self.before.items():
            if id in self.scene.nodes:
                self.scene.nodes[id].setPos(place + offset)
        self.scene.lay_wires_of(self.before)

    def _guide(self, lines: tuple[QLineF, ...]) -> None:
        self._hide_guides()
        for line in lines:
            guide = QGraphicsLineItem(line)
            guide.setPen(QPen(color("accent"), 0))
            guide.setZValue(10)
            self.scene.addItem(guide)
            self.guides.append(guide)

    def _hide_guides(self) -> None:
        for guide in self.guides:
            self.scene.removeItem(guide)
        self.guides.clear()

    def _aim(self, wire: WireItem | None) -> None:
        if wire is not self.target:
            for item, on in ((self.target, False), (wire, True)):
                if item is not None:
                    item.setSelected(on)
            self.target = wire

    def release(self, pos: QPointF) -> None:
        self._hide_guides()
        target = self.target.id if self.target is not None else ""
        self._aim(None)
        places = {id: self.scene.nodes[id].pos() for id in self.before if id in self.scene.nodes}
        if not places or all(places[id] == self.before[id] for id in places):
            return
        positions = {id: (place.x(), place.y()) for id, place in places.items()}
        if target in self.session.project.graph.edges:
            self._insert(target, positions[self.grabbed])
            return
        moved = tr("{count} nodes", count=len(places)) if len(places) > 1 else self.scene.nodes[self.grabbed].title
        self.session.apply(tr("Move {what}", what=moved), edits.move, positions)

    def _insert(self, edge: str, place: tuple[float, float]) -> None:
        item = self.scene.nodes[self.grabbed]
        ports = item.layout_.inputs[0], item.layout_.outputs[0]
        if not self.session.apply(
            tr("Insert {layer}", layer=item.title), rewiring.put_on_edge, edge, self.grabbed, *ports, place
        ):
            self.cancel()

    def cancel(self) -> None:
        self._hide_guides()
        if self.target is not None and self.target.id in self.scene.wires:
            self._aim(None)
        for id in self.before:
            node = self.session.project.graph.nodes.get(id)
            if node is not None and id in self.scene.nodes:
                self.scene.nodes[id].setPos(node.x, node.y)
        self.scene.lay_wires_of(self.before)
