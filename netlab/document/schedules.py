"""Learning-rate schedules, as pure functions of the step: the window draws them, the engine follows them.

A schedule gives a factor on the learning rate η, so that η can still be changed while the run goes on.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netlab.language import mark

ONE_CYCLE_RISE, ONE_CYCLE_START, ONE_CYCLE_END = 0.3, 1 / 25, 1 / 250_000
"""Share of the steps in which a one-cycle schedule rises, and its first and last factor (Smith and Topin 2017)."""


@dataclass(frozen=True)
class Moment:
    """Where in a run a step is.

    Attributes:
        step: steps done since the warm-up.
        total: steps of the run without the warm-up.
        steps_per_epoch: steps in one epoch.
        cuts: how often the learning rate was cut because the validation loss did not fall.
    """

    step: int
    total: int
    steps_per_epoch: int
    cuts: int

    @property
    def progress(self) -> float:
        """Share of the run that is done, from 0 to 1."""
        return min(self.step / max(self.total, 1), 1.0)


@dataclass(frozen=True)
class Schedule:
    """One shape of the learning rate over a run.

    Attributes:
        about: a sentence on what it does.
        settings: the training settings it reads.
        factor: the factor on the learning rate at a moment.
    """

    about: str
    settings: tuple[str, ...]
    factor: Callable[[Mapping[str, Any], Moment], float]


def _constant(training: Mapping[str, Any], at: Moment) -> float:
    return 1.0


def _linear(training: Mapping[str, Any], at: Moment) -> float:
    return 1 + (training["final_share"] - 1) * at.progress


def _cosine(training: Mapping[str, Any], at: Moment) -> float:
    return _between(1.0, training["final_share"], at.progress)


def _one_cycle(training: Mapping[str, Any], at: Moment) -> float:
    top, last = ONE_CYCLE_RISE * at.total - 1, at.total - 1
    if at.step <= top:
        return _between(ONE_CYCLE_START, 1.0, at.step / top if top > 0 else 1.0)
    return _between(1.0, ONE_CYCLE_END, min((at.step - top) / max(last - top, 1e-9), 1.0))


def _polynomial(training: Mapping[str, Any], at: Moment) -> float:
    end = training["final_share"]
    return end + (1 - end) * (1 - at.progress) ** training["schedule_power"]


def _exponential(training: Mapping[str, Any], at: Moment) -> float:
    return max(training["final_share"], 1e-6) ** at.progress


def _step(training: Mapping[str, Any], at: Moment) -> float:
    return training["schedule_factor"] ** (at.step // max(training["schedule_epochs"] * at.steps_per_epoch, 1))


def _plateau(training: Mapping[str, Any], at: Moment) -> float:
    return training["schedule_factor"] ** at.cuts


def _drawn(training: Mapping[str, Any], at: Moment) -> float:
    return interpolate(training["schedule_points"], at.progress)


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(mark("The same learning rate all the way."), (), _constant),
    "linear": Schedule(mark("Falls evenly to the final share."), ("final_share",), _linear),
    "cosine": Schedule(
        mark("Falls slowly, fast, slowly, to the final share. Loshchilov and Hutter 2016."), ("final_share",), _cosine
    ),
    "one_cycle": Schedule(
        mark("Rises from a twenty-fifth to the learning rate, then falls to nothing. Smith and Topin 2017."),
        (),
        _one_cycle,
    ),
    "polynomial": Schedule(
        mark("Falls as a power to the final share."), ("final_share", "schedule_power"), _polynomial
    ),
    "exponential": Schedule(
        mark("Falls by the same ratio each step, to the final share."), ("final_share",), _exponential
    ),
    "step": Schedule(
        mark("Is multiplied by the factor every so many epochs."), ("schedule_factor", "schedule_epochs"), _step
    ),
    "plateau": Schedule(
        mark("Is multiplied by the factor when the validation loss has not fallen for so many epochs."),
        ("schedule_factor", "schedule_epochs"),
        _plateau,
    ),
    "drawn": Schedule(mark("Follows the points: drag them on the curve."), ("schedule_points",), _drawn),
}


def factor(training: Mapping[str, Any], step: int, total: int, steps_per_epoch: int, cuts: int = 0) -> float:
    """The factor on the learning rate for the update behind `step` steps: warm-up, then the schedule.

    Args:
        training: every value of `netlab.document.training.Training`.
        step: updates done so far.
        total: updates in the whole run.
        steps_per_epoch: updates in one epoch.
        cuts: times that a plateau was met.
    """
    return warmed(SCHEDULES[training["schedule"]].factor, training, step, total, steps_per_epoch, cuts)


def warmed(
    shape: Callable[[Mapping[str, Any], Moment], float],
    training: Mapping[str, Any],
    step: int,
    total: int,
    steps_per_epoch: int,
    cuts: int,
) -> float:
    """The factor of a schedule of this shape, which begins when the learning rate has risen from nothing."""
    warm_up = training["warmup_steps"]
    rise = (step + 1) / warm_up if step < warm_up else 1.0
    return rise * shape(training, Moment(max(step - warm_up, 0), total - warm_up, steps_per_epoch, cuts))


def interpolate(points: Any, x: float) -> float:
    """The value at `x` of straight lines between points (x, y); flat before the first and behind the last."""
    i = bisect_right(points, x, key=lambda point: point[0])
    if i == 0:
        return float(points[0][1])
    if i == len(points):
        return float(points[-1][1])
    (x0, y0), (x1, y1) = points[i - 1], points[i]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _between(start: float, end: float, share: float) -> float:
    """Half a wave of a cosine from `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
