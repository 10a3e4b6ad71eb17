"""Every change a person can make, as a pure function from project to project. Undo is not known here."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from netlab.document import ties
from netlab.document.diff import in_order
from netlab.document.graph import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, Edge, Frame, Graph, Node
from netlab.document.project import DataChoice, ProbeChoice, Project
from netlab.document.values import MAX_EDGES, MAX_NODES, ValueRefused, plain
from netlab.language import sentences, tr

R = TypeVar("R", bound=msgspec.Struct)

# How deep in a file an option value lies at most; it may not nest so deep that the file would be refused.
OPTION_DEPTH = 6


class EditError(ValueError):
    """An edit that cannot be made, as a sentence; the project stays as it was."""


def fresh_id(taken: Iterable[str], prefix: str) -> str:
    """`prefix` with one more than the highest number that `taken` uses with it: ``n1``, ``n2``, …

    >>> fresh_id(["n1", "n7", "e9"], "n")
    'n8'
    """
    numbers = [
        int(name[len(prefix) :]) for name in taken if name.startswith(prefix) and _is_number(name[len(prefix) :])
    ]
    return f"{prefix}{max(numbers, default=0) + 1}"


def add_node(project: Project, node: Node) -> Project:
    """Put a node on the canvas. Raises `EditError` if its id is taken."""
    return add_nodes(project, [node], [])


def add_nodes(project: Project, nodes: Iterable[Node], edges: Iterable[Edge]) -> Project:
    """Put several nodes and the wires among them on the canvas at once: paste, or a template.

    Raises:
        EditError: an id is taken, a wire leads nowhere or in a cycle, or an input gets two wires.
    """
    graph = project.graph
    all_nodes, all_edges = dict(graph.nodes), dict(graph.edges)
    for node in nodes:
        _refuse_taken(graph, all_nodes, node.id)
        all_nodes[node.id] = _clean(node)
    for node in nodes:
        if node.parent and (node.parent not in all_nodes or all_nodes[node.parent].type != BLOCK):
            raise EditError(tr("Node {id} would lie in {parent!r}, which is no block.", id=node.id, parent=node.parent))
    wired = {(edge.target, edge.target_port) for edge in all_edges.values()}
    for edge in edges:
        if edge.id in all_nodes or edge.id in all_edges or edge.id in graph.frames or not edge.id:
            raise EditError(tr("The id {id!r} is taken or empty; give the wire a fresh one.", id=edge.id))
        for end in (edge.source, edge.target):
            if end not in all_nodes:
                raise EditError(tr("Wire {id} refers to node {end!r}, which does not exist.", id=edge.id, end=end))
        if all_nodes[edge.source].parent != all_nodes[edge.target].parent:
            raise EditError(tr("Wire {id} would cross the border of a block; lead it through a port.", id=edge.id))
        if (edge.target, edge.target_port) in wired:
            raise EditError(
                tr(
                    "Input {port!r} of node {node!r} would get two wires; keep one.",
                    port=edge.target_port,
                    node=edge.target,
                )
            )
        wired.add((edge.target, edge.target_port))
        all_edges[edge.id] = _clean(edge)
    if len(all_nodes) > MAX_NODES or len(all_edges) > MAX_EDGES:
        raise EditError(
            tr(
                "A graph holds at most {nodes} nodes and {edges} wires; this would be more.",
                nodes=MAX_NODES,
                edges=MAX_EDGES,
            )
        )
    grown = Graph(in_order(all_nodes), in_order(all_edges), graph.frames)
    if len(all_edges) > len(graph.edges):
        behind = set(grown.order()[1]) - set(graph.order()[1])
        if behind:
            raise EditError(tr("The wires would lead in a cycle through {nodes}.", nodes=", ".join(sorted(behind)[:3])))
    return _with_graph(project, grown)


def remove(project: Project, ids: Iterable[str]) -> Project:
    """Remove nodes with their content, wires and probes; wires; and frames. Raises `EditError` for an unknown id."""
    graph = project.graph
    gone = graph.within(set(ids) & graph.nodes.keys()) | set(ids)
    gone |= _wires_of_lost_ports(graph, gone)
    gone |= {frame.id for frame in graph.frames.values() if frame.parent in gone}
    for name in sorted(gone):
        if name not in graph.nodes and name not in graph.edges and name not in graph.frames:
            raise EditError(tr("There is nothing called {name!r} to remove.", name=name))
    lost = {e.id for e in graph.edges.values() if e.id in gone or e.source in gone or e.target in gone}
    left = Graph(_without(graph.nodes, gone), _without(graph.edges, lost), _without(graph.frames, gone))
    return msgspec.structs.replace(
        project,
        graph=ties.after_removal(left, [graph.nodes[id] for id in gone if id in graph.nodes]),
        probes=_without(project.probes, {p.id for p in project.probes.values() if p.node in gone}),
    )


def _wires_of_lost_ports(graph: Graph, gone: set[str]) -> set[str]:
    """The wires outside a block that end at ports whose nodes go."""
    lost = {id for id in gone if id in graph.nodes and graph.nodes[id].type in (BLOCK_INPUT, BLOCK_OUTPUT)}
    return {edge.id for edge in graph.edges.values() if lost and (edge.source_port in lost or edge.target_port in lost)}


def move(project: Project, positions: Mapping[str, tuple[float, float]]) -> Project:
    """Put nodes and frames at new positions, in pixels at 100 %."""
    graph = project.graph
    nodes, frames = dict(graph.nodes), dict(graph.frames)
    for name, (x, y) in positions.items():
        if not (math.isfinite(x) and math.isfinite(y)):
            raise EditError(
                tr("{name!r} cannot be moved to ({x}, {y}); a position is two finite numbers.", name=name, x=x, y=y)
            )
        if name in nodes:
            nodes[name] = msgspec.structs.replace(nodes[name], x=float(x), y=float(y))
        elif name in frames:
            frames[name] = msgspec.structs.replace(frames[name], x=float(x), y=float(y))
        else:
            raise EditError(tr("There is no node or frame {name!r} to move.", name=name))
    return _with_graph(project, Graph(nodes, graph.edges, frames))


def set_option(project: Project, node_id: str, name: str, value: Any) -> Project:
    """Set one option of a node. Limits are the layer's; here only what no file can hold is refused."""
    return set_options(project, node_id, {name: value})


