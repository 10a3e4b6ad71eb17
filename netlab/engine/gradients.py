"""How large the gradient of every node is, noted twice a second between backward and update."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from netlab.compiler.blocks import along
from netlab.compiler.problem import label_among
from netlab.engine.build import Built
from netlab.engine.distributed import ALONE, Team
from netlab.engine.precision import Precision
from netlab.engine.probing import Record
from netlab.engine.sharding import local
from netlab.protocol.summaries import GRADIENTS, Levels, encode

SECONDS = 0.5


class GradientMeter:
    """Root mean square of the gradient over all weights of a node, in all its copies; one transfer from the device.

    Of a model that is shared out among a `team` all look at the same time, by the `clock` that all go by.
    """

    def __init__(
        self,
        built: Built,
        precision: Precision,
        record: Record,
        clock: Callable[[], float] = time.monotonic,
        team: Team = ALONE,
    ) -> None:
        self.precision, self.record, self.clock, self.team = precision, record, clock, team
        self.nodes: dict[str, list[torch.nn.Parameter]] = {}
        for node in along(built.project.graph, built.inferred.order):
            places = built.source.modules_of_node.get(node, ()) if node in built.inferred.weights else ()
            found = [p for path, _ in places for p in built.model.get_submodule(path).parameters()]
            if found:
                self.nodes[node] = found
        self.names = {node: label_among(built.project.graph, node) for node in self.nodes}
        self._next = 0.0

    def look(self, step: int) -> None:
        """Note the gradients that are in place, if it is time."""
        now = self.clock()
        if now < self._next:
            return
        self._next = now + SECONDS
        squares, counts, nodes = [], [], []
        for node, parameters in self.nodes.items():
            gradients = [p.grad for p in parameters if p.grad is not None and not p.grad.is_sparse]
            if gradients:
                norms = [torch.linalg.vector_norm(local(g)).float() for g in gradients]
                squares.append(torch.stack(norms).square().sum())
                counts.append(sum(g.numel() for g in gradients))
                nodes.append(node)
        if squares:
            scale = self.precision.scaler.get_scale() if self.precision.scales else 1.0
            sums = self.team.sum(torch.stack(squares)).tolist()
            values = [math.sqrt(total / count) / scale for total, count in zip(sums, counts, strict=True)]
            self.record(step, GRADIENTS, "", encode(Levels(nodes, [self.names[node] for node in nodes], values)))
