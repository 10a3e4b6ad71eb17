"""How shapes enter and leave a block in each of its modes."""

from __future__ import annotations

from collections.abc import Mapping

from netlab.compiler.blocks import scan_ports
from netlab.document.graph import Graph, Node
from netlab.language import tr
from netlab.layers.block import PLAIN, REPEAT, SCAN, Block
from netlab.layers.layer import Fix, Shape, ShapeError
from netlab.layers.shape import Axis


def entering(graph: Graph, node: Node, layer: Block, shapes: Mapping[str, Shape | None]) -> dict[str, Shape]:
    """What the block inputs inside send, by their id.

    Raises:
        ShapeError: a scan without a sequence to go along.
    """
    if layer.mode != SCAN:
        return {port: shape for port, shape in shapes.items() if shape is not None}
    ports = scan_ports(graph, node.id)
    sequence = shapes.get(ports.sequence)
    if sequence is None:
        message = tr("A scan needs an input that is no state: the sequence it goes along. Add a Block input inside.")
        raise ShapeError(message, fixes=(_run_once(),))
    if sequence.rank < 2 or sequence[0].name != "B":
        message = tr(
            "A scan goes along time, the second axis of B × T × …, but gets {sequence}. Wire it to a sequence.",
            sequence=sequence,
        )
        raise ShapeError(message, port=ports.sequence, fixes=(_run_once(),))
    found = {ports.sequence: sequence.drop(1)}
    found |= {id: shape for id in ports.constants if (shape := shapes.get(id)) is not None}
    for id, _ in ports.states:
        size = int(graph.nodes[id].options.get("size", 64))
        found[id] = shapes.get(id) or Shape((sequence[0], Axis("d", size)))
    return found


def leaving(
    graph: Graph,
    node: Node,
    layer: Block,
    inside: Mapping[str, Shape],
    made: dict[str, Shape],
    outside: Mapping[str, Shape | None],
) -> dict[str, Shape]:
    """What the block sends, by port, from what its block outputs get.

    Raises:
        ShapeError: copies that do not fit behind each other, or a state that changes its shape from step to step.
    """
    if layer.mode == REPEAT and made:
        _refuse_growth(inside, made)
    if layer.mode != SCAN:
        return made
    ports = scan_ports(graph, node.id)
    for start, end in ports.states:
        if not made[end].fits(inside[start]):
            name = graph.nodes[start].name
            size = made[end].sizes[-1] if made[end].rank == 2 else None
            fixes = (
                Fix(
                    tr("Start {name} with {size} features", name=name, size=size),
                    "set_option",
                    {"name": "size", "value": size},
                    start,
                ),
            )
            message = tr(
                "The state {name} enters a step as {before} and leaves it as {after}. It has to keep its shape: set "
                "the size of the block input, or the width of the layer that makes the new state.",
                name=name,
                before=inside[start],
                after=made[end],
            )
            raise ShapeError(message, port=start, fixes=fixes if size and outside.get(start) is None else ())
    sequence = outside[ports.sequence]
    assert sequence is not None
    for id in ports.stacked:
        axes = made[id].axes
        made[id] = Shape((axes[0], sequence[1], *axes[1:]), made[id].dtype)
    return made


def _run_once() -> Fix:
    return Fix(tr("Run it once"), "set_option", {"name": "mode", "value": PLAIN})


def _refuse_growth(inside: Mapping[str, Shape], made: Mapping[str, Shape]) -> None:
    first, last = next(iter(inside.values()), None), next(iter(made.values()))
    if first is None or not last.fits(first) or last.dtype != first.dtype:
        message = tr(
            "A repeated block has to send what it takes, but takes {taken} and sends {sent}. Give its last layer the "
            "width of its input, or run it once.",
            taken=first,
            sent=last,
        )
        raise ShapeError(message, fixes=(_run_once(),))
