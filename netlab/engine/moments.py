"""What a job takes down in a checkpoint beside its tensors, and how it goes on from there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from netlab.document.paths import settings
from netlab.engine import checkpoint, faults
from netlab.engine.changes import redo, set_loss_weights
from netlab.engine.distributed import generators
from netlab.engine.progress import Progress
from netlab.engine.step import UPDATE
from netlab.language import listing, tr
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.again import differing
from netlab.runs.reader import RunReader
from netlab.runs.schema import BRANCHED

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
    last_mark = job.writer.last_mark()  # with all of the record: it is never behind, and who goes on has no gap
    epoch, position = divmod(job.step, job.loader.steps_per_epoch)
    state = {
        "step": job.step,
        "epoch": epoch,
        "position": position,
        "learning_rate": job.learning_rate,
        "settings": _settings(job),
        "steered": {name: job.training[name] for name in STEERED},
        "loss_weights": job.loss_weights,
        "changes": job.redo.done,
        "last_mark": last_mark,
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
    edited = _edited(state.get("settings", {}), _settings(job))
    job.training |= {k: v for k, v in state.get("steered", {}).items() if f"training.{k}" not in edited}
    set_loss_weights(job, state.get("loss_weights", {}))
    job.optimizer.set_weight_decay(job.training["weight_decay"])
    job.precision.set_state(state.get("scaler", {}))
    job.progress = Progress.of(state.get("progress", {}))
    job.writer.forget_after(job.step, state.get("last_mark"))
    _do_again(job, state)
    if edited:
        words = listing(f"{path} {then} → {now}" for path, (then, now) in edited.items())
        job.writer.log(
            "warning", tr("The project of the run was edited since its checkpoint: {changes}.", changes=words)
        )
    changed = differing(state, job.circumstances)
    if changed:
        job.writer.log(
            "warning", tr("The run goes on, but not bit for bit as it would have: {changes}.", changes=changed)
        )


def _settings(job: Job) -> dict[str, Any]:
    """The settings of the project as a checkpoint holds them."""
    return json.loads(json.dumps(settings(job.project)))


def _edited(then: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The settings that both have, and that are no longer the same."""
    return {path: (then[path], value) for path, value in now.items() if path in then and then[path] != value}


def _do_again(job: Job, state: dict[str, Any]) -> None:
    """Have the changes made again that were made by hand behind the checkpoint.

    A branch goes its own way, and what a run failed after is not done to it twice.
    """
    reader = RunReader(job.folder)
    told, status = store.job(job.folder), reader.status()
    branches = bool(status.get(BRANCHED))
    job.redo.done = state.get("changes", len(reader.changes()))
    failed = status.get("after") == "failed"
    later = [] if branches or failed else reader.changes(job.redo.done)
    reader.close()
    if branches or failed:
        job.writer.drop_changes(job.redo.done)
        job.writer.status(**{BRANCHED: ""})
    if told.parent and told.parent_step == job.step:
        job.mark("branch", tr("Branch of {run}", run=told.parent))
    job.redo.ahead = [(step, phase, commands.decode(line)) for step, phase, line in job.team.agreed(later)]
    if later:
        text = tr("What was changed by hand after this checkpoint is changed again at the same steps.")
        job.writer.log("info", text)
    redo(job, UPDATE)
