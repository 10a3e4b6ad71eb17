"""The training job, read from top to bottom: prepare, loop, end.

A step is forward, backward, update. Between steps, and only there, commands are taken up, metrics handed to the
writer, probes run and checkpoints written.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, assert_never

import psutil
import torch

from netlab.compiler.source import CompileError
from netlab.data.dataset import fingerprint, source_of
from netlab.document import file
from netlab.document.training import Training
from netlab.engine import checkpoint, faults, optim
from netlab.engine.build import Built, build, seed_everything
from netlab.engine.commands import CommandReader
from netlab.engine.device import choose
from netlab.engine.evaluate import over
from netlab.engine.faults import TrainingFault
from netlab.engine.loader import Loader
from netlab.engine.probing import Prober
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.reader import RunReader
from netlab.runs.writer import RunWriter

REPORT_SECONDS = 0.05
PAUSE_POLL_SECONDS = 0.02
VALIDATE_SECONDS = 5.0
EPOCH_CHECKPOINT_SECONDS = 2.0
EXPLODED = 1e8  # a loss so far above its start will not come back
OnMetrics = Callable[[int, int, dict[str, float]], None]
logger = logging.getLogger(__name__)


def run_job(folder: Path, *, resume: bool = False, on_metrics: OnMetrics | None = None) -> dict[str, str]:
    """Do the job in a run folder and return its final status.

    Whatever goes wrong is in the status as a sentence: ``state`` is ``finished``, ``stopped`` or ``failed``.
    """
    writer = RunWriter(folder)
    process = psutil.Process()
    writer.status(state="starting", pid=process.pid, pid_start=process.create_time(), message="")
    if not resume:
        writer.status(started=time.time())
    try:
        job = _Job(folder, writer, on_metrics, resume)
        with _ends_softly(job):
            job.run()
    except TrainingFault as fault:
        writer.log("error", fault.message, fault.node, fault.detail)
        writer.status(state="failed", message=fault.message, node=fault.node)
    except (CompileError, ValueError, OSError) as error:
        writer.log("error", str(error), detail=traceback.format_exc())
        writer.status(state="failed", message=str(error))
    finally:
        writer.close()
    reader = RunReader(folder)
    status = reader.status()
    reader.close()
    return status


class _Job:
    """Everything one run needs, made once, and the loop over it."""

    def __init__(self, folder: Path, writer: RunWriter, on_metrics: OnMetrics | None, resume: bool) -> None:
        self.folder, self.writer, self.on_metrics = folder, writer, on_metrics
        self.project = file.load(folder / store.PROJECT)
        self.training = Training(**self.project.training).values
        job = store.job(folder)
        seed_everything(self.training["seed"])
        self.built: Built = build(self.project, folder / "model.py")
        file.write_atomically(folder / "model.py", self.built.source.text.encode())
        self.device = choose(self.training["device"])
        self.model = self.built.model.to(self.device).train()
        dataset = source_of(self.project.data.source, self.project.data.options).load()
        fields = (*self.built.source.inputs, *self.built.source.targets)
        self.loader = Loader(dataset, fields, self.training["batch_size"], self.training["seed"], self.device)
        self.optimizer = optim.make(self.model.parameters(), self.training, self.device)
        self.prober = Prober(self.built, self.loader, dataset, writer.reading)
        self.prober.watch([(choice.probe, choice.node) for choice in self.project.probes.values()])
        epochs = job.epochs or self.training["epochs"]
        self.total_steps = job.steps or epochs * self.loader.steps_per_epoch
        self.commands = CommandReader(folder, from_end=resume)
        self.data_hash = fingerprint(dataset)
        self.step = 0
        self.first_loss: float | None = None
        self.stopping = False
        self.waiting: list[tuple[int, dict[str, torch.Tensor]]] = []
        if resume:
            self._go_on()

    def _go_on(self) -> None:
        state = checkpoint.load(self.folder, self.built, self.optimizer)
        self.step = int(state["step"])
        self.first_loss = state["first_loss"]
        self._set_learning_rate(float(state["learning_rate"]))
        self.writer.forget_after(self.step)
        differing = [name for name, value in self._circumstances().items() if state.get(name, value) != value]
        if differing:
            told = ", ".join(f"{name} {state[name]} → {self._circumstances()[name]}" for name in differing)
            self.writer.log("warning", f"The run goes on, but not bit for bit as it would have: {told}.")

    def run(self) -> None:
        """The loop."""
        now = time.monotonic()
        self.reported = self.checkpointed = self.validated = now
        self.counted = (now, self.step)
        self.writer.status(state="running", total_steps=self.total_steps, device=self.device.type, step=self.step)
        self.writer.status(seed=self.training["seed"], **self._circumstances())
        if self.step == 0:
            self._checkpoint()
            self.prober.look(0, always=True)
        while self.step < self.total_steps and not self.stopping:
            epoch, position = divmod(self.step, self.loader.steps_per_epoch)
            for batch in self.loader.batches(epoch, position):
                self._train_on(batch)
                self._between_steps()
                if self.stopping or self.step >= self.total_steps:
                    break
            else:
                self._end_of_epoch(epoch + 1)
        self._end()

    def _train_on(self, batch: dict[str, torch.Tensor]) -> None:
        """Forward, backward, update: θ ← θ − η ∂J/∂θ, by the optimizer's rule."""
        try:
            _, readings = self.model(**self.built.source.arguments(batch))
            loss = readings["loss"]
            self._refuse_bad_loss(loss, batch)
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        except TrainingFault:
            raise
        except Exception as error:
            raise faults.of_exception(error, self.built, self.loader.batch_size) from error
        self.step += 1
        self.waiting.append((self.step, {name: value.detach() for name, value in readings.items()}))

    def _refuse_bad_loss(self, loss: torch.Tensor, batch: dict[str, torch.Tensor]) -> None:
        value = loss.item()
        if self.first_loss is None and math.isfinite(value):
            self.first_loss = value
        if not math.isfinite(value) or abs(value) > EXPLODED * max(1.0, abs(self.first_loss or 0.0)):
            self._report()
            raise faults.of_loss(self.built, batch, self.step + 1, value, self.learning_rate)

    def _between_steps(self) -> None:
        now = time.monotonic()
        if now - self.reported >= REPORT_SECONDS:
            self._obey()
            self._report()
            self.prober.look(self.step)
            if now - self.validated >= VALIDATE_SECONDS:
                self._validate()
            if now - self.checkpointed >= self.training["checkpoint_seconds"]:
                self._checkpoint()

    def _end_of_epoch(self, epoch: int) -> None:
        last = self.step >= self.total_steps
        spent = time.monotonic() - self.validated
        if last or spent >= 0.2:
            self._validate()
        if not last and time.monotonic() - self.checkpointed >= EPOCH_CHECKPOINT_SECONDS:
            self._checkpoint()

    def _end(self) -> None:
        self._report()
        self._validate()
        self.prober.look(self.step, always=True)
        self._checkpoint()
        state = "stopped" if self.stopping else "finished"
        self.writer.status(state=state, step=self.step, message="")

    def _report(self) -> None:
        """Hand over what was measured since the last time."""
        now = time.monotonic()
        self.reported = now
        if not self.waiting:
            return
        at, metrics = time.time(), {}
        for step, readings in self.waiting:
            metrics = {f"train/{name}": float(value) for name, value in readings.items()}
            self.writer.metrics(step, metrics, at)
        self.waiting.clear()
        since, step = self.counted
        if now - since >= 0.5:
            speed = (self.step - step) / (now - since) * self.loader.batch_size
            self.counted = (now, self.step)
            metrics |= {"samples_per_s": speed}
            self.writer.metrics(self.step, {"samples_per_s": speed, "epoch": self.epoch, "lr": self.learning_rate})
        self.writer.status(step=self.step, epoch=f"{self.epoch:.3f}")
        if self.on_metrics is not None:
            self.on_metrics(self.step, int(self.epoch), metrics)

    def _validate(self) -> None:
        self.validated = time.monotonic()
        metrics = {f"val/{name}": value for name, value in over(self.built, self.loader, "val").items()}
        if metrics:
            self.writer.metrics(self.step, metrics)
            if self.on_metrics is not None:
                self.on_metrics(self.step, int(self.epoch), metrics)

    def _checkpoint(self) -> None:
        self.checkpointed = time.monotonic()
        state = {
            "step": self.step,
            "learning_rate": self.learning_rate,
            "first_loss": self.first_loss,
            "seed": self.training["seed"],
            **self._circumstances(),
        }
        try:
            checkpoint.write(self.folder, self.built, self.optimizer, state)
        except (OSError, file.FileError) as error:  # a full disk: the older checkpoints stand, training goes on
            self.writer.log("warning", f"No checkpoint could be written: {error}. The last good one is kept.")

    def _obey(self) -> None:
        for command in self.commands.new():
            self._do(command)
            while self.paused and not self.stopping:
                time.sleep(PAUSE_POLL_SECONDS)
                for later in self.commands.new():
                    self._do(later)

    paused = False

    def _do(self, command: commands.Command) -> None:
        match command:
            case commands.Pause():
                self._report()
                self.paused = True
                self.writer.status(state="paused")
            case commands.Resume():
                self.paused = False
                self.counted = (time.monotonic(), self.step)
                self.writer.status(state="running")
            case commands.Stop():
                self.stopping = True
            case commands.SetLearningRate(value=value):
                self.writer.log("info", f"Learning rate {self.learning_rate:g} → {value:g} at step {self.step}.")
                self._set_learning_rate(value)
                self.writer.metrics(self.step, {"lr": value})
            case commands.SetProbes(probes=probes):
                self.prober.watch(probes)
                self.prober.look(self.step, always=self.paused)
            case _:
                assert_never(command)

    @property
    def epoch(self) -> float:
        return self.step / self.loader.steps_per_epoch

    @property
    def learning_rate(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])

    def _set_learning_rate(self, value: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = value

    def _circumstances(self) -> dict[str, Any]:
        """What has to be the same for the same numbers."""
        return {
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "device_type": self.device.type,
            "data_hash": self.data_hash,
        }


@contextmanager
def _ends_softly(job: _Job) -> Iterator[None]:
    """SIGTERM and Ctrl+C mean: finish the step, write a checkpoint, end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        job.stopping = True

    numbers = [signal.SIGTERM, signal.SIGINT]
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def be_modest() -> None:
    """Let the system end the engine rather than the window when memory runs out (Linux; elsewhere no effect)."""
    try:
        with open(f"/proc/{os.getpid()}/oom_score_adj", "w") as score:
            score.write("500")
    except OSError:
        pass
