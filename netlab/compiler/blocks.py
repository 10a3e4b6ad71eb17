"""The class of a node: that of its type, with the ports that its content has for a block, its code for custom code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from netlab.document.graph import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, Graph, Node
from netlab.document.ties import followers
from netlab.language import mark
from netlab.layers.block import SCAN, Block
from netlab.layers.custom import CustomCode, custom_class
from netlab.layers.layer import Input, Layer, Output, catalogue, type_of
from netlab.options import Option

CUSTOM = type_of(CustomCode)
Ports = tuple[tuple[str, str], ...]  # id of the node inside, and what it is called

ENTERS = mark("What enters the block here.")
LEAVES = mark("What leaves the block here.")
STATE = mark("The state it starts with; zeros if open.")


def class_of(graph: Graph, node: Node) -> type[Layer] | None:
    """The layer class of a node, None if its type is unknown."""
    if node.type == CUSTOM:
        return custom_class(node.options, lambda: _wired(graph, node.id))
    if node.type != BLOCK:
        return catalogue().get(node.type)
    takes, gives = (named(graph, node.id, kind) for kind in (BLOCK_INPUT, BLOCK_OUTPUT))
    return _with_ports(takes, gives, node.options.get("mode") == SCAN, _leading(graph, node.id))


def _wired(graph: Graph, node: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The inputs and outputs of a node that have wires."""
    return tuple(graph.into(node)), tuple(dict.fromkeys(edge.source_port for edge in graph.out_of(node)))


def named(graph: Graph, block: str, kind: str) -> Ports:
    """The ports of one kind, in order, with the names that tell them apart."""
    found: list[tuple[str, str]] = []
    for port in graph.ports(block, kind):
        fallback = "x" if kind == BLOCK_INPUT else "y"
        found.append((port.id, port.name or fallback))
    return tuple(found)


def _leading(graph: Graph, block: str) -> tuple[tuple[str, Option[Any]], ...]:
    """The options that a block has beyond those of every block, each declared as the first inside that follows it."""
    found: dict[str, Option[Any]] = {}
    for name, ends in followers(graph, block).items():
        for id, option in ends:
            cls = class_of(graph, graph.nodes[id])
            if cls is not None and option in cls.options() and name not in found and is_free(name):
                found[name] = cls.options()[option]
    return tuple(sorted(found.items()))


def is_free(name: str) -> bool:
    """Whether a block may have an option of this name."""
    return not hasattr(Block, name)


@lru_cache(maxsize=8192)  # a class for every block of a large graph
def _with_ports(
    takes: Ports, gives: Ports, scan: bool, leading: tuple[tuple[str, Option[Any]], ...] = ()
) -> type[Layer]:
    states = {name for _, name in gives} & {name for _, name in takes} if scan else set()
    body: dict[str, Any] = {"key": "block", "label": "Block", "__doc__": Block.__doc__, "cases": []}
    for id, name in takes:
        help = STATE if name in states else ENTERS
        body[id] = Input(help, optional=name in states, title=name)
        body[id].__set_name__(Block, id)
    for id, name in gives:
        body[id] = Output(LEAVES, title=name)
        body[id].__set_name__(Block, id)
    for name, option in leading:
        body[name] = copy(option)
    return type("Block", (Block,), body)


@dataclass(frozen=True)
class ScanPorts:
    """How the ports of a scan are used.

    Attributes:
        sequence: id of the input that is cut along time.
        states: pairs of input and output ids that are carried from step to step.
        constants: ids of inputs that are the same at every step.
        stacked: ids of outputs that become sequences.
    """

    sequence: str
    states: tuple[tuple[str, str], ...]
    constants: tuple[str, ...]
    stacked: tuple[str, ...]


def scan_ports(graph: Graph, block: str) -> ScanPorts:
    """The roles of a scan's ports; `sequence` is "" if every input is a state."""
    takes, gives = named(graph, block, BLOCK_INPUT), named(graph, block, BLOCK_OUTPUT)
    by_name = {name: id for id, name in gives}
    states = tuple((id, by_name[name]) for id, name in takes if name in by_name)
    carried = {pair[0] for pair in states}
    others = [id for id, _ in takes if id not in carried]
    ends = {pair[1] for pair in states}
    stacked = tuple(id for id, _ in gives if id not in ends)
    return ScanPorts(others[0] if others else "", states, tuple(others[1:]), stacked)


def along(graph: Graph, order: Sequence[str]) -> list[str]:
    """Nodes as the numbers flow through them, all that is in a block behind the block."""
    places = {node: place for place, node in enumerate(order)}
    ways = {node: [places[block.id] for block in reversed([*ancestors(graph, node)])] for node in order}
    return sorted(order, key=lambda node: [*ways[node], places[node]])


def ancestors(graph: Graph, node: str) -> Iterator[Node]:
    """The blocks around a node, the nearest first."""
    parent = graph.nodes[node].parent
    while parent in graph.nodes:
        yield graph.nodes[parent]
        parent = graph.nodes[parent].parent
