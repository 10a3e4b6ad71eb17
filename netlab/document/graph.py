"""The graph as a value: nodes, edges and frames, each with an id that never changes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

BLOCK, BLOCK_INPUT, BLOCK_OUTPUT = "block", "block_input", "block_output"
"""Types of the node that holds others, and of the nodes inside that stand for its ports."""


class Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One layer on the canvas. Files leave out what is as here, so that a new field changes no file.

    Attributes:
        id: unique in the graph, e.g. ``n17``; checkpoints key tensors by it.
        type: key in the layer catalogue; an unknown one is kept and shown grey.
        name: what the user calls it; "" takes a name from the type.
        options: every option value of the layer.
        x, y: position of the top left corner on the canvas, in pixels at 100 %.
        frozen: its weights do not learn.
        pinned: auto-layout leaves it where it is.
        bypassed: it is left out, and what enters it leaves it unchanged.
        parent: id of the block that it lies in, "" for the model itself. A wire never crosses the border of a block:
            inside stand nodes for its ports, and outside those ports carry the ids of these nodes.
        shares: id of the node whose weights it uses as well, "" if its weights are its own.
        link: on blocks; those with the same text are copies of each other, and an edit inside one reaches all.
        bound: options that follow an option of the block around, by its name there: ``{"out_channels": "channels"}``.
        training: how its weights learn beside the others, by name of `netlab.document.training.NodeTraining`; on a
            block it holds for all nodes inside.
    """

    id: str
    type: str
    name: str = ""
    options: dict[str, Any] = {}
    x: float = 0.0
    y: float = 0.0
    frozen: bool = False
    pinned: bool = False
    bypassed: bool = False
    parent: str = ""
    shares: str = ""
    link: str = ""
    bound: dict[str, str] = {}
    training: dict[str, Any] = {}


class Edge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wire from an output port to an input port. An input port takes one wire, an output port any number."""

    id: str
    source: str
    source_port: str
    target: str
    target_port: str


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A titled rectangle behind the nodes.

    Attributes:
        note: text in Markdown, shown below the title.
        x, y, width, height: in pixels at 100 %; a node belongs to the frame in which its middle lies.
        color: a name of the theme's frame colours.
        parent: id of the block that it lies in, "" for the model itself.
        training: how the weights of its nodes learn, as on a node.
    """

    id: str
    title: str = ""
    note: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 300.0
    height: float = 200.0
    color: str = "blue"
    parent: str = ""
    training: dict[str, Any] = {}


class Graph(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Nodes, edges and frames by id. Treat the dictionaries as frozen: edits make new ones.

    What is asked of a graph again and again is found once and kept beside its fields.
    """

    nodes: dict[str, Node] = {}
    edges: dict[str, Edge] = {}
    frames: dict[str, Frame] = {}

    @cached_property
    def incoming(self) -> dict[str, dict[str, Edge]]:
        """The edges that end at each node, by target port; no entry for a node where none does. To be read only."""
        found: dict[str, dict[str, Edge]] = {}
        for edge in self.edges.values():
            found.setdefault(edge.target, {})[edge.target_port] = edge
        return found

    @cached_property
    def _outgoing(self) -> dict[str, list[Edge]]:
        found: dict[str, list[Edge]] = {}
        for edge in self.edges.values():
            found.setdefault(edge.source, []).append(edge)
        return found

    @cached_property
    def _children(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            found.setdefault(node.parent, []).append(node)
        return found

    def has_wires_of(self, other: Graph) -> bool:
        """Whether another graph has the same edges, and nodes of the same ids in the same order.

        What was found of its edges is taken over then.
        """
        same = self.edges == other.edges and list(self.nodes) == list(other.nodes)
        if same:
            for name in ("incoming", "_outgoing"):
                if name in vars(other):
                    vars(self).setdefault(name, vars(other)[name])
        return same

    def into(self, node: str) -> dict[str, Edge]:
        """The edges that end at `node`, by target port."""
        return dict(self.incoming.get(node, {}))

    def out_of(self, node: str) -> list[Edge]:
        """The edges that start at `node`."""
        return list(self._outgoing.get(node, ()))

    def inside(self, parent: str) -> list[Node]:
        """The nodes that lie directly in a block, or in the model for ""."""
        return list(self._children.get(parent, ()))

    def within(self, ids: Iterable[str]) -> set[str]:
        """The ids, and those of all nodes that lie inside of them at any depth."""
        found, waiting = set(ids), list(ids)
        while waiting:
            for child in self._children.get(waiting.pop(), ()):
                if child.id not in found:
                    found.add(child.id)
                    waiting.append(child.id)
        return found

    def reach(self, starts: Iterable[str], backwards: bool = False) -> set[str]:
        """All nodes that these lead to, or, backwards, that lead to these; a start only if it lies on a cycle."""
        after: dict[str, list[str]] = {}
        for edge in self.edges.values():
            one, other = (edge.target, edge.source) if backwards else (edge.source, edge.target)
            after.setdefault(one, []).append(other)
        seen, waiting = set[str](), list(starts)
        while waiting:
            for node in after.get(waiting.pop(), []):
                if node not in seen:
                    seen.add(node)
                    waiting.append(node)
        return seen

    def ports(self, block: str, type: str) -> list[Node]:
        """The nodes that stand for the ports of a block, from top to bottom."""
        return sorted((node for node in self.inside(block) if node.type == type), key=lambda n: (n.y, n.x, n.id))

    def order(self) -> tuple[list[str], list[str]]:
        """Node ids so that every wire points forward, and the ids that lie on or behind a cycle.

        Stable: among nodes that are ready, the earlier in the file comes first. Linear in nodes and edges.
        """
        waiting = dict.fromkeys(self.nodes, 0)
        after: dict[str, list[str]] = {node: [] for node in self.nodes}
        for edge in self.edges.values():
            if edge.source in after and edge.target in waiting:
                waiting[edge.target] += 1
                after[edge.source].append(edge.target)
        ready = [node for node, count in waiting.items() if count == 0]
        done: list[str] = []
        for node in ready:  # grows while it is walked
            done.append(node)
            for target in after[node]:
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
        return done, [node for node, count in waiting.items() if count > 0]
