"""What a model will cost before it runs: parameters, operations and memory, for each node and together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from netlab.compiler.backward import Backward
from netlab.compiler.blocks import ancestors, scan_ports
from netlab.compiler.infer import Inferred
from netlab.compiler.passages import without_passages
from netlab.compiler.problem import label_among
from netlab.compiler.trace import reaching
from netlab.document.optimizers import rule
from netlab.document.project import Project
from netlab.language import tr
from netlab.layers.block import SCAN, Block
from netlab.layers.layer import Shape

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
        self.backward = Backward(self.graph, inferred, needed & inferred.judged.keys())
        self.order = self.backward.order
        self.whole = int(project.training.get("batch_size", 32))
        self.batch = -(-self.whole // int(project.training.get("micro_batches", 1)))  # that go through at one time

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
        if found.layer.role == "block":  # its content is counted node by node, and what a scan stacks here
            stacked = [shape for port, shape in self._stacked(node) if self.backward.needed_again((node, port))]
            return Cost(activations=4 * sum(shape.elements() for shape in stacked))
        arrived = {port: shape for port, shape in found.arrived.items() if shape is not None}
        flops = found.layer.flops(arrived, found.sent, found.weights or {}) if found.layer.role in ("", "loss") else 0
        runs = self._runs(node)
        return Cost(self.inferred.parameters(node), runs * flops, runs * self._kept(node, arrived))

    def _stacked(self, block: str) -> list[tuple[str, Shape]]:
        """The sequences that a scan makes of what leaves its steps; of other blocks none."""
        found = self.inferred.judged[block]
        if found.layer.values["mode"] != SCAN or block not in self.backward.learning:
            return []
        return [(port, found.sent[port]) for port in scan_ports(self.project.graph, block).stacked]

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
        if node not in self.backward.learning or found.layer.role == "input" or found.layer.needs == "view":
            return 0
        own = 4 * (found.layer.kept(arrived, found.sent) - sum(s.elements() for s in found.sent.values()))
        for port, shape in found.sent.items():
            own += BYTES[shape.dtype] * shape.elements() if self.backward.needed_again((node, port)) else 0
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
            if found.layer.role == "block":  # the list of the steps lives as long as what is stacked of them
                total += sum(4 * shape.elements() for _, shape in self._stacked(node))
            for port, shape in found.sent.items():
                if x_until <= position[node]:
                    x_until = last.get((node, port), -1)
                elif not self.backward.needed_again((node, port)):
                    total += BYTES[shape.dtype] * shape.elements()
        return total

    def _worst_moment(self, nodes: Mapping[str, Cost]) -> int:
        """The most bytes of activations and gradients at one time, walking back from the loss."""
        held = self.batch * sum(cost.activations for cost in nodes.values())
        worst = held + self.batch * self._named()
        waiting: dict[tuple[str, str], int] = {}  # gradients made, and not yet used
        for node in reversed(self.order):
            found = self.inferred.judged[node]
            if node not in self.backward.learning or found.layer.role == "block":
                continue
            sent = sum(waiting.pop((node, port), 0) for port in found.sent)
            frozen = self.project.graph.nodes[node].frozen
            grown = 0 if frozen else 4 * nodes[node].parameters
            made = self._passed_back(node, waiting, sent)
            arrived = {port: shape for port, shape in found.arrived.items() if shape is not None}
            inside = 4 * self.batch * found.layer.passing(arrived, found.sent)
            moment = sent + sum(waiting.values()) + sum(made.values()) + inside
            worst = max(worst, held + grown + moment)
            for value, size in made.items():
                waiting[value] = waiting.get(value) or size
            held += grown - self.batch * nodes[node].activations
        return worst

    def _passed_back(self, node: str, waiting: Mapping[tuple[str, str], int], sent: int) -> dict[tuple[str, str], int]:
        """Bytes of the gradients that a node makes for what it read. Views and sums hand on the one they got."""
        layer = self.inferred.layers[node]
        values = self.backward.gradients_of(node)
        if layer.needs == "view" or layer.passes_gradient:
            return {value: 0 if i or value in waiting else sent for i, value in enumerate(values)}
        shapes = {value: self.inferred.outputs[value] for value in values}
        return {value: 4 * self.batch * shape.elements() for value, shape in shapes.items() if shape.dtype == "float"}


def of_one(cost: Forecast, processes: int, shares: bool) -> Forecast:
    """What each of several processes takes that divide a batch and, where it has `shares`, the model, too.

    The largest node is whole at the moment at which it runs, its weights and its gradient.
    """
    held = cost.weights + cost.gradients + cost.optimizer
    parts = processes if shares else 1
    whole = 8 * max((node.parameters for node in cost.nodes.values()), default=0) if shares else 0
    return replace(
        cost,
        weights=cost.weights // parts,
        gradients=cost.gradients // parts,
        optimizer=cost.optimizer // parts,
        activations=cost.activations // processes,
        peak=held // parts + whole + max(0, cost.peak - held) // processes,
        flops=cost.flops // processes,
    )


def too_large(project: Project, cost: Forecast, free: int) -> str:
    """Why training will not fit into `free` bytes, with the largest nodes and a batch size that would; "" if it fits."""
    if cost.peak <= free:
        return ""
    batch = int(project.training.get("batch_size", 32))
    largest = sorted(cost.nodes, key=lambda node: cost.nodes[node].activations, reverse=True)[:2]
    names = [label_among(project.graph, node) for node in largest]
    kept = tr("{first} and {second}", first=names[0], second=names[1]) if len(names) > 1 else "".join(names)
    fixed = cost.weights + cost.gradients + cost.optimizer
    fitting = int(batch * (free - fixed) / max(cost.peak - fixed, 1) * 0.9)
    remedy = tr("The weights alone take most of it: make the widest layers narrower.")
    if fitting >= 1:
        remedy = tr(
            "A batch size of {size} would fit, or the same batch in {parts} micro_batches.",
            size=fitting,
            parts=-(-batch // fitting),
        )
    return tr(
        "Training needs about {need:.2f} GB, but {free:.2f} GB are free. Most is kept for {nodes}. {remedy}",
        need=cost.peak / 1e9,
        free=free / 1e9,
        nodes=kept,
        remedy=remedy,
    )
