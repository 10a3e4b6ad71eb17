"""The sentences of `infer`: unknown types, refused options, shapes that do not fit, cycles."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from netlab.compiler.problem import Problem, label
from netlab.document.graph import Edge, Graph, Node
from netlab.language import sentences, tr
from netlab.layers.layer import Fix, Layer, Shape, ShapeError, catalogue
from netlab.options import Python


def unknown_type(node: Node) -> Problem:
    """There is no layer of this type."""
    near = get_close_matches(node.type, catalogue(), 1)
    message = tr(
        "{node}: there is no layer of type {type!r} in this NetLab. The node is kept as it is, "
        "but it cannot be trained: remove it or install the layer.",
        node=label(node),
        type=node.type,
    )
    if near:
        message = sentences(message, tr("Did you mean {name}?", name=near[0]))
    return Problem("unknown_layer", message, node.id, where=label(node))


def of_options(node: Node, cls: type[Layer]) -> list[Problem]:
    """One problem for every option whose value the layer refuses."""
    found = []
    for fault in cls.check_values(node.options):
        option = cls.options().get(fault.option)
        fixes: tuple[Fix, ...] = ()
        if option is not None and not isinstance(option, Python):  # nobody's code is thrown away
            value = _nearest(option, node.options[fault.option])
            fixes = (
                Fix(
                    tr("Set {option} to {value}", option=fault.option, value=value),
                    "set_option",
                    {"name": fault.option, "value": value},
                ),
            )
        where = label(node)
        found.append(
            Problem("option", tr("{where}: {fault}", where=where, fault=fault), node.id, fixes=fixes, where=where)
        )
    return found


def _nearest(option: Any, value: Any) -> Any:
    """The allowed value nearest to a refused one: the limit it went past, or the default."""
    low, high = getattr(option, "min", None), getattr(option, "max", None)
    if isinstance(value, int | float) and not isinstance(value, bool) and low is not None and high is not None:
        if value < low:
            return low
        if value > high:
            return high
    return option.default


def misfit(
    graph: Graph, node: Node, error: ShapeError, into: Mapping[str, Edge], arrived: Mapping[str, Shape]
) -> Problem:
    """A node refuses what arrives at its ports: both nodes, both ports and the shape."""
    where = label(node)
    edge = into.get(error.port)
    if edge is None and len(into) == 1:
        edge = next(iter(into.values()))
    if edge is None:
        return Problem(
            "shape",
            tr("{where}: {error}", where=where, error=error),
            node.id,
            error.port,
            fixes=error.fixes,
            where=where,
        )
    source = graph.nodes[edge.source]
    message = tr(
        "{where} cannot take what {source} sends. {error} ({output} of {source} sends {shape} to {port} of {where}.)",
        where=where,
        source=label(source),
        error=error,
        output=_title(graph, source, edge.source_port),
        shape=arrived.get(edge.target_port),
        port=_title(graph, node, edge.target_port),
    )
    return Problem("shape", message, node.id, edge.target_port, edge.id, fixes=error.fixes, where=where)


def _title(graph: Graph, node: Node, port: str) -> str:
    """What people call a port: that of a block has the id of a node inside, and a name."""
    inside = graph.nodes.get(port)
    return inside.name or port if inside is not None and inside.parent == node.id else port


def cycle(graph: Graph, circular: list[str]) -> Problem:
    """Nodes that feed each other; one of the wires has to go."""
    loop = _one_cycle(graph, circular)
    names = " → ".join(label(graph.nodes[node]) for node in [*loop, loop[0]])
    closing = next(e for e in graph.edges.values() if e.source == loop[-1] and e.target == loop[0])
    message = tr(
        "These nodes feed each other in a cycle: {names}. Remove one of the wires, e.g. the last.", names=names
    )
    fix = Fix(tr("Remove the last wire"), "remove", {"ids": [closing.id]})
    where = label(graph.nodes[loop[0]])
    return Problem("cycle", message, loop[0], closing.target_port, closing.id, fixes=(fix,), where=where)


def _one_cycle(graph: Graph, circular: list[str]) -> list[str]:
    """Some cycle among nodes of which each has an unfinished predecessor, in the direction of the wires."""
    inside = set(circular)
    before: dict[str, str] = {}
    for edge in graph.edges.values():
        if edge.source in inside and edge.target in inside:
            before.setdefault(edge.target, edge.source)
    node, seen = circular[0], []
    while node not in seen:
        seen.append(node)
        node = before[node]
    return list(reversed(seen[seen.index(node) :]))