def set_options(project: Project, node_id: str, values: Mapping[str, Any]) -> Project:
    """Set several options of a node at once.

    One that follows an option of the block around changes that one, and with it all that follow it.
    """
    node = _node(project, node_id)
    above = {node.bound[name]: value for name, value in values.items() if name in node.bound}
    own = {name: value for name, value in values.items() if name not in node.bound}
    if above:
        project = set_options(project, node.parent, above)
    return _with_graph(project, ties.put_options(project.graph, node_id, _plain(own)) if own else project.graph)


def set_node(project: Project, node_id: str, *, type: str, options: Mapping[str, Any]) -> Project:
    """Make a node another layer under the same id, name and place; its wires are left as they are."""
    node = _node(project, node_id)
    given = _plain(dict(options))
    bound = {name: led for name, led in node.bound.items() if name in given and given[name] == node.options.get(name)}
    return _with_node(project, node, type=type, options=given, bound=bound)


def rename(project: Project, node_id: str, name: str) -> Project:
    """Name a node; "" gives it back the name of its type."""
    return _with_node(project, _node(project, node_id), name=_text(name.strip()))


def set_frozen(project: Project, ids: Iterable[str], frozen: bool) -> Project:
    """Make the weights of nodes, and so of all that share them, stay (True) or learn (False)."""
    for name in ids:
        _node(project, name)
        for member in ties.family(project.graph, name):
            project = _with_node(project, _node(project, member), frozen=bool(frozen))
    return project


