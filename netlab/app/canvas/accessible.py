"""The graph for screen readers: the canvas is a list of nodes with their ports, followed by the wires.

Items of a graphics scene are unknown to Qt's accessibility, so the canvas brings interfaces of its own. They hold no
truth: each knows an id and asks the scene and the session when it is asked. (Qt lets these methods return nothing,
which its type stubs do not know.)
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QColor, QWindow
from PySide6.QtWidgets import QAccessibleWidget
from shiboken6 import isValid

from netlab.app.theme import color
from netlab.language import listing, mark, tr

if TYPE_CHECKING:
    from netlab.app.canvas.view import CanvasView

Role, Text = QAccessible.Role, QAccessible.Text
Key = tuple[str, ...]  # ("node", id), ("port", node, name, "in" or "out"), ("wire", id)


def install() -> None:
    """Have Qt ask here for the interface of a canvas."""
    QAccessible.installFactory(_interface_of)


def _interface_of(key: str, thing: QObject | None) -> QAccessibleInterface | None:
    from netlab.app.canvas.view import CanvasView

    return GraphAccess(thing) if isinstance(thing, CanvasView) else None


class GraphAccess(QAccessibleWidget):
    """The canvas. Interfaces of its parts are made when somebody asks, and forgotten with what they stand for."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view, Role.List, tr("Graph"))
        self.view = view
        self._made: dict[Key, PartAccess] = {}
        self._listed: tuple[object, list[Key]] = (None, [])
        view.access = self
        view.destroyed.connect(partial(_forget, self._made))

    def keys(self) -> list[Key]:
        """The children: nodes in the order of the wires, then wires."""
        scene, inferred = self.view.scene_, self.view.session.inferred
        if self._listed[0] is not inferred or len(self._listed[1]) != self.childCount():
            order = {id: number for number, id in enumerate(inferred.order)}
            nodes = sorted(scene.nodes, key=lambda id: order.get(id, len(order)))
            self._listed = (inferred, [*(("node", id) for id in nodes), *(("wire", id) for id in scene.wires)])
        return self._listed[1]

    def part(self, key: Key) -> PartAccess:
        """The interface of a part."""
        if key not in self._made:
            self._forget_gone()
            self._made[key] = PartAccess(self, key)
        return self._made[key]

    def _forget_gone(self) -> None:
        gone = {key: part for key, part in self._made.items() if not part.isValid()}
        for key in gone:
            del self._made[key]
        _forget(gone)

    def tell_selection(self) -> None:
        """Say which node has the keyboard now, to whoever listens."""
        chosen = self.view.session.selection
        if chosen and chosen[-1] in self.view.scene_.nodes:
            QAccessible.updateAccessibility(QAccessibleEvent(self.part(("node", chosen[-1])), QAccessible.Event.Focus))

    def childCount(self) -> int:
        return len(self.view.scene_.nodes) + len(self.view.scene_.wires)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        keys = self.keys()
        return self.part(keys[index]) if 0 <= index < len(keys) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        keys = self.keys()
        return keys.index(child.key) if isinstance(child, PartAccess) and child.key in keys else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        viewport = self.view.viewport()
        pos = self.view.mapToScene(viewport.mapFromGlobal(QPoint(x, y)))
        if (node := self.view.scene_.node_at(pos)) is not None:
            return self.part(("node", node.node.id))
        wire = self.view.scene_.wire_at(pos)
        return self.part(("wire", wire.id)) if wire is not None else None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        chosen = [id for id in self.view.session.selection if id in self.view.scene_.nodes]
        return self.part(("node", chosen[-1])) if chosen and self.view.hasFocus() else None

    def text(self, kind: QAccessible.Text) -> str:
        scene = self.view.scene_
        if kind == Text.Name:
            return tr("Graph, {nodes} nodes, {wires} wires", nodes=len(scene.nodes), wires=len(scene.wires))
        help = tr("Alt and arrows go from node to node, W draws a wire, Return opens options")
        return help if kind == Text.Help else ""


def _forget(parts: dict[Key, PartAccess], *_: object) -> None:
    """Let Qt forget interfaces whose thing is gone."""
    for part in parts.values():
        if isValid(part):
            QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(part))
    parts.clear()


