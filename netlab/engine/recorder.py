"""Takes what was measured to the writer: a step only puts its tensors down, many are handed over at once."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from netlab.runs.writer import RunWriter

SPEED_SECONDS = 0.5
OnMetrics = Callable[[int, int, dict[str, float]], None]


class Recorder:
    """Keeps the readings of the latest steps until they are handed over.

    Attributes:
        reported: when they last were, by the monotonic clock.
    """

    def __init__(
        self, writer: RunWriter, on_metrics: OnMetrics | None, steps_per_epoch: int, batch_size: int, step: int
    ) -> None:
        self.writer, self.on_metrics = writer, on_metrics
        self.steps_per_epoch, self.batch_size = steps_per_epoch, batch_size
        self._waiting: list[tuple[int, dict[str, torch.Tensor]]] = []
        self.restart_clock(step)

    def restart_clock(self, step: int) -> None:
        """Measure the speed from here on."""
        self.reported = time.monotonic()
        self._counted = (self.reported, step)

    def note(self, step: int, readings: dict[str, torch.Tensor]) -> None:
        """Keep the readings of one step: scalars, on whatever device."""
        self._waiting.append((step, {name: value.detach() for name, value in readings.items()}))

    def forget_after(self, step: int) -> None:
        """Drop what was noted behind a step."""
        self._waiting = [entry for entry in self._waiting if entry[0] <= step]

    def report(self, step: int, learning_rate: float, all_of_it: bool = False) -> None:
        """Hand over what was noted since the last time; the speed only now and then, or with `all_of_it`."""
        now = time.monotonic()
        self.reported = now
        since, counted = self._counted
        if not self._waiting and not (all_of_it and step > counted):
            return
        metrics = self._hand_over() if self._waiting else {}
        if now - since >= SPEED_SECONDS or (all_of_it and step > counted):
            speed = (step - counted) / (now - since) * self.batch_size
            self._counted = (now, step)
            metrics |= {"samples_per_s": speed}
            about = {"samples_per_s": speed, "epoch": step / self.steps_per_epoch, "lr": learning_rate}
            self.writer.metrics(step, about)
        self.writer.status(step=step, epoch=f"{step / self.steps_per_epoch:.3f}")
        self._tell(step, metrics)

    def _hand_over(self) -> dict[str, float]:
        """Everything noted goes to the writer; returns the metrics of the newest step."""
        at, metrics = time.time(), {}
        tensors = [value.float() for _, readings in self._waiting for value in readings.values()]
        values = iter(torch.stack(tensors).tolist())  # one transfer, so that a GPU is waited for once
        for step, readings in self._waiting:
            metrics = {f"train/{name}": next(values) for name in readings}
            self.writer.metrics(step, metrics, at)
        self._waiting.clear()
        return metrics

    def validated(self, step: int, metrics: dict[str, float]) -> None:
        """Hand over the metrics of a validation."""
        if metrics:
            metrics = {f"val/{name}": value for name, value in metrics.items()}
            self.writer.metrics(step, metrics)
            self._tell(step, metrics)

    def _tell(self, step: int, metrics: dict[str, float]) -> None:
        if self.on_metrics is not None:
            self.on_metrics(step, step // self.steps_per_epoch, metrics)
