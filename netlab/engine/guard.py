"""Keeps bad numbers out of the weights: loss and gradient are judged between backward and update, in every step."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch

from netlab.engine import faults
from netlab.engine.build import Built
from netlab.engine.distributed import ALONE, Team
from netlab.engine.faults import TrainingFault
from netlab.engine.loader import Batch
from netlab.engine.optim import Optimizer
from netlab.engine.precision import Precision
from netlab.engine.private import find_infinite
from netlab.language import tr

EXPLODED = 1e8  # a loss so far above its start will not come back
LAG = 4  # steps that a GPU may be ahead of the verdict


@dataclass(frozen=True)
class _Pending:
    """A step whose verdict is still on its way from the GPU."""

    step: int
    batch: Batch
    learning_rate: float
    loss: torch.Tensor
    infinite: torch.Tensor
    bad: torch.Tensor
    arrived: torch.cuda.Event | None


class Guard:
    """Refuses a step whose loss or gradient is not finite, or whose loss is beyond reason.

    On the CPU a bad step raises before the update. A GPU is not made to wait: there the verdict goes to the fused
    optimizer as `found_inf`, which skips the update, and it stays set, so that the weights of the bad step are still
    there when the verdict arrives, at most `LAG` steps later.

    Args:
        delayed: whether verdicts come late; by the device if nothing is said.
        whole: gives the model to look for the fault in, if that is not `built`; all processes of a team call it.
        team: the processes that each have a part of the batch; the leader looks for the fault in all of it.

    Attributes:
        first_loss: the first finite loss of the run, the measure of what is beyond reason.
    """

    def __init__(
        self,
        built: Built,
        optimizer: Optimizer,
        device: torch.device,
        precision: Precision | None = None,
        delayed: bool | None = None,
        whole: Callable[[], Built | None] | None = None,
        team: Team = ALONE,
    ) -> None:
        self.built, self.optimizer, self.device, self.team = built, optimizer, device, team
        self.whole = whole or (lambda: built)
        self.precision = precision or Precision("float32", device)
        self.first_loss: float | None = None
        can_wait = device.type == "cuda" and optimizer.fused and not self.precision.scales
        self.delayed = can_wait if delayed is None else delayed
        self._bad = torch.zeros((), device=device)
        self._found, self._one = torch.zeros((), device=device), torch.ones((), device=device)
        self._pending: deque[_Pending] = deque()

    def admit(self, step: int, loss: torch.Tensor, batch: Batch, learning_rate: float, tolerant: bool = False) -> bool:
        """Judge the step whose gradients are in place; whether all of them are finite, as far as is known yet.

        Raises:
            TrainingFault: the step, or an earlier one, is bad; a gradient that is not finite is let pass if `tolerant`.
        """
        if self.first_loss is None:
            value = loss.item()
            self.first_loss = value if math.isfinite(value) else None
        limit = EXPLODED * max(1.0, abs(self.first_loss or 0.0))
        infinite = self._infinite_gradients()
        if not self.delayed:
            found = infinite.item() > 0
            if not abs(loss.item()) <= limit or (found and not tolerant):
                raise self._fault(step, batch, learning_rate, loss, found)
            return not found
        fine = (loss.detach().abs() <= limit) & (infinite == 0)
        self._bad = torch.maximum(self._bad, (~fine).float())
        for part in self.optimizer.parts:
            part.found_inf = self._bad  # type: ignore[attr-defined] - the fused kernels look for it
        self._pending.append(
            _Pending(step, batch, learning_rate, loss.detach(), infinite.clone(), *_on_its_way(self._bad))
        )
        if len(self._pending) > LAG:
            self._settle_one()
        return True

    def _infinite_gradients(self) -> torch.Tensor:
        """1 if a gradient holds a number that is not finite, else 0: in one kernel, which a norm would not be."""
        gradients = [p.grad for p in self.optimizer.parameters if p.grad is not None]
        self._found.zero_()
        find_infinite(gradients, self._found, self._one)
        return self._found

    def settle(self) -> None:
        """Wait for the verdicts that are still out; needed before anything is kept."""
        while self._pending:
            self._settle_one()

    def _settle_one(self) -> None:
        oldest = self._pending.popleft()
        if oldest.arrived is not None:
            oldest.arrived.synchronize()
        if oldest.bad.item():
            infinite = bool(oldest.infinite.item())
            raise self._fault(oldest.step, oldest.batch, oldest.learning_rate, oldest.loss, infinite)

    def _fault(
        self, step: int, batch: Batch, learning_rate: float, loss: torch.Tensor, infinite: bool
    ) -> TrainingFault:
        self._pending.clear()
        value, built = loss.item(), self.whole()
        batch = {name: self.team.rows(values) for name, values in batch.items()}
        if built is None or not self.team.leads:
            return TrainingFault(tr("Step {step} cannot be done; the first process says why.", step=step), step=step)
        home = next(built.model.parameters()).device
        batch = {name: values.to(home) for name, values in batch.items()}
        with self.precision.region():
            if math.isfinite(value) and infinite:
                return faults.of_gradient(built, batch, step, learning_rate)
            return faults.of_loss(built, batch, step, value, learning_rate)


def _on_its_way(flag: torch.Tensor) -> tuple[torch.Tensor, torch.cuda.Event | None]:
    """A copy of a flag on the CPU, and when it will be there."""
    if flag.device.type != "cuda":
        return flag.clone(), None
    copy = torch.empty((), pin_memory=True)
    copy.copy_(flag, non_blocking=True)
    arrived = torch.cuda.Event()
    arrived.record()
    return copy, arrived
