"""The training job, read from top to bottom: prepare, loop, end.

A step is forward, backward, update. Between steps, and only there, metrics are handed to the writer, probes run and
checkpoints written; commands are taken up behind each of the three.
"""

from __future__ import annotations

import time
import traceback
from functools import partial
from pathlib import Path

import psutil
import torch

from netlab.compiler.forecast import forecast, of_one, too_large
from netlab.compiler.source import CompileError
from netlab.data.dataset import fingerprint
from netlab.document import file, schedules
from netlab.document.training import Training
from netlab.engine import checkpoint, faults, moments, optim, start
from netlab.engine.build import Built, build, seed_everything
from netlab.engine.changes import change, redo
from netlab.engine.circumstances import circumstances
from netlab.engine.commands import of_run
from netlab.engine.device import arranged, choose, free_memory, threads_for
from netlab.engine.distributed import ALONE, Orders, Team, Unwritten, is_loss_of_a_partner
from netlab.engine.evaluate import over
from netlab.engine.explaining import explained, of_validation
from netlab.engine.faults import TrainingFault
from netlab.engine.gradients import GradientMeter
from netlab.engine.guard import Guard
from netlab.engine.keeping import Best, Keeper
from netlab.engine.loader import Batch, Loader, load_data
from netlab.engine.precision import Precision, deterministic
from netlab.engine.probing import Prober
from netlab.engine.process import Asked, ends_softly, only_engine
from netlab.engine.progress import Progress
from netlab.engine.recorder import OnMetrics, Recorder
from netlab.engine.redoing import Redo
from netlab.engine.sharding import SHARDED, Sharded
from netlab.engine.slow_motion import SlowMotion
from netlab.engine.steering import Steering
from netlab.engine.step import BACKWARD, FORWARD, UPDATE, Stepper
from netlab.engine.telling import tell
from netlab.engine.times import TimeMeter
from netlab.language import sentences, tr
from netlab.runs import store
from netlab.runs.reader import status_of
from netlab.runs.writer import RunWriter

REPORT_SECONDS = 0.05
VALIDATE_SECONDS = 5.0
EPOCH_CHECKPOINT_SECONDS = 2.0


def run_job(
    folder: Path, *, resume: bool = False, on_metrics: OnMetrics | None = None, team: Team = ALONE
) -> dict[str, str]:
    """Do the job in a run folder and return its final status.

    Whatever goes wrong is in the status as a sentence: ``state`` is ``finished``, ``stopped`` or ``failed``. In a team
    every process calls this; the leader writes the run.

    Raises:
        RunError: another engine works on this run, or its folder cannot be written.
    """
    if not team.leads:
        return _help(folder, resume, team)
    with only_engine(folder):
        _lead(folder, resume, on_metrics, team)
    return status_of(folder)


def _lead(folder: Path, resume: bool, on_metrics: OnMetrics | None, team: Team) -> None:
    """Do the job, and write of it whatever is to be known."""
    reader = of_run(folder, resume)  # also what is said while the data loads
    writer = RunWriter(folder)
    process = psutil.Process()
    writer.status(after=status_of(folder).get("state", ""))
    writer.status(state="starting", pid=process.pid, pid_start=process.create_time(), message="", begun=reader.begun)
    if not resume:
        writer.status(started=time.time())
        writer.forget_after(-1)
        writer.drop_changes(0)
    try:
        with ends_softly() as signalled:
            asked = Asked() if team.size > 1 else signalled  # in a team all have to hear of it at the same step
            Job(folder, writer, on_metrics, resume, Orders(team, reader, signalled), asked, team).run()
    except TrainingFault as fault:
        tell(writer, explained(folder, fault, team), team)
    except (CompileError, ValueError, OSError) as error:
        writer.log("error", str(error), detail=traceback.format_exc())
        writer.status(state="failed", message=str(error))
    except Exception as error:
        team.lost = team.size > 1 and is_loss_of_a_partner(error)  # between the steps all talk to each other too
        tell(writer, faults.of_unexpected(error), team)
    finally:
        writer.close()


