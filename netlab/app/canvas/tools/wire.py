"""Draw a wire from port to port, or take the end of one and put it elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QGraphicsView, QToolTip

from netlab.app.canvas.node_item import NodeItem
from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.tool import Tool
from netlab.app.canvas.wire_item import WireItem
from netlab.compiler.fitting import why_not
from netlab.document import edits, rewiring
from netlab.language import tr

SNAP = 34.0
End = tuple[str, str]  # node id, port name


class WireTool(Tool):
    """Starts at an output and looks for an input, or the other way round."""

    def __init__(
        self, view: QGraphicsView, scene: CanvasScene, start: QPointF, item: NodeItem, port: str, is_input: bool
    ):
        super().__init__(view, scene, start)
        self.taken = self.session.project.graph.into(item.node.id).get(port) if is_input else None
        if self.taken is not None:  # an end that is in use: it follows the pointer, the other end stays
            self.anchor: End = (self.taken.source, self.taken.source_port)
            self.from_output = True
            scene.wires[self.taken.id].setVisible(False)
        else:
            self.anchor = (item.node.id, port)
            self.from_output = not is_input
        self.hot: NodeItem | None = None
        self._judged: dict[End, str] = {}
        self.preview = WireItem()
        scene.addItem(self.preview)
        self.move(start)

    def _anchor_pos(self) -> QPointF:
        return self.scene.nodes[self.anchor[0]].port_pos(self.anchor[1], not self.from_output)

    def _target(self, pos: QPointF) -> End | None:
        """The nearest fitting port within reach."""
        best, distance = None, SNAP
        for item in self.scene.near(pos, SNAP):
            id = item.node.id
            if id == self.anchor[0]:
                continue
            names = item.layout_.inputs if self.from_output else item.layout_.outputs
            for name in names:
                length = (item.port_pos(name, self.from_output) - pos).manhattanLength()
                if length < distance:
                    best, distance = (id, name), length
        return best

    def move(self, pos: QPointF) -> None:
        target = self._target(pos)
        self._light(target)
        reason = self._reason(target) if target else ""
        self.preview.set_faulty(bool(reason))
        self.say(pos, reason)
        end = self.scene.nodes[target[0]].port_pos(target[1], self.from_output) if target else pos
        if self.from_output:
            self.preview.set_ends(self._anchor_pos(), end)
        else:
            self.preview.set_ends(end, self._anchor_pos())

    def _reason(self, target: End) -> str:
        """Why a wire there would not work, "" if it would; found once for each port that is passed."""
        if target not in self._judged:
            source, goal = (self.anchor, target) if self.from_output else (target, self.anchor)
            self._judged[target] = why_not(self.session.project, self.session.inferred, source, goal)
        return self._judged[target]

    def say(self, pos: QPointF, text: str) -> None:
        """A sentence beside the pointer."""
        if not text:
            QToolTip.hideText()
            return
        place = self.view.viewport().mapToGlobal(self.view.mapFromScene(pos)) + QPoint(16, 16)
        QToolTip.showText(place, text, self.view)

    def _light(self, target: End | None) -> None:
        if self.hot is not None:
            self.hot.hot_port = None
            self.hot.update()
        self.hot = self.scene.nodes[target[0]] if target else None
        if self.hot is not None and target is not None:
            self.hot.hot_port = (target[1], self.from_output)
            self.hot.update()

    def release(self, pos: QPointF) -> None:
        target = self._target(pos)
        reason = self._reason(target) if target is not None else ""
        self._clear()
        if target is None:
            if self.taken is not None:
                self.session.apply(tr("Remove wire"), edits.remove, [self.taken.id])
            elif (pos - self.start).manhattanLength() > SNAP and self.scene.node_at(pos) is None:
                self.scene.wire_dropped.emit(*self.anchor, self.from_output, pos)
            return
        source, goal = (self.anchor, target) if self.from_output else (target, self.anchor)
        if self.taken is not None and (self.taken.target, self.taken.target_port) == goal:
            return
        if self.taken is not None:
            self.session.apply(tr("Move wire"), rewiring.reroute, self.taken.id, *source, *goal)
        else:
            self.session.apply(tr("Connect"), edits.connect, *source, *goal)
        if reason:
            self.scene.misfit.emit(*goal)

    def cancel(self) -> None:
        self._clear()

    def _clear(self) -> None:
        QToolTip.hideText()
        self._light(None)
        self.scene.removeItem(self.preview)
        if self.taken is not None and self.taken.id in self.scene.wires:
            self.scene.wires[self.taken.id].setVisible(True)
