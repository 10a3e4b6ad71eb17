"""Edits that make blocks out of nodes and nodes out of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from netlab.document import edits, ties
from netlab.document.diff import in_order
from netlab.document.graph import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, Edge, Graph, Node
from netlab.document.project import Project
from netlab.language import tr

PORT_APART = 320.0
End = tuple[str, str]  # node id, port
replace = msgspec.structs.replace


def make_block(
    project: Project, ids: Iterable[str], name: str = "", options: Mapping[str, Any] | None = None
) -> Project:
    """Put nodes into a new block with these options. Wires that came from outside now come through its ports.

    Raises:
        EditError: no nodes, nodes of different blocks, or nodes between which a path leads through others outside.
    """
    graph = project.graph
    chosen = [graph.nodes[id] for id in dict.fromkeys(ids) if id in graph.nodes]
    if not chosen:
        raise edits.EditError(tr("Select the nodes that the block is to hold first."))
    parents = {node.parent for node in chosen}
    if len(parents) > 1:
        raise edits.EditError(tr("The nodes lie in different blocks; select nodes of one."))
    maker = _Maker(graph, chosen, parents.pop(), name)
    project = replace(project, graph=maker.made())
    return edits.set_options(project, maker.block.id, options) if options else project


class _Maker:
    """Collects the nodes and edges of the graph with the block in it."""

    def __init__(self, graph: Graph, chosen: list[Node], parent: str, name: str) -> None:
        self.graph, self.inside = graph, {node.id for node in chosen}
        self.nodes, self.edges = dict(graph.nodes), dict(graph.edges)
        left, right = min(n.x for n in chosen), max(n.x for n in chosen)
        self.left, self.right, self.top = left - PORT_APART, right + PORT_APART, min(n.y for n in chosen)
        id = edits.fresh_id(self.nodes, "n")
        self.block = Node(id, BLOCK, name, x=(left + right) / 2, y=self.top, parent=parent)
        self.nodes[id] = self.block
        for node in chosen:
            self.nodes[node.id] = replace(node, parent=id)
        led = {name: node.options[option] for node in chosen for option, name in node.bound.items()}
        self.nodes[id] = self.block = replace(self.block, options=led, bound={name: name for name in led})
        self.ports: dict[tuple[End, str], str] = {}

    def made(self) -> Graph:
        for edge in self.graph.edges.values():
            starts, ends = edge.source in self.inside, edge.target in self.inside
            if ends and not starts:
                self._lead_in(edge)
            elif starts and not ends:
                self._lead_out(edge)
        grown = Graph(in_order(self.nodes), in_order(self.edges), self.graph.frames)
        if len(grown.order()[1]) > len(self.graph.order()[1]):
            message = tr("A path leads out of these nodes and back into them. Select the nodes on it as well.")
            raise edits.EditError(message)
        return grown

    def _lead_in(self, edge: Edge) -> None:
        end = (edge.source, edge.source_port)
        port = self._port(end, BLOCK_INPUT, self._called(edge.target_port), self.left)
        self.edges[edge.id] = replace(edge, source=port, source_port="y")
        if not any(e.target == self.block.id and e.target_port == port for e in self.edges.values()):
            self._wire(edge.source, edge.source_port, self.block.id, port)

    def _lead_out(self, edge: Edge) -> None:
        end = (edge.source, edge.source_port)
        known = (end, BLOCK_OUTPUT) in self.ports
        port = self._port(end, BLOCK_OUTPUT, self._called(edge.source_port), self.right)
        self.edges[edge.id] = replace(edge, source=self.block.id, source_port=port)
        if not known:
            self._wire(edge.source, edge.source_port, port, "x")

    def _called(self, port: str) -> str:
        """What a port is called; that of a block inside bears the id of a node, which people do not read."""
        return self.nodes[port].name if port in self.nodes else port

    def _port(self, end: End, type: str, wanted: str, x: float) -> str:
        """The node of a port, made the first time; the same value enters or leaves only once."""
        if (end, type) not in self.ports:
            count = sum(kind == type for _, kind in self.ports)
            names = {self.nodes[id].name for (_, kind), id in self.ports.items() if kind == type}
            name = wanted if wanted not in names else f"{wanted}{count + 1}"
            id = edits.fresh_id(self.nodes, "n")
            self.nodes[id] = Node(id, type, name, x=x, y=self.top + 100.0 * count, parent=self.block.id)
            self.ports[end, type] = id
        return self.ports[end, type]

    def _wire(self, source: str, source_port: str, target: str, target_port: str) -> None:
        id = edits.fresh_id(self.edges, "e")
        self.edges[id] = Edge(id, source, source_port, target, target_port)


def dissolve_block(project: Project, block: str) -> Project:
    """Put the content of a block where the block is; its ports go, and wires lead through.

    Raises:
        EditError: there is no such block.
    """
    graph = project.graph
    node = graph.nodes.get(block)
    if node is None or node.type != BLOCK:
        raise edits.EditError(tr("{block!r} is no block.", block=block))
    ports = {n.id for n in graph.inside(block) if n.type in (BLOCK_INPUT, BLOCK_OUTPUT)}
    feeding = {e.target_port: e for e in graph.edges.values() if e.target == block}
    leaving = {e.target: e for e in graph.edges.values() if e.target in ports}
    nodes = {
        id: replace(n, parent=node.parent, bound=_bound_outside(n, node)) if n.parent == block else n
        for id, n in graph.nodes.items()
        if id != block and id not in ports
    }
    edges: dict[str, Edge] = {}
    for edge in graph.edges.values():
        if edge.target == block or edge.target in ports:
            continue
        origin: Edge | None = edge
        while origin is not None and (origin.source == block or origin.source in ports):
            origin = leaving.get(origin.source_port) if origin.source == block else feeding.get(origin.source)
        if origin is not None:
            edges[edge.id] = replace(edge, source=origin.source, source_port=origin.source_port)
    probes = {id: probe for id, probe in project.probes.items() if probe.node in nodes}
    frames = {id: replace(f, parent=node.parent) if f.parent == block else f for id, f in graph.frames.items()}
    left = ties.after_removal(Graph(in_order(nodes), in_order(edges), frames), [node])
    return replace(project, graph=left, probes=probes)


def _bound_outside(node: Node, block: Node) -> dict[str, str]:
    """What a node's options follow without the block: what those of the block followed."""
    return {option: block.bound[name] for option, name in node.bound.items() if name in block.bound}
