"""What flows along each wire, and whether a gradient flows back: for the eye only, nothing is decided by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from netlab.compiler.blocks import scan_ports
from netlab.compiler.infer import Inferred
from netlab.compiler.trace import end_of, start_of
from netlab.document.graph import BLOCK, Edge, Graph
from netlab.document.project import Project
from netlab.layers.block import SCAN
from netlab.layers.layer import Layer, Shape

KINDS = ("", "feature", "sequence", "image", "tokens", "mask", "target", "memory", "loss")
"""A feature is a vector a sample, a sequence one a step; the memory is what a decoder looks at in an encoder."""

FIELD_KINDS = {"image": "image", "tokens": "tokens", "label": "target", "target": "target"}
Way = tuple[str, str]  # from a node to a node
LOOKED_AT = ("memory", "key", "value")


@dataclass(frozen=True, slots=True)
class Flow:
    """What is known of one wire.

    Attributes:
        kind: one of `KINDS`, "" while the shape is unknown.
        shape: what flows, None while it is unknown.
        learns: a gradient of the loss flows back along it to weights that learn. While there is no loss, whether
            there are such weights.
    """

    kind: str = ""
    shape: Shape | None = None
    learns: bool = False


def flows(project: Project, inferred: Inferred) -> dict[str, Flow]:
    """What flows along every wire, by its id. Linear in nodes and wires."""
    graph = project.graph
    ways = list(_ways(graph, inferred))
    learning, judged = _learning(graph, inferred, ways), _judged(inferred, ways)
    found = {}
    for edge in graph.edges.values():
        shape = inferred.outputs.get((edge.source, edge.source_port))
        if shape is None:
            found[edge.id] = Flow()
            continue
        back = (
            shape.dtype == "float"
            and start_of(graph, edge) in learning
            and (not judged or end_of(graph, edge) in judged)
        )
        found[edge.id] = Flow(_kind(graph, inferred, edge, shape), shape, back)
    return found


def _kind(graph: Graph, inferred: Inferred, edge: Edge, shape: Shape) -> str:
    source, target = inferred.layers.get(edge.source), inferred.layers.get(edge.target)
    if target is not None and target.role == "loss" and edge.target_port != next(iter(target.inputs())):
        return "target"
    if source is not None and source.role == "loss":
        return "loss"
    if target is not None and edge.target_port in LOOKED_AT and _is_elsewhere(inferred, edge, target):
        return "memory"
    if source is not None and source.role == "input":
        field = inferred.fields.get(str(source.values["field"]))
        if field is not None and field.kind in FIELD_KINDS:
            return FIELD_KINDS[field.kind]
    return kind_of(shape)


def kind_of(shape: Shape) -> str:
    """The kind that a shape alone tells."""
    if shape.dtype == "bool":
        return "mask"
    if shape.dtype == "int":
        return "tokens"
    if any(axis.name == "H" for axis in shape):
        return "image"
    return "sequence" if shape.rank > 2 else "feature"


def _is_elsewhere(inferred: Inferred, edge: Edge, target: Layer) -> bool:
    """Whether a decoder or an attention looks at something else than what asks."""
    ports = list(target.inputs())
    if edge.target_port == "memory":
        return True
    return inferred.inputs.get((edge.target, ports[0])) != inferred.inputs.get((edge.target, edge.target_port))


def _learning(graph: Graph, inferred: Inferred, ways: list[Way]) -> set[str]:
    """The nodes whose output depends on weights that learn."""
    frozen = graph.within(node.id for node in graph.nodes.values() if node.frozen)
    after: dict[str, list[str]] = {}
    for source, target in ways:
        after.setdefault(source, []).append(target)
    starts = (node for node in inferred.judged if inferred.learns(node) and node not in frozen)
    return _reached(starts, after, inferred)


def _judged(inferred: Inferred, ways: list[Way]) -> set[str]:
    """The nodes that a loss depends on, and the losses."""
    before: dict[str, list[str]] = {}
    for source, target in ways:
        before.setdefault(target, []).append(source)
    losses = (node for node, layer in inferred.layers.items() if layer.role == "loss")
    return _reached(losses, before, inferred)


def _ways(graph: Graph, inferred: Inferred) -> Iterator[Way]:
    """From where to where numbers go that can have a gradient; also from one step of a scan to the next."""
    for edge in graph.edges.values():
        shape = inferred.outputs.get((edge.source, edge.source_port))
        if shape is not None and shape.dtype == "float":
            yield start_of(graph, edge), end_of(graph, edge)
    for node in graph.nodes.values():
        if node.type == BLOCK and node.options.get("mode") == SCAN:
            for enters, leaves in scan_ports(graph, node.id).states:
                yield leaves, enters


def _reached(starts: Iterable[str], after: Mapping[str, Iterable[str]], inferred: Inferred) -> set[str]:
    """All that can be reached, not through layers that stop the gradient."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        for node in after.get(waiting.pop(), ()):
            layer = inferred.layers.get(node)
            if node not in found and not (layer is not None and layer.stops_gradient):
                found.add(node)
                waiting.append(node)
    return found