def set_node_training(project: Project, ids: Iterable[str], name: str, value: Any) -> Project:
    """Set how the weights of nodes, and so of all that share them, or of those in frames learn: a `NodeTraining` value."""
    for holder in ids:
        if holder in project.graph.frames:
            frame = project.graph.frames[holder]
            project = set_frame(project, holder, training={**frame.training, **_plain({name: value})})
        else:
            _node(project, holder)
            for member in ties.family(project.graph, holder):
                node = _node(project, member)
                project = _with_node(project, node, training={**node.training, **_plain({name: value})})
    return project


def connect(project: Project, source: str, source_port: str, target: str, target_port: str) -> Project:
    """Draw a wire from an output port to an input port; a wire that was in that input is replaced.

    Raises:
        EditError: an unknown node, a node to itself, or a wire that would close a cycle.
    """
    graph = project.graph
    for name in (source, target):
        _node(project, name)
    if source == target:
        raise EditError(tr("{source} cannot feed itself; connect it to another node.", source=_said(graph, source)))
    if graph.nodes[source].parent != graph.nodes[target].parent:
        raise EditError(tr("A wire cannot cross the border of a block. Add a port inside the block, and wire that."))
    if source in graph.reach([target]):
        start, end = _said(graph, source), _said(graph, target)
        raise EditError(
            tr(
                "A wire from {start} to {end} would close a cycle, because {end} already leads to {start}. Remove a "
                "wire on the way first.",
                start=start,
                end=end,
            )
        )
    old = graph.into(target).get(target_port)
    if old is not None and (old.source, old.source_port) == (source, source_port):
        return project
    edge = _clean(Edge(fresh_id(graph.edges, "e"), source, source_port, target, target_port))
    _refuse_taken(graph, graph.nodes, edge.id)
    edges = _without(graph.edges, {old.id} if old else set())
    if len(edges) >= MAX_EDGES:
        raise EditError(tr("A graph holds at most {edges} wires; remove some first.", edges=MAX_EDGES))
    return _with_graph(project, Graph(graph.nodes, in_order({**edges, edge.id: edge}), graph.frames))


def insert_on_edge(project: Project, edge_id: str, node: Node, in_port: str, out_port: str) -> Project:
    """Put a new node into a wire: its source now feeds `in_port`, and `out_port` feeds its target."""
    edge = project.graph.edges.get(edge_id)
    if edge is None:
        raise EditError(tr("There is no wire {id!r} to put a node on.", id=edge_id))
    project = add_node(remove(project, [edge_id]), node)
    project = connect(project, edge.source, edge.source_port, node.id, in_port)
    return connect(project, node.id, out_port, edge.target, edge.target_port)


def add_frame(project: Project, frame: Frame) -> Project:
    """Put a frame behind the nodes. Raises `EditError` if its id is taken."""
    graph = project.graph
    _refuse_taken(graph, graph.nodes, frame.id)
    if frame.parent and (frame.parent not in graph.nodes or graph.nodes[frame.parent].type != BLOCK):
        raise EditError(tr("Frame {id} would lie in {parent!r}, which is no block.", id=frame.id, parent=frame.parent))
    frames = in_order({**graph.frames, frame.id: _clean(frame)})
    return _with_graph(project, Graph(graph.nodes, graph.edges, frames))


def set_frame(project: Project, frame_id: str, **changes: Any) -> Project:
    """Change a frame's title, note, place, size or colour.

    Raises:
        EditError: an unknown frame or field, or a value of the wrong type.
    """
    graph = project.graph
    if frame_id not in graph.frames:
        raise EditError(tr("There is no frame {id!r}.", id=frame_id))
    known = [field for field in Frame.__struct_fields__ if field != "id"]
    for name in changes:
        if name not in known:
            raise EditError(tr("A frame has no {name!r}; it has: {known}.", name=name, known=", ".join(known)))
    frame = _clean(msgspec.structs.replace(graph.frames[frame_id], **changes))
    return _with_graph(project, Graph(graph.nodes, graph.edges, {**graph.frames, frame_id: frame}))


def set_data(project: Project, source: str, options: Mapping[str, Any]) -> Project:
    """Choose the data to train on, with all its option values."""
    return msgspec.structs.replace(project, data=_clean(DataChoice(source, dict(options))))


