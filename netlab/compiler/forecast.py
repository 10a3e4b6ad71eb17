"""What a model will cost before it runs: parameters, operations and memory, for each node and together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netlab.compiler.blocks import ancestors, scan_ports
from netlab.compiler.infer import Inferred
from netlab.compiler.passages import without_passages
from netlab.compiler.problem import label
from netlab.compiler.trace import reaching
from netlab.document.optimizers import rule
from netlab.document.project import Project
from netlab.layers.block import SCAN, Block
from netlab.layers.layer import Layer, Shape

BYTES = {"float": 4, "int": 8, "bool": 1}


@dataclass(frozen=True)
class Cost:
    """What one node costs.

    Attributes:
        parameters: numbers it learns.
        flops: floating-point operations of one forward pass of one sample; backward costs about twice that.
        activations: bytes that the backward pass of one sample keeps.
    """

    parameters: int = 0
    flops: int = 0
    activations: int = 0


@dataclass(frozen=True)
class Forecast:
    """What training costs, in bytes where nothing else is said.

    Attributes:
        nodes: the cost of every node that the model needs.
        weights, gradients, optimizer: for the whole model.
        activations: kept for the backward pass of one batch.
        peak: the most that is held at one time: weights, optimizer, and the worst moment of a step.
        flops: operations of one training step (forward and backward) of one batch.
    """

    nodes: Mapping[str, Cost]
    weights: int
    gradients: int
    optimizer: int
    activations: int
    peak: int
    flops: int


def forecast(project: Project, inferred: Inferred) -> Forecast:
    """The cost of training a project with its batch size and optimizer; nodes without a shape count nothing."""
    return _Forecaster(project, inferred).run()


class _Forecaster:
    def __init__(self, project: Project, inferred: Inferred) -> None:
        self.project, self.inferred = project, inferred
        self.graph = without_passages(project.graph, inferred.layers, inferred.inputs)
        roles = ("output", "loss")
        goals = [node for node, layer in inferred.layers.items() if layer.role in roles]
        needed = reaching(self.graph, goals)
        self.order = [node for node in inferred.order if node in needed and node in inferred.judged]
        self.whole = int(project.training.get("batch_size", 32))
        self.batch = -(-self.whole // int(project.training.get("micro_batches", 1)))  # that go through at one time
        self.learning = self._learning()
        self.read_by = self._readers()

    def _learning(self) -> set[str]:
        """Nodes through which a gradient flows: those that learn, and all behind them."""
        found: set[str] = set()
        into = {node: set[str]() for node in self.order}
        for edge in self.graph.edges.values():
            if edge.target in into:
                into[edge.target].add(edge.source)
        for node in self.order:
            learns = node in self.inferred.untested or bool(self.inferred.weights.get(node))
            own = learns and not self.project.graph.nodes[node].frozen
            if own or into[node] & found:
                found.add(node)
        return found

    def _readers(self) -> dict[tuple[str, str], list[Layer]]:
        found: dict[tuple[str, str], list[Layer]] = {}
        for edge in self.graph.edges.values():
            if edge.target in self.learning and edge.target in self.inferred.judged:
                layer = self.inferred.layers[edge.target]
                found.setdefault((edge.source, edge.source_port), []).append(layer)
        return found

    def run(self) -> Forecast:
        nodes = {node: self._cost(node) for node in self.order}
        weights = 4 * sum(cost.parameters for cost in nodes.values())
        free = [node for node in self.order if not self.project.graph.nodes[node].frozen]
        gradients = 4 * sum(nodes[node].parameters for node in free)
        optimizer = gradients * self._states_kept()
        activations = self.batch * sum(cost.activations for cost in nodes.values())
        peak = weights + optimizer + self._worst_moment(nodes)
        flops = 3 * self.whole * sum(cost.flops for cost in nodes.values())
        return Forecast(nodes, weights, gradients, optimizer, activations, peak, flops)

    def _states_kept(self) -> int:
        """Numbers kept for every weight beside its gradient: by the optimizer, and as the average of the weights."""
        training: Mapping[str, Any] = self.project.training
        return rule(training).states_kept(training) + bool(training.get("ema_decay"))

    def _cost(self, node: str) -> Cost:
        found = self.inferred.judged[node]
        if found.layer.role == "block":  # its content is counted node by node
            return Cost()
        arrived = {port: shape for port, shape in found.arrived.items() if shape is not None}
        flops = found.layer.flops(arrived, found.sent, found.weights or {}) if found.layer.role in ("", "loss") else 0
        runs = self._runs(node)
        return Cost(self.inferred.parameters(node), runs * flops, runs * self._kept(node, arrived))

    def _runs(self, node: str) -> int:
        """How often a node runs in one pass: the copies and time steps of the blocks around it."""
        runs = 1
        for block in ancestors(self.project.graph, node):
            layer = self.inferred.layers.get(block.id)
            if isinstance(layer, Block):
                runs *= layer.runs
                if layer.mode == SCAN:
                    sequence = self.inferred.inputs.get((block.id, scan_ports(self.project.graph, block.id).sequence))
                    runs *= (sequence.sizes[1] or 1) if sequence is not None and sequence.rank > 1 else 1
        return runs

    def _kept(self, node: str, arrived: Mapping[str, Shape]) -> int:
        """Bytes kept for the backward pass: what the layer keeps inside, and its output if anybody needs it again."""
        found = self.inferred.judged[node]
        if node not in self.learning or found.layer.role == "input":
            return 0
        own = 4 * (found.layer.kept(arrived, found.sent) - sum(s.elements() for s in found.sent.values()))
        for port, shape in found.sent.items():
            own += BYTES[shape.dtype] * shape.elements() if self._needed_again(node, port) else 0
        return max(own, 0)

    def _named(self) -> int:
        """Bytes of values that only a variable of `forward` keeps: all but ``x`` live until it returns."""
        graph = self.graph
        top = [node for node in self.order if not graph.nodes[node].parent]
        position = {node: i for i, node in enumerate(top)}
        last: dict[tuple[str, str], int] = {}
        for edge in graph.edges.values():
            if edge.target in position:
                key = (edge.source, edge.source_port)
                last[key] = max(position[edge.target], last.get(key, -1))
        total, x_until = 0, -1
        for node in top:
            found = self.inferred.judged[node]
            if found.layer.role not in ("", "block"):
                continue
            for port, shape in found.sent.items():
                if x_until <= position[node]:
                    x_until = last.get((node, port), -1)
                elif not self._needed_again(node, port):
                    total += BYTES[shape.dtype] * shape.elements()
        return total

    def _needed_again(self, node: str, port: str) -> bool:
        """Whether the backward pass reads a value, so that it is counted there."""
        readers = self.read_by.get((node, port), ())
        return self.inferred.layers[node].needs == "output" or any(reader.needs == "input" for reader in readers)

    def _worst_moment(self, nodes: Mapping[str, Cost]) -> int:
        """The most bytes of activations and gradients at one time, walking back from the loss."""
        held = self.batch * sum(cost.activations for cost in nodes.values())
        worst = held + self.batch * self._named()
        for node in reversed(self.order):
            if node not in self.learning:
                continue
            found = self.inferred.judged[node]
            passing = [
                *found.sent.values(),
                *(s for s in found.arrived.values() if s is not None and s.dtype == "float"),
            ]
            frozen = self.project.graph.nodes[node].frozen
            grown = 0 if frozen else 4 * nodes[node].parameters
            worst = max(worst, held + grown + 4 * self.batch * sum(shape.elements() for shape in passing))
            held += grown - self.batch * nodes[node].activations
        return worst


def too_large(project: Project, cost: Forecast, free: int) -> str:
    """Why training will not fit into `free` bytes, with the largest nodes and a batch size that would; "" if it fits."""
    if cost.peak <= free:
        return ""
    batch = int(project.training.get("batch_size", 32))
    largest = sorted(cost.nodes, key=lambda node: cost.nodes[node].activations, reverse=True)[:2]
    names = " and ".join(label(project.graph.nodes[node]) for node in largest)
    fixed = cost.weights + cost.gradients + cost.optimizer
    fitting = int(batch * (free - fixed) / max(cost.peak - fixed, 1) * 0.9)
    remedy = (
        f"A batch size of {fitting} would fit, or the same batch in {-(-batch // fitting)} micro_batches."
        if fitting >= 1
        else "The weights alone take most of it: make the widest layers narrower."
    )
    need, have = cost.peak / 1e9, free / 1e9
    return f"Training needs about {need:.2f} GB, but {have:.2f} GB are free. Most is kept for {names}. {remedy}"
