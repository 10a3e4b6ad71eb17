"""The training job, read from top to bottom: prepare, loop, end.

A step is forward, backward, update. Between steps, and only there, commands are taken up, metrics handed to the
writer, probes run and checkpoints written.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import psutil
import torch

from netlab.compiler.forecast import forecast, too_large
from netlab.compiler.source import CompileError
from netlab.data.dataset import fingerprint, source_of
from netlab.document import file
from netlab.document.training import Training
from netlab.engine import checkpoint, faults, optim
from netlab.engine.build import Built, build, seed_everything
from netlab.engine.commands import CommandReader
from netlab.engine.device import arranged, choose, free_memory
from netlab.engine.evaluate import over
from netlab.engine.faults import TrainingFault
from netlab.engine.guard import Guard
from netlab.engine.loader import Loader
from netlab.engine.probing import Prober
from netlab.options import OptionError
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.reader import LIVE, RunReader
from netlab.runs.writer import RunWriter

COMMAND_SECONDS = 0.02
REPORT_SECONDS = 0.05
PAUSE_POLL_SECONDS = 0.02
VALIDATE_SECONDS = 5.0
EPOCH_CHECKPOINT_SECONDS = 2.0
OnMetrics = Callable[[int, int, dict[str, float]], None]
logger = logging.getLogger(__name__)


def run_job(folder: Path, *, resume: bool = False, on_metrics: OnMetrics | None = None) -> dict[str, str]:
    """Do the job in a run folder and return its final status.

    Whatever goes wrong is in the status as a sentence: ``state`` is ``finished``, ``stopped`` or ``failed``.

    Raises:
        RunError: another engine works on this run, or its folder cannot be written.
    """
    _refuse_second_engine(folder)
    orders = CommandReader(folder, from_end=resume)  # what is said from now on counts, also while the data loads
    writer = RunWriter(folder)
    process = psutil.Process()
    writer.status(state="starting", pid=process.pid, pid_start=process.create_time(), message="")
    if not resume:
        writer.status(started=time.time())
        writer.forget_after(-1)
    try:
        with _ends_softly() as asked:
            _Job(folder, writer, on_metrics, resume, orders, asked).run()
    except TrainingFault as fault:
        _tell(writer, fault)
    except (CompileError, ValueError, OSError) as error:
        writer.log("error", str(error), detail=traceback.format_exc())
        writer.status(state="failed", message=str(error))
    except Exception as error:
        _tell(writer, faults.of_unexpected(error))
    finally:
        writer.close()
    reader = RunReader(folder)
    status = reader.status()
    reader.close()
    return status


def _refuse_second_engine(folder: Path) -> None:
    reader = RunReader(folder)
    status = reader.status()
    reader.close()
    if status.get("state") in LIVE:
        message = f"The run {folder.name} is still being trained, by process {status.get('pid')}."
        raise store.RunError(f"{message} Stop it first with: netlab stop {folder}")


def _tell(writer: RunWriter, fault: TrainingFault) -> None:
    writer.log("error", fault.message, fault.node, fault.detail)
    writer.status(state="failed", message=fault.message, node=fault.node)


@dataclass
class _Asked:
    """What the system or the user wants of the job."""

    stop: bool = False
    pause: bool = False


class _Job:
    """Everything one run needs, made once, and the loop over it."""

    def __init__(
        self,
        folder: Path,
        writer: RunWriter,
        on_metrics: OnMetrics | None,
        resume: bool,
        orders: CommandReader,
        asked: _Asked,
    ) -> None:
        self.folder, self.writer, self.on_metrics = folder, writer, on_metrics
        self.commands, self.asked = orders, asked
        self.project = file.load(folder / store.PROJECT)
        self.training = Training(**self.project.training).values
        job = store.job(folder)
        seed_everything(self.training["seed"])
        self.built: Built = build(self.project, folder / "model.py")
        self.device = choose(self.training["device"])
        wrong = too_large(self.project, forecast(self.project, self.built.inferred), free_memory(self.device))
        if wrong:
            raise TrainingFault(wrong)
        self.model = arranged(self.built.model.to(self.device)).train()
        dataset = source_of(self.project.data.source, self.project.data.options).load()
        fields = (*self.built.source.inputs, *self.built.source.targets)
        self.loader = Loader(dataset, fields, self.training["batch_size"], self.training["seed"], self.device)
        self.optimizer = optim.make(self.model.parameters(), self.training, self.device)
        self.guard = Guard(self.built, self.optimizer, self.device)
        self.prober = Prober(self.built, self.loader, dataset, writer.reading)
        self.prober.watch([(choice.probe, choice.node) for choice in self.project.probes.values()])
        epochs = job.epochs or self.training["epochs"]
        self.total_steps = job.steps or epochs * self.loader.steps_per_epoch
        self.data_hash = fingerprint(dataset)
        self.step = 0
        self.validated_at = -1
        self.waiting: list[tuple[int, dict[str, torch.Tensor]]] = []
        if resume:
            self._go_on()

    def _go_on(self) -> None:
        state = checkpoint.load(self.folder, self.built, self.optimizer)
        self.step = int(state["step"])
        self.guard.first_loss = state["first_loss"]
        self._set_learning_rate(float(state["learning_rate"]))
        self.writer.forget_after(self.step)
        differing = [name for name, value in self._circumstances().items() if state.get(name, value) != value]
        if differing:
            told = ", ".join(f"{name} {state[name]} → {self._circumstances()[name]}" for name in differing)
            self.writer.log("warning", f"The run goes on, but not bit for bit as it would have: {told}.")

    def run(self) -> None:
        """The loop; what a fault leaves unsaid is said before it goes on its way."""
        try:
            self._loop()
        except TrainingFault as fault:
            self.waiting = [entry for entry in self.waiting if fault.step is None or entry[0] <= fault.step]
            self._report(all_of_it=True)
            raise

    def _loop(self) -> None:
        now = time.monotonic()
        self.obeyed = self.reported = self.checkpointed = self.validated = now
        self.counted = (now, self.step)
        self.writer.status(state="running", total_steps=self.total_steps, device=self.device.type, step=self.step)
        self.writer.status(seed=self.training["seed"], **self._circumstances())
        if self.step == 0:
            self._checkpoint()
            self._look(always=True)
        while self.step < self.total_steps and not self.asked.stop:
            epoch, position = divmod(self.step, self.loader.steps_per_epoch)
            for batch in self.loader.batches(epoch, position):
                self._train_on(batch)
                self._between_steps()
                if self.asked.stop or self.step >= self.total_steps:
                    break
            if self.step % self.loader.steps_per_epoch == 0:
                self._end_of_epoch()
        self._end()

    def _train_on(self, batch: dict[str, torch.Tensor]) -> None:
        """Forward, backward, update: θ ← θ − η ∂J/∂θ, by the optimizer's rule."""
        try:
            readings = self.model(**self.built.source.arguments(batch))[1]  # the predictions are let go of at once
            loss = readings["loss"]
            loss.backward()
            self.waiting.append((self.step + 1, {name: value.detach() for name, value in readings.items()}))
            self.guard.admit(self.step + 1, loss, batch, self.learning_rate)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        except TrainingFault:
            raise
        except Exception as error:
            raise faults.of_exception(error, self.built, self.loader.batch_size) from error
        self.step += 1

    def _between_steps(self) -> None:
        now = time.monotonic()
        if now - self.obeyed >= COMMAND_SECONDS:
            self.obeyed = now
            self._obey()
        if now - self.reported >= REPORT_SECONDS:
            self._report()
            self._look()
            if now - self.validated >= VALIDATE_SECONDS:
                self._validate()
            if now - self.checkpointed >= self.training["checkpoint_seconds"]:
                self._checkpoint()

    def _end_of_epoch(self) -> None:
        self._validate()
        if self.step < self.total_steps and time.monotonic() - self.checkpointed >= EPOCH_CHECKPOINT_SECONDS:
            self._checkpoint()

    def _end(self) -> None:
        self._report(all_of_it=True)
        self._checkpoint()  # before the last look at everything: whoever asked for the end may not wait long
        self._validate()
        self._look(always=True)
        state = "stopped" if self.asked.stop else "finished"
        self.writer.status(state=state, step=self.step, message="")

    def _report(self, all_of_it: bool = False) -> None:
        """Hand over what was measured since the last time; the speed only now and then, or with `all_of_it`."""
        now = time.monotonic()
        self.reported = now
        if not self.waiting:
            return
        at, metrics = time.time(), {}
        tensors = [value.float() for _, readings in self.waiting for value in readings.values()]
        values = iter(torch.stack(tensors).tolist())  # one transfer, so that a GPU is waited for once
        for step, readings in self.waiting:
            metrics = {f"train/{name}": next(values) for name in readings}
            self.writer.metrics(step, metrics, at)
        self.waiting.clear()
        since, step = self.counted
        if now - since >= 0.5 or (all_of_it and self.step > step):
            speed = (self.step - step) / (now - since) * self.loader.batch_size
            self.counted = (now, self.step)
            metrics |= {"samples_per_s": speed}
            self.writer.metrics(self.step, {"samples_per_s": speed, "epoch": self.epoch, "lr": self.learning_rate})
        self.writer.status(step=self.step, epoch=f"{self.epoch:.3f}")
        if self.on_metrics is not None:
            self.on_metrics(self.step, int(self.epoch), metrics)

    def _validate(self) -> None:
        self.validated = time.monotonic()
        if self.validated_at == self.step:
            return
        self.validated_at = self.step
        try:
            metrics = {f"val/{name}": value for name, value in over(self.built, self.loader, "val").items()}
        except RuntimeError as error:
            raise faults.of_exception(error, self.built, self.loader.batch_size) from error
        if metrics:
            self.writer.metrics(self.step, metrics)
            if self.on_metrics is not None:
                self.on_metrics(self.step, int(self.epoch), metrics)

    def _look(self, always: bool = False) -> None:
        """Run the probes; one that fails costs the pictures, never the run."""
        try:
            self.prober.look(self.step, always)
        except Exception as error:
            names = ", ".join(sorted({key for key, _, _ in self.prober.probes}))
            self.prober.watch([])
            self.writer.log("warning", f"Probes are switched off ({names}): {error}", detail=traceback.format_exc())

    def _checkpoint(self) -> None:
        self.checkpointed = time.monotonic()
        self.guard.settle()
        fault = faults.of_weights(self.built, self.step, self.learning_rate)
        if fault is not None:
            raise fault
        self._report()
        self.writer.flush()  # the record is never behind the checkpoint: a run that goes on from it has no gap
        epoch, position = divmod(self.step, self.loader.steps_per_epoch)
        state = {
            "step": self.step,
            "epoch": epoch,
            "position": position,
            "learning_rate": self.learning_rate,
            "first_loss": self.guard.first_loss,
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
            while self.asked.pause and not self.asked.stop:
                time.sleep(PAUSE_POLL_SECONDS)
                for later in self.commands.new():
                    self._do(later)

    def _do(self, command: commands.Command) -> None:
        match command:
            case commands.Pause():
                self._report()
                self.asked.pause = True
                self.writer.status(state="paused")
            case commands.Resume():
                self.asked.pause = False
                self.counted = (time.monotonic(), self.step)
                self.writer.status(state="running")
            case commands.Stop():
                self.asked.stop = True
            case commands.SetLearningRate(value=value):
                self._take_learning_rate(value)
            case commands.SetProbes(probes=probes):
                self.prober.watch(probes)
                self._look(always=self.asked.pause)
            case _:
                assert_never(command)

    def _take_learning_rate(self, value: float) -> None:
        try:
            value = Training.options()["learning_rate"].check(value)
        except OptionError as error:
            self.writer.log("warning", str(error))
            return
        self.writer.log("info", f"Learning rate {self.learning_rate:g} → {value:g} at step {self.step}.")
        self._set_learning_rate(value)
        self.writer.metrics(self.step, {"lr": value})

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
            "python": ".".join(map(str, sys.version_info[:3])),
            "threads": torch.get_num_threads(),
            "device_type": self.device.type,
            "data_hash": self.data_hash,
        }


@contextmanager
def _ends_softly() -> Iterator[_Asked]:
    """SIGTERM and Ctrl+C mean: finish the step, write a checkpoint, end."""
    asked = _Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def stop(number: int, frame: object) -> None:
        asked.stop = True

    numbers = [signal.SIGTERM, signal.SIGINT]
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield asked
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