def set_data_option(project: Project, name: str, value: Any) -> Project:
    """Set one option of the data."""
    return set_data(project, project.data.source, {**project.data.options, name: value})


def set_model(project: Project, graph: Graph) -> Project:
    """Put another model in the place of the one there is; probes go with its nodes."""
    return add_nodes(
        msgspec.structs.replace(project, graph=Graph(), probes={}), graph.nodes.values(), graph.edges.values()
    )


def set_training(project: Project, name: str, value: Any) -> Project:
    """Set one training value."""
    if value is None:
        raise EditError(tr("Training's {name} needs a value.", name=name))
    return msgspec.structs.replace(project, training={**project.training, **_plain({name: value})})


def add_probe(project: Project, probe: str, node: str, options: Mapping[str, Any] | None = None) -> Project:
    """Look at `node` with `probe` while training; asking twice changes nothing."""
    _node(project, node)
    if any((p.probe, p.node) == (probe, node) for p in project.probes.values()):
        return project
    choice = _clean(ProbeChoice(fresh_id(project.probes, "p"), probe, node, dict(options or {})))
    return msgspec.structs.replace(project, probes=in_order({**project.probes, choice.id: choice}))


def remove_probe(project: Project, probe_id: str) -> Project:
    """No longer look with this probe."""
    if probe_id not in project.probes:
        raise EditError(tr("There is no probe {id!r}.", id=probe_id))
    return msgspec.structs.replace(project, probes=_without(project.probes, {probe_id}))


def set_title(project: Project, title: str) -> Project:
    """Name the project."""
    return msgspec.structs.replace(project, title=_text(title))


def set_about(project: Project, about: str) -> Project:
    """Say what the project shows."""
    return msgspec.structs.replace(project, about=_text(about, "about"))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _node(project: Project, name: str) -> Node:
    node = project.graph.nodes.get(name)
    if node is None:
        raise EditError(tr("There is no node {id!r}.", id=name))
    return node


def _said(graph: Graph, name: str) -> str:
    """A node as a person would call it: its name, or its type."""
    node = graph.nodes[name]
    return f"“{node.name}”" if node.name else f"{node.type} ({name})"


def _refuse_taken(graph: Graph, nodes: Mapping[str, Node], name: str) -> None:
    if not name:
        raise EditError(tr("A node or frame needs an id; fresh_id gives one."))
    if name in nodes or name in graph.edges or name in graph.frames:
        raise EditError(tr("The id {name!r} is taken; give the new one a fresh id.", name=name))


def _without(part: dict[str, R], gone: set[str]) -> dict[str, R]:
    if part.keys().isdisjoint(gone):
        return part
    return {name: record for name, record in part.items() if name not in gone}


def _with_graph(project: Project, graph: Graph) -> Project:
    return msgspec.structs.replace(project, graph=graph)


def _with_node(project: Project, node: Node, **changes: Any) -> Project:
    graph = project.graph
    changed = msgspec.structs.replace(node, **changes)
    return _with_graph(project, Graph({**graph.nodes, node.id: changed}, graph.edges, graph.frames))


def _plain(value: Any, where: str = "") -> Any:
    try:
        return plain(_composed(value), where, OPTION_DEPTH)
    except ValueRefused as problem:
        raise EditError(sentences(str(problem), problem.where and f"({problem.where})", problem.fix)) from problem


def _text(text: str, where: str = "") -> str:
    return _plain(text, where)


def _composed(value: Any) -> Any:
    """The value with its texts in Unicode's form C: keyboards and clipboards give either, files hold one."""
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, list | tuple):
        return [_composed(item) for item in value]
    if isinstance(value, dict):
        return {_composed(key): _composed(item) for key, item in value.items()}
    return value


def _clean(record: R) -> R:
    """The record with its fields in their declared types and nothing shared with the caller."""
    values = {name: getattr(record, name) for name in record.__struct_fields__}
    try:
        return msgspec.convert(_plain(values), type(record))
    except msgspec.ValidationError as problem:
        raise EditError(f"{type(record).__name__} {values.get('id', '')}: {problem}.") from problem
