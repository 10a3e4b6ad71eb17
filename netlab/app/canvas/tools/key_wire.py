"""Draw a wire by keys: up and down choose where it goes, left and right where it comes from, Enter does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from netlab.app.canvas.node_item import NodeItem
from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.wire import End, WireTool
from netlab.language import tr

if TYPE_CHECKING:
    from netlab.app.canvas.view import CanvasView

OFFERED = 60  # the nearest ports; going through more by key helps nobody


class KeyWireTool(WireTool):
    """A wire whose loose end stands at one port after the other, open ones and near ones first."""

    def __init__(
        self, view: CanvasView, scene: CanvasScene, start: QPointF, item: NodeItem, port: str, is_input: bool
    ) -> None:
        self.canvas, self.item, self.port = view, item, (port, is_input)
        self.offered: list[End] = []
        self.chosen = 0
        super().__init__(view, scene, start, item, port, is_input)
        self.offered = self._ports()
        self.move(start)

    def _ports(self) -> list[End]:
        taken = {(edge.target, edge.target_port) for edge in self.session.project.graph.edges.values()}
        here = self._anchor_pos()
        found = []
        for id, item in self.scene.nodes.items():
            for name in (
                (item.layout_.inputs if self.from_output else item.layout_.outputs) if id != self.anchor[0] else ()
            ):
                away = item.port_pos(name, self.from_output) - here
                behind = (away.x() < 0) == self.from_output
                found.append(((id, name) in taken, behind, away.manhattanLength(), (id, name)))
        return [end for *_, end in sorted(found)[:OFFERED]]

    def _target(self, pos: QPointF) -> End | None:
        return self.offered[self.chosen] if self.offered else None

    def move(self, pos: QPointF) -> None:
        target = self._target(pos)
        end = self.scene.nodes[target[0]].port_pos(target[1], self.from_output) if target else self.start
        super().move(end)
        source, goal = (self.anchor, target) if self.from_output else (target, self.anchor)
        if target is not None and source is not None and not self._reason(target):
            names = [f"{self.scene.nodes[node].title} . {port}" for node, port in (source, goal)]  # type: ignore[misc]
            keys = tr("Enter wires, ↑ ↓ other end, ← → other port, Esc ends")
            self.say(end, f"{names[0]} → {names[1]}\n{keys}")

    def key(self, key: Qt.Key) -> bool:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}.get(key)
        turn = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(key)
        if step is not None and self.offered:
            self.chosen = (self.chosen + step) % len(self.offered)
            self.view.ensureVisible(self.scene.nodes[self.offered[self.chosen][0]], 30, 30)
            self.move(self.start)
        elif turn is not None:
            self._turn(turn)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.canvas.end_tool()
        else:
            return key != Qt.Key.Key_Escape
        return True

    def _turn(self, step: int) -> None:
        """Begin anew at the next port of the node."""
        layout = self.item.layout_
        own = [*((name, False) for name in layout.outputs), *((name, True) for name in layout.inputs)]
        port, is_input = own[(own.index(self.port) + step) % len(own)]
        self.canvas.wire_from(self.item.node.id, port, is_input)
