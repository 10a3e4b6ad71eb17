"""A step led through its phases by hand: what each node holds then is recorded, as a histogram."""

from __future__ import annotations

from collections.abc import Callable

import torch

from netlab.engine.build import Built
from netlab.engine.lines import values_of_nodes
from netlab.engine.loader import Batch
from netlab.engine.sharding import whole
from netlab.engine.step import BACKWARD, FORWARD, UPDATE, Stepper
from netlab.probes.probe import Seen
from netlab.probes.weights import Weights
from netlab.protocol.summaries import encode

Record = Callable[[int, str, str, bytes], None]
MOST = 10_000_000  # numbers of one node that are looked at


class SlowMotion:
    """The three phases of a `Stepper`, with a look at every node behind each.

    Behind *forward* that is the value which a node sends, behind *backward* the gradient of its weights, or of its
    value if it has none, and behind *update* how far its weights moved.
    """

    def __init__(self, stepper: Stepper, record: Record) -> None:
        self.stepper, self.record = stepper, record
        self.built: Built = stepper.built
        self._values: dict[str, torch.Tensor] = {}
        self._nodes = self.built.nodes()

    def forward(self, step: int, batch: Batch) -> None:
        """Run the model, and keep what each line assigns."""
        self._values = values_of_nodes(self.built, lambda: self.stepper.forward(batch))
        for node, value in self._values.items():
            self._tell(step, FORWARD, node, [value])

    def backward(self, step: int) -> None:
        """Find the gradients."""
        self.stepper.backward()
        found = {n: [v.grad] for n, v in self._values.items() if v.requires_grad and v.grad is not None}
        self._values.clear()
        owned: dict[str, list[torch.Tensor]] = {}
        for name, parameter in self.built.model.named_parameters():
            if parameter.grad is not None:
                owned.setdefault(self._nodes[name], []).append(parameter.grad)
        for node, gradients in {**found, **owned}.items():
            self._tell(step, BACKWARD, node, gradients)

    def update(self, step: int) -> None:
        """Change the weights."""
        before = {name: p.detach().clone() for name, p in self.built.model.named_parameters() if p.requires_grad}
        self.stepper.update(step)
        moved: dict[str, list[torch.Tensor]] = {}
        for name, parameter in self.built.model.named_parameters():
            if name in before:
                moved.setdefault(self._nodes[name], []).append(parameter.detach() - before[name])
        for node, changes in moved.items():
            self._tell(step, UPDATE, node, changes)

    def _tell(self, step: int, phase: str, node: str, tensors: list[torch.Tensor]) -> None:
        arrays = {str(i): whole(t).detach().flatten()[:MOST].float().cpu().numpy() for i, t in enumerate(tensors)}
        self.record(step, phase, node, encode(Weights().summarise(Seen(arrays))))
