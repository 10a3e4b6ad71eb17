"""What nodes have in common with others, as functions from graph to graph: shared weights and bound options.

A node may use the weights of another (`Node.shares`), and its options may follow those of the block it lies in
(`Node.bound`). Every value stands where it is used, so that nothing but the edits has to know of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from netlab.document.graph import Graph, Node

replace = msgspec.structs.replace


def put_options(graph: Graph, id: str, values: Mapping[str, Any]) -> Graph:
    """Options of a node set, and those of the nodes inside of it that follow them, at any depth."""
    nodes = dict(graph.nodes)
    waiting = [(id, dict(values))]
    while waiting:
        here, new = waiting.pop()
        nodes[here] = replace(nodes[here], options={**nodes[here].options, **new})
        for child in graph.inside(here) if nodes[here].type == "block" else ():
            led = {option: new[name] for option, name in child.bound.items() if name in new}
            if led:
                waiting.append((child.id, led))
    return Graph(nodes, graph.edges, graph.frames)


def followers(graph: Graph, block: str) -> dict[str, list[tuple[str, str]]]:
    """For each option of a block that others follow: the nodes directly inside that do, and which of their options."""
    found: dict[str, list[tuple[str, str]]] = {}
    for child in graph.inside(block):
        for option, name in child.bound.items():
            found.setdefault(name, []).append((child.id, option))
    return found


def without_unused(graph: Graph, block: str, names: Iterable[str]) -> Graph:
    """The block without those of these options that nothing inside follows any more."""
    used = followers(graph, block)
    gone = {name for name in names if name not in used}
    node = graph.nodes[block]
    if not gone & node.options.keys():
        return graph
    kept = {name: value for name, value in node.options.items() if name not in gone}
    bound = {option: name for option, name in node.bound.items() if option not in gone}
    return Graph({**graph.nodes, block: replace(node, options=kept, bound=bound)}, graph.edges, graph.frames)


def after_removal(graph: Graph, removed: Iterable[Node]) -> Graph:
    """The graph after nodes went: who shared the weights of one still shares with the others who did."""
    gone = list(removed)
    heirs: dict[str, str] = {}
    lost = {node.id for node in gone}
    nodes = dict(graph.nodes)
    for node in graph.nodes.values():
        if node.shares in lost:
            heir = heirs.setdefault(node.shares, node.id)
            nodes[node.id] = replace(node, shares="" if heir == node.id else heir)
    graph = Graph(nodes, graph.edges, graph.frames) if heirs else graph
    for node in gone:
        if node.bound and node.parent in graph.nodes:
            graph = without_unused(graph, node.parent, node.bound.values())
    return graph


def family(graph: Graph, id: str) -> list[str]:
    """All nodes that use the same weights as this one, itself included."""
    owner = graph.nodes[id].shares or id
    return [node.id for node in graph.nodes.values() if node.id == owner or node.shares == owner]
