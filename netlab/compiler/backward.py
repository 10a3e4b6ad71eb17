"""Where values and their gradients go in a training step, seen through the borders of blocks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from netlab.compiler.blocks import scan_ports
from netlab.compiler.infer import Inferred
from netlab.document.graph import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, Edge, Graph
from netlab.layers.block import SCAN

Value = tuple[str, str]  # the node and port that made it


class Backward:
    """The values of a graph and who reads them.

    Attributes:
        order: the needed nodes as they run: those inside of a block where the block stands.
    """

    def __init__(self, graph: Graph, inferred: Inferred, needed: Iterable[str]) -> None:
        self.graph, self.inferred = graph, inferred
        self.into: dict[str, dict[str, Edge]] = {node: {} for node in graph.nodes}
        for edge in graph.edges.values():
            self.into[edge.target][edge.target_port] = edge
        wanted = set(needed)
        inside: dict[str, list[str]] = {}
        for node in inferred.order:
            if node in wanted:
                inside.setdefault(graph.nodes[node].parent, []).append(node)
        self.order: list[str] = []
        waiting = inside.get("", [])[::-1]
        while waiting:
            node = waiting.pop()
            self.order.append(node)
            waiting += inside.get(node, [])[::-1]
        self._again: dict[Value, bool] = {}

    def _is_scan(self, block: str) -> bool:
        return self.inferred.layers[block].values.get("mode") == SCAN

    def origin(self, value: Value) -> Value:
        """The value itself, where a block only passes it on: a scan stacks what it sends, so that it makes its own."""
        while True:
            node = self.graph.nodes[value[0]]
            if node.type == BLOCK and not self._is_scan(node.id):
                edge = self.into[value[1]].get("x")
            elif node.type == BLOCK_INPUT and node.parent:
                edge = self.into[node.parent].get(node.id)
            else:
                return value
            if edge is None:
                return value
            value = (edge.source, edge.source_port)

    @cached_property
    def learning(self) -> set[str]:
        """Nodes through which a gradient flows: those that learn, and all behind them."""
        after: dict[str, list[str]] = {}
        for edge in self.graph.edges.values():
            at_block = self.graph.nodes[edge.target].type == BLOCK
            after.setdefault(edge.source, []).append(edge.target_port if at_block else edge.target)
        for node in self.order:
            record = self.graph.nodes[node]
            if record.type == BLOCK_OUTPUT and record.parent:
                after.setdefault(node, []).append(record.parent)
            if record.type == BLOCK and self._is_scan(node):
                for start, end in scan_ports(self.graph, node).states:
                    after.setdefault(end, []).append(start)
        found = {node for node in self.order if self._learns(node)}
        waiting = list(found)
        while waiting:
            for node in after.get(waiting.pop(), ()):
                if node not in found:
                    found.add(node)
                    waiting.append(node)
        return found

    def _learns(self, node: str) -> bool:
        has = self.inferred.learns(node)
        return has and not self.graph.nodes[node].frozen

    @cached_property
    def readers(self) -> dict[Value, list[str]]:
        """The nodes that read each value on the way of a gradient."""
        found: dict[Value, list[str]] = {}
        for node in self.order:
            if node in self.learning and self.graph.nodes[node].type != BLOCK:
                for edge in self.into[node].values():
                    found.setdefault(self.origin((edge.source, edge.source_port)), []).append(node)
        return found

    def needed_again(self, value: Value) -> bool:
        """Whether the backward pass reads a value, itself or through a view of it."""
        if value not in self._again:
            self._again[value] = self.inferred.layers[value[0]].needs == "output" or any(
                self._keeps(reader) for reader in self.readers.get(value, ())
            )
        return self._again[value]

    def _keeps(self, reader: str) -> bool:
        layer = self.inferred.layers[reader]
        if layer.needs != "view":
            return layer.needs == "input"
        return any(self.needed_again((reader, port)) for port in layer.outputs())

    def gradients_of(self, node: str) -> list[Value]:
        """The values that get a gradient from a node, the first made first."""
        place = {name: i for i, name in enumerate(self.order)}
        found = {self.origin((edge.source, edge.source_port)) for edge in self.into[node].values()}
        return sorted((v for v in found if v[0] in self.learning), key=lambda v: place.get(v[0], 0))
