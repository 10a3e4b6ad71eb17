"""What a job takes down in a checkpoint beside its tensors, and how it goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlab.engine import checkpoint, faults
from netlab.engine.changes import set_loss_weights
from netlab.engine.distributed import generators
from netlab.engine.progress import Progress
from netlab.language import tr
from netlab.runs.again import differing

if TYPE_CHECKING:
    from netlab.engine.train import Job

STEERED = ("learning_rate", "weight_decay")  # settings that commands may change while the run goes on


def take(job: Job) -> checkpoint.Snapshot:
    """This moment, once it is sure that its weights are good and its record is on the disk.

    Raises:
        TrainingFault: the weights are not good.
    """
    job.guard.settle()
    fault = faults.of_weights(job.built, job.step, job.learning_rate, job.team)
    if fault is not None:
        raise fault
    job.recorder.report(job.step, job.learning_rate)
    job.writer.flush()  # the record is never behind the checkpoint: a run that goes on from it has no gap
    epoch, position = divmod(job.step, job.loader.steps_per_epoch)
    state = {
        "step": job.step,
        "epoch": epoch,
        "position": position,
        "learning_rate": job.learning_rate,
        "steered": {name: job.training[name] for name in STEERED},
        "loss_weights": job.loss_weights,
        "first_loss": job.guard.first_loss,
        "progress": job.progress.state(),
        "judged_at": job.judged_at,
        "scaler": job.precision.state(),
        "seed": job.training["seed"],
        **job.circumstances,
    }
    moment = checkpoint.snapshot(job.built, job.optimizer, state, job.stepper.average)
    moment.tensors.update(generators(job.team))
    return moment


def go_on(job: Job) -> None:
    """Put a job just made where its run was at the last checkpoint."""
    state = checkpoint.load(job.folder, job.built, job.optimizer, job.stepper.average, job.team.rank)
    job.step = int(state["step"])
    job.judged_at = int(state.get("judged_at", job.step))
    job.guard.first_loss = state["first_loss"]
    job.training |= state.get("steered", {})
    set_loss_weights(job, state.get("loss_weights", {}))
    job.optimizer.set_weight_decay(job.training["weight_decay"])
    job.precision.set_state(state.get("scaler", {}))
    job.progress = Progress.of(state.get("progress", {}))
    job.writer.forget_after(job.step)
    changed = differing(state, job.circumstances)
    if changed:
        job.writer.log(
            "warning", tr("The run goes on, but not bit for bit as it would have: {changes}.", changes=changed)
        )