def _help(folder: Path, resume: bool, team: Team) -> dict[str, str]:
    """What the processes do that do not lead: the same work, of which they write nothing. The leader says the end."""
    writer = Unwritten()
    with ends_softly() as ignored:
        try:
            Job(folder, writer, None, resume, Orders(team, None, ignored), Asked(), team).run()
        except (TrainingFault, ValueError, OSError) as error:
            writer.status(state="failed", message=error)
    return writer.known


class Job:
    """Everything one run needs, made once, and the loop over it."""

    def __init__(
        self,
        folder: Path,
        writer: RunWriter,
        on_metrics: OnMetrics | None,
        resume: bool,
        orders: Orders,
        asked: Asked,
        team: Team = ALONE,
    ) -> None:
        self.folder, self.writer, self.asked, self.team = folder, writer, asked, team
        self.clock = orders.clock  # of the leader: whatever is decided by time is decided alike by all
        self.project = file.load(folder / store.PROJECT)
        self.training = Training(**self.project.training).values
        job = store.job(folder)
        self.training["micro_batches"] = job.micro_batches or self.training["micro_batches"]
        seed_everything(self.training["seed"])
        self.built: Built = build(self.project, folder / "model.py" if team.leads else None)
        for told in [] if resume else start.begin(self.built):
            writer.log("warning", told)
        self.device = choose(self.training["device"], team.size)
        self.cost = forecast(self.project, self.built.inferred)
        self.sharded = self._lay_out()
        dataset = load_data(self.project.data, writer.log, folder if team.leads else None)
        fields = (*self.built.source.inputs, *self.built.source.targets)
        size, seed, parts = (self.training[name] for name in ("batch_size", "seed", "micro_batches"))
        self.loader = Loader(dataset, fields, size, seed, self.device, team, parts=parts)
        sharded = self.sharded
        self.optimizer = optim.make(self.built, self.training, self.device, fused=sharded is None)
        self.precision = Precision(self.training["precision"], self.device)
        whole = None if sharded is None else sharded.whole
        self.guard = Guard(self.built, self.optimizer, self.device, self.precision, whole=whole, team=team)
        self.stepper = Stepper(self.built, self.training, self.optimizer, self.guard, self.precision, team, sharded)
        self.slow_motion = SlowMotion(self.stepper, writer.reading)
        self.progress = Progress()
        self.keeper, self.best = Keeper(folder if team.leads else None), Best(self.stepper)
        among = ALONE if sharded is None else team
        self.gradients = GradientMeter(self.built, self.precision, writer.reading, self.clock, among)
        self.times = TimeMeter(self.stepper, writer.reading)
        shown = self.loader if sharded is None else Loader(dataset, fields, 1, 0, torch.device("cpu"))
        self.prober = Prober(self.built, shown, dataset, writer.reading)
        self.prober.watch([(choice.probe, choice.node) for choice in self.project.probes.values()])
        self.redo = Redo(writer)
        self.steering = Steering(orders, asked, writer, partial(change, self), self._wait, partial(redo, self))
        epochs = job.epochs or self.training["epochs"]
        self.total_steps = job.steps or epochs * self.loader.steps_per_epoch
        with threads_for(self.cost.flops):
            self.circumstances = circumstances(self.device, fingerprint(dataset), team.size)
        self.step = 0
        self.validated_at = self.judged_at = -1
        self.validation: dict[str, float] = {}
        self.finished = False
        self.keep_this = False
        self.loss_weights: dict[str, float] = {}
        if team.rank:
            torch.manual_seed(self.training["seed"] + team.rank)  # its own rows get their own dropout
        if resume:
            moments.go_on(self)
        self.recorder = Recorder(writer, on_metrics, self.loader.steps_per_epoch, self.loader.batch_size, self.step)

    def _lay_out(self) -> Sharded | None:
        """Put the model where it is to be trained: on the device, or in shares on all that the team has."""
        size, shares = self.team.size, self.team.size > 1 and self.training["parallel"] == SHARDED
        own = of_one(self.cost, size, shares) if self.device.type == "cuda" else self.cost  # memory that is not shared
        wrong = too_large(self.project, own, free_memory(self.device))
        if wrong:
            raise TrainingFault(wrong)
        self.built.model.train()
        if shares:
            return Sharded(self.built, self.training, self.device, self.team)
        arranged(self.built.model.to(self.device))
        return None

    def run(self) -> None:
        """The loop; what a fault leaves unsaid is said before it goes on its way."""
        try:
            with threads_for(self.cost.flops), deterministic(self.training["deterministic"]):
                self._loop()
        except TrainingFault as fault:
            self.team.lost = self.team.size > 1 and is_loss_of_a_partner(fault.detail)
            if fault.row is not None:
                fault.lies_in(self.loader.row_of(fault.step or self.step + 1, fault.row))
            if fault.broken:
                fault.step = self.step + 1
                raise  # nothing can be read from the device now
            if fault.step is not None:
                self.recorder.forget_after(fault.step)
            self.recorder.report(self.step, self.learning_rate, all_of_it=True)
            raise
        except RuntimeError as error:
            if faults.is_of_device(error):
                raise faults.of_device(error, step=self.step + 1) from error
            raise
        finally:
            self._refused(self.keeper.close())

    def _loop(self) -> None:
        self.checkpointed = self.validated = self.reported = self.clock()
        self.writer.status(state="running", total_steps=self.total_steps, device=str(self.device), step=self.step)
        self.writer.status(seed=self.training["seed"], **self.circumstances)
        if self.step == 0:
            self.checkpoint()
            self.look(always=True)
        elif self.step % self.loader.steps_per_epoch == 0 and self.judged_at != self.step:
            self.writer.forget_validation(self.step)
            self._end_of_epoch()  # the checkpoint is from just before it
        self.recorder.restart_clock(self.step)
        while self.step < self.total_steps and not self.asked.stop and not self.finished:
            epoch, position = divmod(self.step, self.loader.steps_per_epoch)
            if not self.optimizer.thaw(epoch):
                raise TrainingFault(
                    tr("All weights are frozen in epoch {epoch}. Let one node learn from the start.", epoch=epoch + 1)
                )
            for batch in self.loader.batches(epoch, position):
                self._train_on(batch)
                self._between_steps()
                if self.asked.stop or self.step >= self.total_steps:
                    break
            if self.step % self.loader.steps_per_epoch == 0:
                self._end_of_epoch()
        self._end()

    def _train_on(self, batch: Batch) -> None:
        """One step; commands are taken up behind each of its phases."""
        step = self.step + 1
        led = self._led_by()
        self.stepper.forward(batch) if led is None else led.forward(step, batch)
        self.steering.obey(FORWARD)
        self.stepper.backward() if led is None else led.backward(step)
        self.gradients.look(step)
        self.recorder.note(step, self.stepper.readings)
        self.steering.obey(BACKWARD)
        self.optimizer.set_learning_rate(self.training["learning_rate"] * self.factor())
        self.stepper.update(step) if led is None else led.update(step)
        self.step = step
        self.steering.obey(UPDATE)

    def _led_by(self) -> SlowMotion | TimeMeter | None:
        """Who takes the step through its phases in place of the stepper: by hand, or with a watch."""
        if self.asked.hold:
            return self.slow_motion
        return self.times if self.team.leads and self.times.is_due(time.monotonic()) else None

    def _between_steps(self) -> None:
        now = self.clock()
        if self.keep_this:
            self.checkpoint(f"kept-{self.step}")
        if now - self.reported >= REPORT_SECONDS:
            self.reported = now
            self.recorder.report(self.step, self.learning_rate)
            self.look()
            if now - self.validated >= VALIDATE_SECONDS:
                self._validate()
            if now - self.checkpointed >= self.training["checkpoint_seconds"]:
                self.checkpoint()

    def _end_of_epoch(self) -> None:
        self._validate()
        self._judge_epoch()
        epoch, every = self.step // self.loader.steps_per_epoch, self.training["keep_epochs"]
        if self.keep_this or (every and epoch % every == 0):
            self.checkpoint(f"kept-{self.step}")
        if self.step < self.total_steps and self.clock() - self.checkpointed >= EPOCH_CHECKPOINT_SECONDS:
            self.checkpoint()

    def _end(self) -> None:
        self.recorder.report(self.step, self.learning_rate, all_of_it=True)
        self.checkpoint()  # before the last look at everything: whoever asked for the end may not wait long
        self._refused(self.keeper.settle())
        self._validate()
        self.look(always=True)
        state = "stopped" if self.asked.stop else "finished"
        self.writer.status(state=state, step=self.step, message="")

    def _validate(self) -> None:
        self.validated = self.clock()
        if self.validated_at == self.step:
            return
        self.validated_at = self.step
        try:
            measured = over(self.stepper.judged, self.loader, "val", self.precision, self.steering.wants_out)
            self.validation = self.team.agreed(measured)
        except (RuntimeError, IndexError) as error:
            fault = faults.of_exception(error, self.built, self.loader.batch_size)
            can_look = self.sharded is None and not (fault.broken or faults.is_memory(error))
            raise (of_validation(self.built, self.loader) if can_look else None) or fault from error
        self.recorder.validated(self.step, self.validation)

    def _judge_epoch(self) -> None:
        """Keep the best weights, cut the learning rate on a plateau, and notice when training no longer helps."""
        loss = self.validation.get("loss")
        if loss is None:
            return
        self.judged_at = self.step
        if self.progress.see(self.step, loss):
            self.best.take({"step": self.step, "val/loss": loss, **self.circumstances})
        if self.training["schedule"] == "plateau" and self.progress.cut(self.training["schedule_epochs"]):
            rate = self.training["learning_rate"] * self.factor()
            self.mark("learning_rate", tr("η {rate:.3g}: the validation loss did not fall", rate=rate))
        if self.training["early_stopping"] != "off" and self.progress.stale >= self.training["patience"]:
            self._stop_early()

    def _stop_early(self) -> None:
        ends = self.training["early_stopping"] == "stop"
        if not self.progress.suggested:
            self.progress.suggested = True
            told = tr(
                "The validation loss has not fallen for {epochs} epochs; its best, {best:.4g}, was at step {step}.",
                epochs=self.progress.stale,
                best=self.progress.best,
                step=self.progress.best_step,
            )
            self.mark("early_stop", sentences(told, tr("Training ends here") if ends else tr("You may stop here")))
        self.finished = ends

    def look(self, always: bool = False) -> None:
        """Run the probes in the leader; one that fails costs the pictures, never the run."""
        due = self.prober.due(always) if self.team.leads else []
        seen: Built | None = self.built
        if self.sharded is not None:  # the leader decides, and all bring their shares
            seen = self.sharded.whole() if self.team.agreed(bool(due)) else None
        if not due:
            return
        try:
            self.prober.look(self.step, due, seen)
        except Exception as error:
            names = ", ".join(sorted({key for key, _, _ in self.prober.probes}))
            self.prober.watch([])
            self.writer.log(
                "warning",
                tr("Probes are switched off ({names}): {error}", names=names, error=error),
                detail=traceback.format_exc(),
            )

    def checkpoint(self, *names: str) -> None:
        """Keep this moment as the latest one, and under further names."""
        self.keep_this = False
        self.checkpointed = self.clock()
        moment = moments.take(self)
        self._refused(self.best.write(self.keeper))
        self._refused(self.keeper.keep(moment, f"step-{self.step}", checkpoint.LAST, *names))

    def _refused(self, problem: str) -> None:
        if problem:
            self.writer.log(
                "warning", tr("No checkpoint could be written: {problem}. The last good one is kept.", problem=problem)
            )

    def _wait(self, waiting: bool) -> None:
        if waiting:
            self.recorder.report(self.step, self.learning_rate)
            self.writer.status(step=self.step)
        else:
            self.recorder.restart_clock(self.step)

    def mark(self, kind: str, text: str) -> None:
        """Record that something was changed or noticed at this step."""
        self.writer.mark(self.step, kind, text)
        self.writer.log("info", tr("{event}, at step {step:,}.", event=text, step=self.step))

    @property
    def learning_rate(self) -> float:
        return self.optimizer.learning_rate

    def factor(self) -> float:
        """What the schedule makes of the learning rate in the next update."""
        if self.training["schedule"] == "constant" and self.step >= self.training["warmup_steps"]:
            return 1.0
        return schedules.factor(
            self.training, self.step, self.total_steps, self.loader.steps_per_epoch, self.progress.cuts
        )
