"""One optimizer step in its three phases, each of which the user may take by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from netlab.engine import faults
from netlab.engine.build import Built
from netlab.engine.distributed import ALONE, Team
from netlab.engine.faults import TrainingFault
from netlab.engine.guard import Guard
from netlab.engine.loader import Batch
from netlab.engine.means import contribution, count
from netlab.engine.optim import Optimizer, averaged
from netlab.engine.precision import LOWEST_SCALE, Precision
from netlab.engine.private import run_backward
from netlab.engine.sharding import Sharded
from netlab.protocol.commands import PHASES

FORWARD, BACKWARD, UPDATE = PHASES
Readings = dict[str, torch.Tensor]


@dataclass(frozen=True)
class _Part:
    """A part of a batch, and its shares of the whole: of the rows, and of the targets that count, by reading."""

    batch: Batch
    rows: float
    shares: dict[str, torch.Tensor]


class Stepper:
    """Forward, backward, update: θ ← θ − η ∂J/∂θ, by the optimizer's rule.

    A batch may go through in parts, and a process of a team has one; loss, metrics and gradients are those of the batch
    as a whole: each part weighs as much as it has of its rows, or of its targets for a loss that leaves some out.

    Attributes:
        readings: the loss and metrics of the batch, complete once it has gone backward.
        average: the running mean of the weights, if there is one.
        judged: the model to validate, with those weights.
        team: the processes that each take a share of the batch; readings are the means over all.
        overflows: steps whose gradients did not fit into float16, so that the weights were left alone.
    """

    def __init__(
        self,
        built: Built,
        training: dict[str, Any],
        optimizer: Optimizer,
        guard: Guard,
        precision: Precision,
        team: Team = ALONE,
        sharded: Sharded | None = None,
    ) -> None:
        self.built, self.optimizer, self.guard, self.precision = built, optimizer, guard, precision
        self.team, self.sharded = team, sharded
        self.micro_batches, self.batch_size = training["micro_batches"], training["batch_size"]
        self.clip, self.clip_at = training["clip"], training["clip_at"]
        self.compiles = training["compile"]
        self.use_model()
        if sharded is None:
            self.average = averaged(built.model, training)
            self.judged = built if self.average is None else replace(built, model=self.average.module)
        else:
            self.average, self.judged = sharded.average, sharded.judged
        self.readings: Readings = {}
        self.overflows = 0
        self._one = torch.ones(())
        self._words = _InWords(self)

    def use_model(self) -> None:
        """Take the model as it now is."""
        if self.sharded is not None:
            self.model: Callable[..., Any] = self.sharded
            return
        model: Any = torch.compile(self.built.model) if self.compiles else self.built.model
        self.model = self.team.parallel(model, self.guard.device, self.built.loss_weights)

    def forward(self, batch: Batch) -> None:
        """Run the model on the batch, or on its first part."""
        self.batch = batch
        rows = len(next(iter(batch.values())))
        parts = [batch]
        if self.micro_batches > 1:
            size = -(-rows // self.micro_batches)
            cuts = {name: values.split(size) for name, values in batch.items()}
            parts = [{n: cuts[n][i] for n in cuts} for i in range(-(-rows // size))]
        shares = self._shares(parts)
        self._parts = [
            _Part(part, len(next(iter(part.values()))) / rows, share) for part, share in zip(parts, shares, strict=True)
        ]
        with self._words:
            self.readings = self._run(parts[0])

    def _shares(self, parts: list[Batch]) -> list[dict[str, torch.Tensor]]:
        """What each part has of the targets that count in the whole batch, by reading; as if there were one process."""
        each = [count(part, self.built.source.counted) for part in parts]
        names = list(each[0])
        if not names:
            return each
        counts = torch.stack([torch.stack([part[name] for name in names]) for part in each])
        shares = counts * self.team.size / self.team.sum(counts.sum(0))
        return [dict(zip(names, share, strict=True)) for share in shares]

    def backward(self) -> None:
        """Find the gradients; further parts of the batch go forward and backward one by one."""
        with self._words:
            self._backward()
            if self.team.size > 1:
                self.readings = self.team.mean(self.readings)

    def _backward(self) -> None:
        if len(self._parts) == 1 and not self._parts[0].shares:
            self._derive(self._scaled(self.readings["loss"]))
            return
        total: Readings = {}
        for i, part in enumerate(self._parts):
            readings = self._weighed(self.readings if i == 0 else self._run(part.batch), part)
            self._derive(self._scaled(readings["loss"]))
            total = {name: total.get(name, 0) + value.detach() for name, value in readings.items()}
            self.readings = {}  # nothing of a part is held while the next one runs
        self.readings = total

    def _weighed(self, readings: Readings, part: _Part) -> Readings:
        return contribution(readings, part.rows, part.shares, self.built.loss_weights)

    def _derive(self, loss: torch.Tensor) -> None:
        if (self._one.dtype, self._one.device) != (loss.dtype, loss.device):
            self._one = torch.ones_like(loss)
        run_backward(loss, self._one)

    def update(self, step: int) -> None:
        """Judge the gradients and change the weights. `step` counts from 1."""
        with self._words:
            if self._admitted(step):
                if self.optimizer.closes:
                    if self.optimizer.learning_rate > 0:  # torch divides by the length of the step
                        self.optimizer.search(self._again)
                elif self.precision.scales:
                    for part in self.optimizer.parts:
                        if any(p.grad is not None for group in part.param_groups for p in group["params"]):
                            self.precision.scaler.step(part)  # it refuses one whose weights are all frozen
                else:
                    self.optimizer.step()
                if self.average is not None:
                    self.average.update_parameters(self.built.model)
            if self.precision.scales:
                self.precision.scaler.update()
            self.optimizer.zero_grad()

    def _run(self, batch: Batch) -> Readings:
        """Forward; the predictions are let go of at once."""
        if self.precision.dtype is None:
            return self.model(**self.built.source.arguments(batch))[1]
        with self.precision.region():
            return self.model(**self.built.source.arguments(batch))[1]

    def _scaled(self, loss: torch.Tensor) -> torch.Tensor:
        return self.precision.scaler.scale(loss) if self.precision.scales else loss

    def _admitted(self, step: int) -> bool:
        """Whether the weights may change; what is wrong beyond repair raises."""
        scaler = self.precision.scaler
        if self.precision.scales:
            for part in self.optimizer.parts:
                scaler.unscale_(part)
        tolerant = self.precision.scales and scaler.get_scale() > LOWEST_SCALE
        if not self.guard.admit(step, self.readings["loss"], self.batch, self.optimizer.learning_rate, tolerant):
            self.overflows += 1
            return False
        if self.clip == "norm":
            clip_grad_norm_(self.optimizer.parameters, self.clip_at)
        elif self.clip == "value":
            clip_grad_value_(self.optimizer.parameters, self.clip_at)
        return True

    def _again(self) -> torch.Tensor:
        """Forward and backward once more, for an optimizer that looks for a good length of its step."""
        self.optimizer.zero_grad()
        total = torch.zeros((), device=self.readings["loss"].device)
        for part in self._parts:
            loss = self._weighed(self._run(part.batch), part)["loss"]
            loss.backward()
            total += loss.detach()
        return self.team.mean({"loss": total})["loss"]

    def fault_of(self, error: Exception) -> TrainingFault:
        """What went wrong in the model, in a sentence."""
        batch = self.batch if self.sharded is None else None  # to run the model again all others would have to
        return faults.of_exception(error, self.built, self.batch_size, self.micro_batches, batch)


class _InWords:
    """Whatever fails in the model becomes a fault with a sentence. Entered three times a step, so no generator."""

    def __init__(self, stepper: Stepper) -> None:
        self._stepper = stepper

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, TrainingFault):
            raise self._stepper.fault_of(error) from error
