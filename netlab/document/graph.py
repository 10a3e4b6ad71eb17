"""The graph as a value: nodes, edges and frames, each with an id that never changes."""

from __future__ import annotations

from typing import Any

import msgspec


class Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One layer on the canvas.

    Attributes:
        id: unique in the graph, e.g. ``n17``; checkpoints key tensors by it.
        type: key in the layer catalogue; an unknown one is kept and shown grey.
        name: what the user calls it; "" takes a name from the type.
        options: every option value of the layer.
        x, y: position of the top left corner on the canvas, in pixels at 100 %.
        frozen: its weights do not learn.
    """

    id: str
    type: str
    name: str = ""
    options: dict[str, Any] = {}
    x: float = 0.0
    y: float = 0.0
    frozen: bool = False


class Edge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wire from an output port to an input port. An input port takes one wire, an output port any number."""

    id: str
    source: str
    source_port: str
    target: str
    target_port: str


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A titled rectangle with a note behind the nodes."""

    id: str
    title: str = ""
    note: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 300.0
    height: float = 200.0
    color: str = "blue"


class Graph(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nodes, edges and frames by id. Treat the dictionaries as frozen: edits make new ones."""

    nodes: dict[str, Node] = {}
    edges: dict[str, Edge] = {}
    frames: dict[str, Frame] = {}

    def into(self, node: str) -> dict[str, Edge]:
        """The edges that end at `node`, by target port."""
        return {edge.target_port: edge for edge in self.edges.values() if edge.target == node}

    def out_of(self, node: str) -> list[Edge]:
        """The edges that start at `node`."""
        return [edge for edge in self.edges.values() if edge.source == node]

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
