"""Nodes that are nothing in the model: bypassed ones and reroute dots. What enters them leaves them unchanged."""

from __future__ import annotations

from collections.abc import Mapping

from netlab.document.graph import Edge, Graph, Node
from netlab.language import tr
from netlab.layers.layer import Fix, Layer, Shape, ShapeError

PASSAGE = "passage"
AROUND = ("", "block", PASSAGE)  # roles without which a model is still one


def is_passage(node: Node, layer: Layer) -> bool:
    """Whether the compiler leads wires around this node."""
    return layer.role == PASSAGE or (node.bypassed and layer.role in AROUND)


def passing(layer: Layer, arrived: Mapping[str, Shape | None]) -> dict[str, str]:
    """For each output of a passage the input that comes out there.

    It is the first whose shape is the one that the layer itself would make, or simply the first at which something
    arrives; if nothing does, nothing comes out.
    """
    wired = {port: shape for port, shape in arrived.items() if shape is not None}
    if not wired:
        return {}
    made = _own(layer, arrived)
    first = next(iter(wired), "")
    return {
        name: next((port for port, shape in wired.items() if shape == made.get(name)), first)
        for name in layer.outputs()
    }


def let_through(layer: Layer, arrived: Mapping[str, Shape | None]) -> dict[str, Shape]:
    """The shapes at the outputs of a passage.

    Raises:
        ShapeError: nothing is wired to it, so that nothing could come out.
    """
    found = {out: arrived[port] for out, port in passing(layer, arrived).items()}
    if not found and layer.outputs():
        message = tr(
            "{kind} is bypassed, but nothing is wired to it that it could let through. "
            "Wire an input, or end the bypass.",
            kind=tr(layer.title()),
        )
        raise ShapeError(message, fixes=(end_bypass(),))
    return {out: shape for out, shape in found.items() if shape is not None}


def end_bypass() -> Fix:
    """The fix that lets a node work again."""
    return Fix(tr("End the bypass"), "end_bypass", {})


def _own(layer: Layer, arrived: Mapping[str, Shape | None]) -> dict[str, Shape]:
    """What the layer would make if it were not bypassed; nothing for a block, whose content is not asked."""
    if layer.role == "block":
        return {}
    try:
        made = layer.shapes(**{name: arrived.get(name) for name in layer.inputs()})
    except (ShapeError, AttributeError):  # an open port reaches the rule as None, which it need not expect
        return {}
    return made if isinstance(made, dict) else dict.fromkeys(list(layer.outputs())[:1], made)


def without_passages(graph: Graph, layers: Mapping[str, Layer], inputs: Mapping[tuple[str, str], Shape]) -> Graph:
    """The graph with its wires led around the passages, which are then connected to nothing behind them."""
    through = {id: layer for id, layer in layers.items() if is_passage(graph.nodes[id], layer)}
    if not through:
        return graph
    into: dict[str, dict[str, Edge]] = {id: {} for id in through}
    for edge in graph.edges.values():
        if edge.target in through:
            into[edge.target][edge.target_port] = edge
    ways = {
        id: passing(layer, {port: inputs.get((id, port)) for port in layer.inputs()})
        for id, layer in through.items()
        if into[id]
    }
    edges = {}
    for edge in graph.edges.values():
        origin: Edge | None = edge
        while origin is not None and origin.source in through:
            port = ways.get(origin.source, {}).get(origin.source_port, "")
            origin = into[origin.source].get(port)
        if origin is not None:
            edges[edge.id] = Edge(edge.id, origin.source, origin.source_port, edge.target, edge.target_port)
    return Graph(graph.nodes, edges, graph.frames)
