"""What a command changes in a running job. Each change is a mark in the run's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from netlab.compiler.source import where
from netlab.document.edits import EditError
from netlab.document.training import Training
from netlab.engine.build import reweigh
from netlab.engine.redoing import ByHand
from netlab.engine.step import UPDATE
from netlab.language import tr
from netlab.options import OptionError
from netlab.protocol import commands

if TYPE_CHECKING:
    from netlab.engine.train import Job


def change(job: Job, command: commands.Change, phase: str) -> None:
    """Do a command that came behind a phase of a step; what cannot be done is said, and the run goes on."""
    try:
        _do(job, command, phase)
    except (OptionError, EditError) as error:
        job.writer.log("warning", str(error))
    else:
        job.redo.note(job.step, phase, command)


def redo(job: Job, phase: str) -> None:
    """Make the changes again that were made behind this phase before the run went back to a checkpoint."""
    for command in job.redo.due(job.step, phase) if job.redo.ahead else ():
        assert isinstance(command, ByHand)
        _do(job, command, phase)


def set_loss_weights(job: Job, weights: dict[str, float]) -> None:
    """Give losses these shares in the total loss, by node; the others keep theirs."""
    average = job.stepper.average
    if weights:
        reweigh(job.built, weights, job.built.model, *([] if average is None else [average.module]))
        job.stepper.use_model()
    job.loss_weights = weights


def _do(job: Job, command: commands.Change, phase: str) -> None:
    match command:
        case commands.Keep():
            job.keep_this = True  # at the end of the step, or of the epoch: a checkpoint holds whole ones
            if phase == UPDATE and job.steering.waits:
                job.checkpoint(f"kept-{job.step}")
        case commands.SetLearningRate(value=value):
            _steer(job, "learning_rate", value, "η")
            job.optimizer.set_learning_rate(job.training["learning_rate"] * job.factor())
            job.writer.metrics(job.step, {"lr": job.learning_rate})
        case commands.SetWeightDecay(value=value):
            _steer(job, "weight_decay", value, tr("Weight decay"))
            job.optimizer.set_weight_decay(job.training["weight_decay"])
        case commands.SetLossWeight(node=node, value=value):
            set_loss_weights(job, {**job.loss_weights, node: value})
            job.mark("loss_weight", tr("λ of {node} → {value:g}", node=where(job.project, node), value=value))
        case commands.SetProbes(probes=probes):
            job.prober.watch(probes)
            job.look(always=bool(job.asked.hold))
        case _:
            assert_never(command)


def _steer(job: Job, name: str, value: float, symbol: str) -> None:
    """Use another value of a setting from now on."""
    before, job.training[name] = job.training[name], Training.options()[name].check(value)
    job.mark(name, f"{symbol} {before:g} → {value:g}")