class PartAccess(QAccessibleInterface):
    """A node, a port of one, or a wire."""

    def __init__(self, graph: GraphAccess, key: Key) -> None:
        super().__init__()
        self.graph, self.key = graph, key

    def isValid(self) -> bool:
        scene = self.graph.view.scene_
        return self.key[1] in (scene.wires if self.key[0] == "wire" else scene.nodes)

    def object(self) -> QObject | None:  # type: ignore[override]
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self.graph.view.window().windowHandle()

    def parent(self) -> QAccessibleInterface:
        return self.graph.part(("node", self.key[1])) if self.key[0] == "port" else self.graph

    def _ports(self) -> list[Key]:
        if self.key[0] != "node" or not self.isValid():
            return []
        layout, node = self.graph.view.scene_.nodes[self.key[1]].layout_, self.key[1]
        return [
            *(("port", node, name, "in") for name in layout.inputs),
            *(("port", node, name, "out") for name in layout.outputs),
        ]

    def childCount(self) -> int:
        return len(self._ports())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        ports = self._ports()
        return self.graph.part(ports[index]) if 0 <= index < len(ports) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        ports = self._ports()
        return ports.index(child.key) if isinstance(child, PartAccess) and child.key in ports else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        parts = (self.graph.part(port) for port in self._ports())
        return next((part for part in parts if part.rect().contains(x, y)), None)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def role(self) -> QAccessible.Role:
        return {"node": Role.ListItem, "port": Role.Button, "wire": Role.Link}[self.key[0]]

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        if not self.isValid():
            state.invalid = True
            return state
        if self.key[0] == "node":
            state.selectable = state.focusable = True
            state.selected = self.key[1] in self.graph.view.session.selection
            state.focused = state.selected and self.graph.view.hasFocus()
        state.offscreen = not self._seen().intersects(QRectF(self.graph.view.viewport().rect()))
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if kind not in (Text.Name, Text.Description) or not self.isValid():
            return ""
        said = {"node": _say_node, "port": _say_port, "wire": _say_wire}[self.key[0]](self.graph.view, self.key)
        return said[0] if kind == Text.Name else said[1]

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Names are changed in the inspector."""

    def _seen(self) -> QRectF:
        """Where it is, in the viewport."""
        view = self.graph.view
        if self.key[0] == "wire":
            place = view.scene_.wires[self.key[1]].sceneBoundingRect()
        else:
            item = view.scene_.nodes[self.key[1]]
            place = item.mapRectToScene(item.layout_.rect)
            if self.key[0] == "port":
                centre, reach = item.port_pos(self.key[2], self.key[3] == "in"), item.layout_.reach
                place = QRectF(centre.x() - reach, centre.y() - reach, 2 * reach, 2 * reach)
        return QRectF(view.mapFromScene(place).boundingRect())

    def rect(self) -> QRect:
        if not self.isValid():
            return QRect()
        seen = self._seen().toAlignedRect()
        return QRect(self.graph.view.viewport().mapToGlobal(seen.topLeft()), seen.size())

    def foregroundColor(self) -> QColor:
        return color("text")

    def backgroundColor(self) -> QColor:
        return color("surface")


def _say_node(view: CanvasView, key: Key) -> tuple[str, str]:
    """Its name, its kind and its states; and what is wrong with it."""
    item, session = view.scene_.nodes[key[1]], view.session
    states = [tr(state) for state in (mark("frozen"), mark("pinned"), mark("bypassed")) if getattr(item.node, state)]
    problems = [problem.message for problem in session.problems_of(key[1])]
    count = session.inferred.parameters(key[1])
    words = [
        item.title,
        item.kind,
        *(f"{row.label} {row.value}".strip() for row in item.rows()),
        tr("{count:,} parameters", count=count) if count else "",
        *states,
    ]
    words.append(
        tr("{count} problems", count=len(problems)) if len(problems) > 1 else tr("1 problem") if problems else ""
    )
    return listing(word for word in words if word), " ".join(problems)


def _say_port(view: CanvasView, key: Key) -> tuple[str, str]:
    """Which port it is, what flows there, and to what it is wired."""
    _, node, port, way = key
    inferred, graph = view.session.inferred, view.session.project.graph
    shape = (inferred.inputs if way == "in" else inferred.outputs).get((node, port))
    if way == "in":
        edge = graph.into(node).get(port)
        ends = [view.scene_.nodes[edge.source].title] if edge is not None and edge.source in view.scene_.nodes else []
    else:
        targets = [e.target for e in graph.out_of(node) if e.source_port == port]
        ends = [view.scene_.nodes[target].title for target in targets if target in view.scene_.nodes]
    wired = tr("not wired")
    if ends:
        nodes = listing(ends)
        wired = tr("wired from {nodes}", nodes=nodes) if way == "in" else tr("wired to {nodes}", nodes=nodes)
    title = view.scene_.nodes[node].layout_.title(port)
    name = tr("Input {port}", port=title) if way == "in" else tr("Output {port}", port=title)
    return listing(part for part in (name, wired, str(shape or "")) if part), ""


def _say_wire(view: CanvasView, key: Key) -> tuple[str, str]:
    """From where to where, and what flows."""
    edge, item = view.session.project.graph.edges.get(key[1]), view.scene_.wires[key[1]]
    if edge is None or edge.source not in view.scene_.nodes or edge.target not in view.scene_.nodes:
        return "", ""
    nodes = view.scene_.nodes
    ends = tr("Wire from {source} to {target}", source=nodes[edge.source].title, target=nodes[edge.target].title)
    flow = item.flow
    parts = [
        ends,
        tr(flow.kind),
        str(flow.shape) if flow.shape is not None else "",
        tr("does not fit") if item.faulty else "",
    ]
    return listing(part for part in parts if part), ""
