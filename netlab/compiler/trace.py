"""Questions about who feeds whom."""

from __future__ import annotations

from collections.abc import Iterable

from netlab.compiler.infer import Inferred
from netlab.document.graph import BLOCK, BLOCK_OUTPUT, Edge, Graph
from netlab.document.project import Project
from netlab.language import tr
from netlab.layers.layer import Fix


def reaching(graph: Graph, goals: Iterable[str]) -> set[str]:
    """The goals and every node from which a wire leads to one of them, inside the blocks on the way as well."""
    before: dict[str, list[str]] = {}
    for edge in graph.edges.values():
        before.setdefault(edge.target, []).append(edge.source)
    results: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        if node.parent and node.type == BLOCK_OUTPUT:
            results.setdefault(node.parent, []).append(node.id)
    found = set(goals)
    waiting = list(found)
    while waiting:
        current = waiting.pop()
        for node in (*before.get(current, ()), *results.get(current, ())):
            if node not in found:
                found.add(node)
                waiting.append(node)
    return found


def start_of(graph: Graph, edge: Edge) -> str:
    """The node that sends: inside of a block, the node that stands for the port."""
    return edge.source_port if graph.nodes[edge.source].type == BLOCK else edge.source


def end_of(graph: Graph, edge: Edge) -> str:
    """The node that receives: inside of a block, the node that stands for the port."""
    return edge.target_port if graph.nodes[edge.target].type == BLOCK else edge.target


def feeding(graph: Graph, node: str, port: str) -> set[str]:
    """Every node that what arrives at a port was made of, inside and around the blocks on the way."""
    before: dict[str, list[str]] = {}
    for edge in graph.edges.values():
        before.setdefault(end_of(graph, edge), []).append(start_of(graph, edge))
    waiting = [start_of(graph, edge) for name, edge in graph.into(node).items() if name == port]
    found = set(waiting)
    while waiting:
        for earlier in before.get(waiting.pop(), ()):
            if earlier not in found:
                found.add(earlier)
                waiting.append(earlier)
    return found


def source_fix(project: Project, inferred: Inferred, node: str, port: str, size: int) -> tuple[Fix, ...]:
    """A fix that makes what arrives at a port `size` wide: the nearest layer upstream that sets the last axis."""
    graph = project.graph
    edge = graph.into(node).get(port)
    while edge is not None:
        layer = inferred.layers.get(edge.source)
        if layer is None:
            return ()
        for name in ("out_features", "embedding_dim", "hidden_size"):
            if name in layer.values:
                title = graph.nodes[edge.source].name or edge.source
                values: dict[str, object] = {"name": name, "value": size}
                return (
                    Fix(
                        tr("Set {name} of {node} to {size}", name=name, node=title, size=size),
                        "set_option",
                        values,
                        edge.source,
                    ),
                )
        arriving = graph.into(edge.source)
        edge = next(iter(arriving.values())) if len(arriving) == 1 else None
    return ()
