"""Nodes that use the weights of others: which tensors they share, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netlab.compiler.problem import Problem, label
from netlab.document.copies import OWN, PLACE, content, content_key
from netlab.document.graph import BLOCK, Graph, Node
from netlab.language import tr
from netlab.layers.layer import Fix, Layer

if TYPE_CHECKING:
    from netlab.compiler.infer import Inferred

Weights = Mapping[str, Mapping[str, tuple[int, ...]]]


@dataclass
class Shared:
    """What is shared in a graph.

    Attributes:
        tensors: names of the tensors that a node has from another, by node id; all of them inside of a shared block.
        problems: where nodes are meant to share and cannot.
    """

    tensors: dict[str, frozenset[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def find_shared(graph: Graph, layers: Mapping[str, Layer], weights: Weights) -> Shared:
    """Judge every node that shares; one whose weights or owner are unknown is judged when they are known."""
    found = Shared()
    for node in graph.nodes.values():
        owner = graph.nodes.get(node.shares)
        if owner is None or node.id not in layers or owner.id not in layers:
            continue
        if owner.parent != node.parent:
            message = tr(
                "{node} cannot share the weights of {owner}, which lies in another block.",
                node=label(node),
                owner=label(owner),
            )
            found.problems.append(_problem(node, message))
        elif BLOCK in (node.type, owner.type):
            _share_block(graph, node, owner, weights, found)
        elif weights.get(node.id) and weights.get(owner.id):
            _share_tensors(node, owner, layers, weights, found)
    return found


def could_share(graph: Graph, inferred: Inferred, id: str) -> list[str]:
    """The nodes of the same block, in order, whose weights a node could use."""
    node = graph.nodes[id]
    found = []
    for other in graph.inside(node.parent):
        if other.id == id or other.shares:
            continue
        tried = Shared()
        if BLOCK in (node.type, other.type):
            _share_block(graph, node, other, inferred.weights, tried)
        elif inferred.weights.get(id) and inferred.weights.get(other.id):
            _share_tensors(node, other, inferred.layers, inferred.weights, tried)
        if tried.tensors:
            found.append(other.id)
    return found


def alike(graph: Graph, a: str, b: str) -> Iterator[tuple[str, str]]:
    """Pairs of corresponding nodes of two blocks that are built alike, the blocks themselves first."""
    yield a, b
    yield from ((m.id, n.id) for m, n in zip(content(graph, a)[0], content(graph, b)[0], strict=True))


def _share_block(graph: Graph, node: Node, owner: Node, weights: Weights, found: Shared) -> None:
    ways = [(n.type, n.options, content_key(graph, n.id, OWN + PLACE)) for n in (node, owner)]
    pairs = list(alike(graph, node.id, owner.id)) if ways[0] == ways[1] else []
    nodes = graph.nodes
    if pairs and all(nodes[a].options == nodes[b].options and weights.get(a) == weights.get(b) for a, b in pairs):
        found.tensors |= {mine: frozenset(weights[mine]) for mine, _ in pairs if mine in weights}
        return
    message = tr(
        "{node} cannot share the weights of {owner}: they are not built alike. Make one a copy of the other, "
        "and give both inputs of the same width.",
        node=label(node),
        owner=label(owner),
    )
    found.problems.append(_problem(node, message))


def _share_tensors(node: Node, owner: Node, layers: Mapping[str, Layer], weights: Weights, found: Shared) -> None:
    mine, theirs = weights[node.id], weights[owner.id]
    common = [name for name in mine if name in theirs]
    wrong = [name for name in common if mine[name] != theirs[name]]
    if common and not wrong:
        found.tensors[node.id] = frozenset(common)
        return
    name = wrong[0] if wrong else next(iter(theirs))
    values = {"node": label(node), "owner": label(owner), "name": name, "theirs": _sizes(theirs[name])}
    if wrong:
        message = tr(
            "{node} cannot share the weights of {owner}: that has {name} of {theirs}, and {node} has {name} of {mine}. "
            "Give both the same sizes.",
            mine=_sizes(mine[name]),
            **values,
        )
    else:
        message = tr(
            "{node} cannot share the weights of {owner}: that has {name} of {theirs}, and {node} has only {mine}. "
            "Give both the same sizes.",
            mine=", ".join(mine),
            **values,
        )
    fixes = [_its_own()]
    if node.type == owner.type and node.options != owner.options:
        same = {"type": node.type, "options": dict(owner.options)}
        fixes.insert(0, Fix(tr("Give it the options of {owner}", owner=label(owner)), "set_type", same))
    elif wrong and "out_features" in layers[node.id].values:
        rows = theirs[name][0]
        fixes.insert(
            0, Fix(tr("Set out_features to {count}", count=rows), "set_option", {"name": "out_features", "value": rows})
        )
    found.problems.append(_problem(node, message, *fixes))


def _problem(node: Node, message: str, *fixes: Fix) -> Problem:
    return Problem("shared", message, node.id, fixes=fixes or (_its_own(),), where=label(node))


def _its_own() -> Fix:
    return Fix(tr("Give it weights of its own"), "own_weights", {})


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
