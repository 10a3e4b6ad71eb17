"""The scene follows the document: a diff says which items to make, change or remove."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite, log10

from PySide6.QtCore import QPointF, QRectF, QTimer, Signal
from PySide6.QtWidgets import QGraphicsScene
from shiboken6 import isValid

from netlab.app.canvas.frames import Frames
from netlab.app.canvas.graph_item import GraphItem
from netlab.app.canvas.inner import inner_of
from netlab.app.canvas.node_item import NodeItem
from netlab.app.canvas.tie_item import TieItem
from netlab.app.canvas.wire_item import WireItem
from netlab.app.session import Session
from netlab.app.theme import themes
from netlab.app.training.follower import RunFollower
from netlab.compiler.blocks import class_of
from netlab.compiler.flows import Flow, flows
from netlab.compiler.infer import Inferred
from netlab.compiler.problem import Problem
from netlab.document.diff import Diff
from netlab.document.graph import BLOCK, Edge, Graph
from netlab.document.project import Project

MARGIN = 4000.0
DECADES = 4


class CanvasScene(QGraphicsScene):
    """Items for the nodes and wires of the session's document."""

    wire_dropped = Signal(str, str, bool, QPointF)  # node, port, whether it is an output, and where in the empty
    misfit = Signal(str, str)  # a wire was put into this input of a node, though it does not fit

    rebuilt = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.frames = Frames(self, session)
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[str, WireItem] = {}
        self.wires_at: dict[str, set[str]] = {}  # ids of the wires that end at a node
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.timeout.connect(self._rest)
        self.graph, self.ties = GraphItem(self._resting), TieItem()
        self._facts: tuple[object, object, object] = (None, None, None)  # what the items were told last
        self._selecting = False
        session.changed.connect(self._follow)
        session.replaced.connect(self.rebuild)
        session.scope_changed.connect(lambda _: self.rebuild())
        session.inferred_changed.connect(self._show_facts)
        session.fault_changed.connect(lambda: self._show_facts(session.inferred))
        session.selection_changed.connect(self._show_selection)
        session.run_changed.connect(self._follow_run)
        self.selectionChanged.connect(self._tell_selection)
        themes.changed.connect(self._repaint)
        self.rebuild()

    def rebuild(self) -> None:
        """Make everything anew, for another document."""
        self._selecting = True
        self._resting.stop()
        self.clear()
        self.frames.rebuild()
        for known in (self.nodes, self.wires, self.wires_at):
            known.clear()
        self.graph = GraphItem(self._resting)
        self.addItem(self.graph)
        self.ties = TieItem()
        self.addItem(self.ties)
        graph = self.session.project.graph
        for node in graph.inside(self.session.scope):
            self._put_node(node.id, graph)
        for edge in graph.edges.values():
            if edge.source in self.nodes:
                self._put_wire(edge)
        self._selecting = False
        self._grow()
        self.ties.show_ties(graph, self.nodes)
        self._show_facts(self.session.inferred)
        self.rebuilt.emit()

    def _repaint(self) -> None:
        self.graph.refresh()

    def _rest(self) -> None:
        self.graph.rest()

    def _follow(self, project: Project, diff: Diff) -> None:
        graph = project.graph
        self._selecting = True
        for id in diff.ids("edge"):
            if id in self.wires and not self._shown(graph, id):
                self._drop_wire(id)
        touched = self._touched(graph, diff)
        came = {id for id in touched if id not in self.nodes and diff.changes.get(f"node/{id}", (None,))[0] is not None}
        for id in touched:
            if id in graph.nodes and graph.nodes[id].parent == self.session.scope:
                self._put_node(id, graph)
            elif id in self.nodes:
                self._drop_node(id)
        changed = {*diff.ids("edge")}.union(*(self.wires_at.get(id, ()) for id in touched))
        if came:  # from another block, with wires that stayed as they are
            changed.update(edge.id for edge in graph.edges.values() if edge.source in came or edge.target in came)
        for id in changed:
            edge = graph.edges.get(id)
            if edge is None:
                continue
            if edge.source in self.nodes and edge.target in self.nodes:
                self._put_wire(edge)
            elif id in self.wires:
                self._drop_wire(id)
        self._selecting = False
        self._grow()
        self.ties.show_ties(graph, self.nodes)
        self._show_selection(self.session.selection)

    def _shown(self, graph: Graph, edge: str) -> bool:
        return edge in graph.edges and graph.nodes[graph.edges[edge].source].parent == self.session.scope

    def _touched(self, graph: Graph, diff: Diff) -> set[str]:
        """The changed nodes, and the blocks that they lie in."""
        found = set(diff.ids("node"))
        for id in list(found):
            found.update(record.parent for record in diff.changes[f"node/{id}"] if record is not None and record.parent)
        for id in diff.ids("edge"):
            for record in diff.changes[f"edge/{id}"]:
                node = graph.nodes.get(record.source) if record is not None else None
                if node is not None and node.parent:
                    found.add(node.parent)
        return found

    def _put_node(self, id: str, graph: Graph) -> None:
        node = graph.nodes[id]
        item = self.nodes.get(id)
        layer = class_of(graph, node)
        if item is None:
            item = self.nodes[id] = NodeItem(node, layer)
            self.addItem(item)
        inputs, outputs = (set[str](), set[str]()) if layer is not None else _ports_in_use(graph, id)
        item.inner = inner_of(graph, id) if node.type == BLOCK else None
        item.show_node(node, layer, inputs, outputs)
        if item.graph is None:
            item.graph = self.graph
            item.place()

    def _drop_node(self, id: str) -> None:
        item = self.nodes.pop(id)
        self.removeItem(item)
        self.graph.drop(item)

    def _put_wire(self, edge: Edge) -> None:
        wire = self.wires.get(edge.id)
        if wire is None:
            wire = self.wires[edge.id] = WireItem(edge.id)
            wire.graph = self.graph
            self.addItem(wire)
        self.wires_at.setdefault(edge.source, set()).add(edge.id)
        self.wires_at.setdefault(edge.target, set()).add(edge.id)
        self.lay(edge, wire)

    def _drop_wire(self, id: str) -> None:
        wire = self.wires.pop(id)
        self.removeItem(wire)
        self.graph.drop(wire)

    def lay(self, edge: Edge, wire: WireItem) -> None:
        """Put a wire between its ports."""
        start, target = self.nodes[edge.source].port_pos(edge.source_port, False), self.nodes[edge.target]
        card = target.layout_.rect.translated(target.pos())
        wire.set_ends(start, target.port_pos(edge.target_port, True), card)

    def lay_wires_of(self, nodes: Iterable[str]) -> None:
        """Let the wires follow nodes that are dragged."""
        self.graph.hurry()
        edges = self.session.project.graph.edges
        for id in set[str]().union(*(self.wires_at.get(node, ()) for node in nodes)):
            edge = edges.get(id)
            if edge is not None and id in self.wires and edge.source in self.nodes and edge.target in self.nodes:
                self.lay(edge, self.wires[id])
        self.ties.lay()

    def _show_facts(self, inferred: Inferred) -> None:
        shown = (inferred, self.session.fault, self.graph)
        if all(one is other for one, other in zip(shown, self._facts, strict=True)):
            return
        self._facts = shown
        by_node: dict[str, list[Problem]] = {}
        faulty = set()
        fault = [self.session.fault] if self.session.fault is not None else []
        for problem in [*inferred.problems, *fault]:
            by_node.setdefault(problem.node, []).append(problem)
            faulty.add(problem.edge)
        known, edges = flows(self.session.project, inferred), self.session.project.graph.edges
        into = {edge.target: known[id].kind for id, edge in edges.items() if id in known}
        for id, item in self.nodes.items():
            through = into.get(id, "") if item.layout_.is_dot else ""
            item.show_facts(by_node.get(id, []), inferred.parameters(id), through)
        for id, wire in self.wires.items():
            wire.show_facts(known.get(id, Flow()), id in faulty)

    def _follow_run(self, run: RunFollower | None) -> None:
        self.graph.set_glow({})
        if run is not None:
            run.gradients_changed.connect(self._show_glow)
            run.status_changed.connect(self._show_glow)

    def _show_glow(self, _: object = None) -> None:
        run = self.session.run
        self.graph.set_glow(glow_of(run.gradients()) if run is not None and run.is_live else {})

    def _show_selection(self, ids: list[str]) -> None:
        if self._selecting:
            return
        self._selecting = True
        for id, item in self.nodes.items():
            item.setSelected(id in ids)
        self.frames.select([])
        self._selecting = False

    def _tell_selection(self) -> None:
        if not isValid(self.graph):  # the scene comes to its end
            return
        self.graph.update()
        if not self._selecting:
            self._selecting = True
            self.session.frames = self.frames.selected()
            self.session.select(id for id, item in self.nodes.items() if item.isSelected())
            self._selecting = False

    def _grow(self) -> None:
        rect = self.contents().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        self.setSceneRect(rect)
        self.graph.set_bounds(rect)

    def contents(self) -> QRectF:
        """The rectangle around all nodes, wires and frames."""
        rect = self.graph.nodes.bounds().united(self.graph.wires.bounds())
        for item in self.frames.items.values():
            rect = rect.united(item.sceneBoundingRect())
        return rect

    def selected_ids(self) -> list[str]:
        """Ids of the selected nodes, wires and frames."""
        wires = [id for id, wire in self.wires.items() if wire.isSelected()]
        return [id for id, item in self.nodes.items() if item.isSelected()] + wires + self.frames.selected()

    def node_at(self, pos: QPointF) -> NodeItem | None:
        """The topmost node under a point."""
        found = [item for item in self.items(pos) if isinstance(item, NodeItem)]
        return found[0] if found else None

    def near(self, pos: QPointF, reach: float = 0.0) -> list[NodeItem]:
        """The nodes around a point, as they lie in the document."""
        return self.graph.nodes.near(QRectF(pos, pos).adjusted(-reach, -reach, reach, reach))

    def port_at(self, pos: QPointF) -> tuple[NodeItem, str, bool] | None:
        """The port under a point: node, port name, whether it is an input."""
        for item in self.near(pos):
            port = item.port_at(pos)
            if port is not None:
                return item, *port
        return None

    def wire_at(self, pos: QPointF) -> WireItem | None:
        """The wire under a point."""
        reach = QRectF(pos - QPointF(6, 6), pos + QPointF(6, 6))
        found = [item for item in self.items(reach) if isinstance(item, WireItem) and item.id]
        return found[0] if found else None


def glow_of(gradients: Mapping[str, float]) -> dict[str, float]:
    """From 0 for a gradient four orders below the largest, to 1 for the largest; in steps that the eye can tell."""
    largest = max((size for size in gradients.values() if isfinite(size)), default=0.0)
    if largest <= 0:
        return {}
    levels = {id: log10(max(size, 1e-30) / largest) / DECADES for id, size in gradients.items() if isfinite(size)}
    return {id: round(max(0.0, 1.0 + level), 1) for id, level in levels.items()}


def _ports_in_use(graph: Graph, id: str) -> tuple[set[str], set[str]]:
    """The ports of a node that wires end at."""
    return set(graph.into(id)), {edge.source_port for edge in graph.out_of(id)}
