"""One optimizer step in its three phases, each of which the user may take by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from netlab.engine import faults
from netlab.engine.build import Built
from netlab.engine.faults import TrainingFault
from netlab.engine.guard import Guard
from netlab.engine.loader import Batch

FORWARD, BACKWARD, UPDATE = PHASES = ("forward", "backward", "update")


class Stepper:
    """Forward, backward, update: θ ← θ − η ∂J/∂θ, by the optimizer's rule.

    Attributes:
        readings: the loss and metrics of the batch that went forward last.
    """

    def __init__(self, built: Built, optimizer: torch.optim.Optimizer, guard: Guard, batch_size: int) -> None:
        self.built, self.optimizer, self.guard = built, optimizer, guard
        self.batch_size = batch_size
        self.readings: dict[str, torch.Tensor] = {}

    def forward(self, batch: Batch) -> None:
        """Run the model; the predictions are let go of at once."""
        with self._in_words():
            self.batch = batch
            self.readings = self.built.model(**self.built.source.arguments(batch))[1]

    def backward(self) -> None:
        """Find the gradients."""
        with self._in_words():
            self.readings["loss"].backward()

    def update(self, step: int, learning_rate: float) -> None:
        """Judge the gradients and change the weights. `step` counts from 1."""
        with self._in_words():
            self.guard.admit(step, self.readings["loss"], self.batch, learning_rate)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Whatever fails in the model becomes a fault with a sentence."""
        try:
            yield
        except TrainingFault:
            raise
        except Exception as error:
            raise faults.of_exception(error, self.built, self.batch_size) from error
