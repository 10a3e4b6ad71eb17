"""How large the gradient of every node is, noted twice a second between backward and update."""

from __future__ import annotations

import time

import torch

from netlab.compiler.problem import label
from netlab.engine.build import Built
from netlab.engine.precision import Precision
from netlab.engine.probing import Record
from netlab.protocol.summaries import GRADIENTS, Levels, encode

SECONDS = 0.5


class GradientMeter:
    """Root mean square of the gradient over all weights of a node, in all its copies; one transfer from the device."""

    def __init__(self, built: Built, precision: Precision, record: Record) -> None:
        self.precision, self.record = precision, record
        self.nodes: dict[str, list[torch.nn.Parameter]] = {}
        for node in built.inferred.weights:
            places = built.source.modules_of_node.get(node, ())
            found = [p for path, _ in places for p in built.model.get_submodule(path).parameters()]
            if found:
                self.nodes[node] = found
        self.names = {node: label(built.project.graph.nodes[node]) for node in self.nodes}
        self._next = 0.0

    def look(self, step: int) -> None:
        """Note the gradients that are in place, if it is time."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + SECONDS
        sizes, nodes = [], []
        for node, parameters in self.nodes.items():
            gradients = [p.grad for p in parameters if p.grad is not None and not p.grad.is_sparse]
            if gradients:
                squares = torch.stack([torch.linalg.vector_norm(g).float() for g in gradients]).square().sum()
                sizes.append((squares / sum(g.numel() for g in gradients)).sqrt())
                nodes.append(node)
        if sizes:
            scale = self.precision.scaler.get_scale() if self.precision.scales else 1.0
            values = (torch.stack(sizes) / scale).tolist()
            self.record(step, GRADIENTS, "", encode(Levels(nodes, [self.names[node] for node in nodes], values)))
