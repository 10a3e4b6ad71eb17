"""Short trials of a model before it is trained in earnest: is it wired to learn, and how fast may it go?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch

from netlab.compiler.forecast import forecast
from netlab.compiler.source import where
from netlab.document import schedules
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.engine import optim
from netlab.engine.build import build, seed_everything
from netlab.engine.device import arranged, choose, threads_for
from netlab.engine.faults import TrainingFault
from netlab.engine.guard import Guard
from netlab.engine.lines import after_each_line, names_assigned
from netlab.engine.loader import Batch, Loader, load_data
from netlab.engine.precision import Precision
from netlab.engine.step import Stepper
from netlab.language import mark, sentences, tr

LOWEST_RATE, HIGHEST_RATE, RATES = 1e-6, 10.0, 100
DIVERGED = 4.0  # times the lowest loss
OVERFIT_STEPS, OVERFIT_ROWS = 200, 32
OWN_STEPS, JUDGED_STEPS, RISEN = 20, 5, 2.0  # with the project's own rate; the last ones; times the first loss


@dataclass(frozen=True)
class Finding:
    """What a trial found.

    Attributes:
        name: ``loss``, ``gradients``, ``values``, ``overfit`` or ``rate``.
        fine: nothing is wrong.
        message: a sentence on what it means, with a remedy where something is wrong.
        node: the node it is about, "" for none.
    """

    name: str
    fine: bool
    message: str
    node: str = ""


@dataclass(frozen=True)
class RateTrial:
    """The loss at learning rates that rise from step to step (Smith 2015).

    Attributes:
        rates, losses: what was tried; the losses are smoothed.
        best: a rate to begin with, where the loss falls fast and is not about to break off; None if it does not fall.
        message: a sentence on what it means.
    """

    rates: list[float]
    losses: list[float]
    best: float | None
    message: str


class _Trial:
    """A fresh model with its data, as at the start of a run, from which nothing is kept."""

    def __init__(self, project: Project, **settings: Any) -> None:
        self.project = project
        self.training = Training(**project.training).values | {"compile": False, "ema_decay": 0.0} | settings
        seed_everything(self.training["seed"])
        self.built = build(project)
        self.flops = forecast(project, self.built.inferred).flops
        self.device = choose(self.training["device"])
        arranged(self.built.model.to(self.device)).train()
        dataset = load_data(project.data, lambda level, message: None, None)
        fields = (*self.built.source.inputs, *self.built.source.targets)
        self.loader = Loader(dataset, fields, self.training["batch_size"], self.training["seed"], self.device)
        self.optimizer = optim.make(self.built, self.training, self.device)
        self.optimizer.thaw(1_000_000)
        precision = Precision(self.training["precision"], self.device)
        guard = Guard(self.built, self.optimizer, self.device, precision, delayed=False)
        self.stepper = Stepper(self.built, self.training, self.optimizer, guard, precision)

    def step(self, batch: Batch, number: int) -> float:
        """One optimizer step; the loss before it."""
        self.stepper.forward(batch)
        self.stepper.backward()
        loss = float(self.stepper.readings["loss"].detach())
        self.stepper.update(number)
        return loss

    def batch(self) -> Batch:
        return next(iter(self.loader.batches(0)))

    def batches(self) -> Iterator[Batch]:
        """Those of a run, without end."""
        for epoch in itertools.count():
            yield from self.loader.batches(epoch)


def sanity(project: Project) -> list[Finding]:
    """Whether the loss begins where guessing does, gradients reach every weight, one batch can be learned by heart, and
    the learning rate is not too high.

    Raises:
        CompileError, DataError, DeviceError: the project cannot be trained.
    """
    trial = _Trial(project)
    try:
        with threads_for(trial.flops):
            found = [*_dead_values(trial), _first_loss(trial), *_gradients(trial)]
        return [*found, _overfit(project), _own_rate(project)]
    except TrainingFault as fault:
        return [Finding("loss", False, fault.message, fault.node)]


def find_rate(project: Project) -> RateTrial:
    """Let the learning rate rise from step to step, and see where the loss falls fastest and where it breaks off.

    A rule that looks for the length of each step by itself is not tried: 1 is to begin with.

    Raises:
        CompileError, DataError, DeviceError: the project cannot be trained.
    """
    trial = _Trial(project, weight_decay=0.0, micro_batches=1)
    rates: list[float] = []
    losses: list[float] = []
    if trial.optimizer.closes:
        told = tr("This optimizer looks for the length of each step by itself. Begin with 1, and lower it if it leaps.")
        return RateTrial([], [], 1.0, told)
    mean, lowest = 0.0, math.inf
    with threads_for(trial.flops):
        for i, batch in enumerate(itertools.islice(trial.batches(), RATES)):
            rate = LOWEST_RATE * (HIGHEST_RATE / LOWEST_RATE) ** (i / (RATES - 1))
            trial.optimizer.set_learning_rate(rate)
            try:
                loss = trial.step(batch, i + 1)
            except TrainingFault:
                break
            mean = 0.9 * mean + 0.1 * loss
            smooth = mean / (1 - 0.9 ** (i + 1))  # without the bias of its start
            lowest = min(lowest, smooth)
            if smooth > DIVERGED * lowest and i > 10:
                break
            rates.append(rate)
            losses.append(smooth)
    return _rate_trial(rates, losses)


def _rate_trial(rates: list[float], losses: list[float]) -> RateTrial:
    slopes = [losses[i + 2] - losses[i - 2] for i in range(2, len(losses) - 2)]
    if not slopes or min(slopes) >= 0 or min(losses) > 0.98 * losses[0]:
        message = tr("The loss falls at no learning rate. Check the wiring with netlab sanity before anything else.")
        return RateTrial(rates, losses, None, message)
    steepest, lowest = rates[slopes.index(min(slopes)) + 2], rates[losses.index(min(losses))]
    best = min(steepest, lowest / 10)  # near the lowest loss it is about to break off
    text = mark(
        "The loss falls well up to a learning rate of {lowest:.2g}; it breaks off nowhere. Begin with {best:.2g}."
    )
    if rates[-1] < HIGHEST_RATE * 0.99:
        text = mark(
            "The loss falls well up to a learning rate of {lowest:.2g}; beyond {highest:.2g} it breaks off. Begin with "
            "{best:.2g}."
        )
    message = tr(text, lowest=lowest, highest=rates[-1], best=best)
    return RateTrial(rates, losses, best, message)


def _first_loss(trial: _Trial) -> Finding:
    """Whether the first loss is what a guess among equally likely classes costs: ln K."""
    trial.stepper.forward(trial.batch())
    loss = float(trial.stepper.readings["loss"].detach())
    if not math.isfinite(loss):
        return Finding(
            "loss", False, tr("The loss begins at {loss}. A value on the way to it is not finite.", loss=loss)
        )
    expected = _guess(trial)
    if expected is None:
        return Finding("loss", True, tr("The loss begins at {loss:.3g}.", loss=loss))
    if abs(loss - expected) <= max(0.5, 0.25 * expected):
        return Finding(
            "loss",
            True,
            tr(
                "The loss begins at {loss:.3g}, near {expected:.3g}, which guessing costs.",
                loss=loss,
                expected=expected,
            ),
        )
    text = mark("The loss begins at {loss:.3g}, far below the {expected:.3g} that guessing costs.")
    if loss > expected:
        text = mark("The loss begins at {loss:.3g}, far above the {expected:.3g} that guessing costs.")
    remedy = tr("Scale the inputs to mean 0 and deviation 1, or normalise before the last layer.")
    return Finding("loss", False, sentences(tr(text, loss=loss, expected=expected), remedy))


def _guess(trial: _Trial) -> float | None:
    """The cost of guessing, for a model with one cross-entropy; None for others."""
    inferred, nodes = trial.built.inferred, trial.project.graph.nodes
    losses = [node for node, layer in inferred.layers.items() if layer.role == "loss"]
    if len(losses) != 1 or nodes[losses[0]].type != "cross_entropy_loss":
        return None
    port = next(iter(inferred.layers[losses[0]].inputs()))
    shape = inferred.inputs[losses[0], port]
    classes = shape.last
    return math.log(classes) * float(inferred.layers[losses[0]].values.get("weight", 1.0)) if classes else None


def _gradients(trial: _Trial) -> list[Finding]:
    """Whether a gradient reaches every weight of one batch."""
    trial.stepper.backward()
    owners = trial.built.nodes()
    silent: dict[str, bool] = {}
    for name, parameter in trial.built.model.named_parameters():
        if parameter.requires_grad:
            reached = parameter.grad is not None and bool((parameter.grad != 0).any())
            silent[owners[name]] = silent.get(owners[name], True) and not reached
    trial.optimizer.zero_grad()
    deaf = [node for node, is_silent in silent.items() if is_silent]
    if not deaf:
        return [Finding("gradients", True, tr("A gradient reaches every node that learns."))]
    text = mark("No gradient reaches {node}. Wire it on the way to the loss, or see what zeroes its value.")
    return [Finding("gradients", False, tr(text, node=where(trial.project, node)), node) for node in deaf]


def _dead_values(trial: _Trial) -> list[Finding]:
    """Nodes that send only zeros for a whole batch, whenever they run: the state of a scan may begin with zeros."""
    text = trial.built.source.text.splitlines()
    lives: dict[str, bool] = {}

    def look(node: str, line: int, variables: dict[str, Any]) -> None:
        for value in (variables.get(name) for name in names_assigned(text[line - 1])):
            if isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel() > 1:
                lives[node] = lives.get(node, False) or bool(value.any())

    after_each_line(trial.built, lambda: trial.stepper.forward(trial.batch()), look)
    found = [node for node, is_alive in lives.items() if not is_alive]
    if not found:
        return [Finding("values", True, tr("Every node sends something other than zeros."))]
    place = where(trial.project, found[0])
    message = tr(
        "{place} sends only zeros. Its inputs are all negative, or its rate of dropout is too high.", place=place
    )
    return [Finding("values", False, message, found[0])]


def _overfit(project: Project) -> Finding:
    """Whether a few rows can be learned by heart: a model that cannot do that will learn nothing."""
    rate = min(max(Training(**project.training).values["learning_rate"], 1e-3), 1e-2)
    trial = _Trial(project, optimizer="adam", learning_rate=rate, micro_batches=1, clip="none", weight_decay=0.0)
    batch = {name: values[:OVERFIT_ROWS] for name, values in trial.batch().items()}
    first = last = math.nan
    step = 0
    with threads_for(trial.flops):
        for step in range(1, OVERFIT_STEPS + 1):
            last = trial.step(batch, step)
            first = last if step == 1 else first
            if last < 0.05 * first:
                break
    rows = len(next(iter(batch.values())))
    told = {"rows": rows, "steps": step, "first": first, "last": last}
    if last < 0.5 * first:
        text = mark("The model learns {rows} rows in {steps} steps: the loss goes from {first:.3g} to {last:.3g}.")
        return Finding("overfit", True, tr(text, **told))
    text = mark("The model hardly learns {rows} rows in {steps} steps: the loss goes from {first:.3g} to {last:.3g}.")
    remedy = tr("Look for a wire to the wrong field, too small a layer, or labels that do not belong to the rows.")
    return Finding("overfit", False, sentences(tr(text, **told), remedy))


def _own_rate(project: Project) -> Finding:
    """Whether the loss leaps up in the first steps with the settings of the run, its warm-up included."""
    trial = _Trial(project)
    training, per_epoch = trial.training, trial.loader.steps_per_epoch
    rate, losses = training["learning_rate"], list[float]()
    if not rate:
        return Finding("rate", False, tr("With a learning rate of 0 no weight changes. Set a higher one."))
    too_high = tr("The learning rate is too high. Find a lower one in the menu Run, or with netlab lrfind.")
    try:
        with threads_for(trial.flops):
            for i, batch in enumerate(itertools.islice(trial.batches(), OWN_STEPS)):
                now = schedules.factor(training, i, training["epochs"] * per_epoch, per_epoch)
                trial.optimizer.set_learning_rate(rate * now)
                losses.append(trial.step(batch, i + 1))
    except TrainingFault:
        exploded = mark("With a learning rate of {rate:.3g} the numbers of the model explode within {steps} steps.")
        told = tr(exploded, rate=rate, steps=len(losses) + 1)
        return Finding("rate", False, sentences(told, too_high))
    first, last = losses[0], fmean(losses[-JUDGED_STEPS:])
    values = {"rate": rate, "steps": OWN_STEPS, "first": first, "last": last}
    text = mark("With a learning rate of {rate:.3g} the loss goes from {first:.3g} to {last:.3g} in {steps} steps.")
    if last - first > (RISEN - 1) * abs(first):
        return Finding("rate", False, sentences(tr(text, **values), too_high))
    return Finding("rate", True, tr(text, **values))
