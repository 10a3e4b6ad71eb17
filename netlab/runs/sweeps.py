"""Sweeps: folders that hold what is varied, and a run for each trial.

``sweep.json`` says what is varied and is written once; ``state.json`` belongs to the process that drives the sweep;
``trial-N`` is the run of a trial, with the values it got in ``trial.json``. Nothing is kept twice: a table of the
trials is read from their runs.
"""

from __future__ import annotations

from netlab.language import tr

import itertools
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from netlab.data.dataset import catalogue as sources
from netlab.document.file import write_atomically
from netlab.document.paths import find_node, set_by_path
from netlab.document.project import Project
from netlab.layers.layer import catalogue as layers
from netlab.options import Option
from netlab.runs.compare import best_of, lower_is_better
from netlab.runs.reader import LIVE, RunReader, is_alive
from netlab.runs.store import PROJECT, default_root

SPEC, STATE, TRIAL, BASE = "sweep.json", "state.json", "trial.json", "base.netlab"
METHODS = ("grid", "random", "tpe")
MOST_POINTS = 10_000
TRIALS = 20


class SweepError(ValueError):
    """A sweep that cannot be made or found, as a sentence with the remedy."""


class Axis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One setting that is varied: over a list of values, or between two ends.

    Attributes:
        path: as ``--set`` names it, e.g. ``training.learning_rate``.
        values: the values to try; empty for a range.
        low, high: the ends of a range, both included.
        log: equal ratios are equally likely, rather than equal differences.
        whole: only whole numbers.
    """

    path: str
    values: list[Any] = []
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def at(self, share: float) -> Any:
        """The value a share of the way from the low end to the high end."""
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value


class Sweep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sweep is to try.

    Attributes:
        axes: what is varied.
        method: ``grid`` tries all combinations of lists, ``random`` draws, ``tpe`` learns where to look (Bergstra et
            al. 2011).
        trials: at most so many.
        jobs: so many at once.
        objective: the metric that decides; "" takes ``val/loss``, or ``train/loss`` where nothing is validated.
        prune: end trials early that are worse than the median of the others at the same tenth of their way.
        steps: length of a trial, None for the project's epochs.
        seed: of the draws.
    """

    axes: list[Axis]
    method: Literal["grid", "random", "tpe"] = "grid"
    trials: int = TRIALS
    jobs: int = 1
    objective: str = ""
    prune: bool = False
    steps: int | None = None
    seed: int = 0


class Drawn(msgspec.Struct, frozen=True):
    """What a trial got, and whether it was ended early."""

    number: int
    values: dict[str, Any]
    pruned: bool = False


@dataclass(frozen=True)
class Trial:
    """One row of a sweep's table. `best` is the best value of the objective so far, None before the first."""

    number: int
    folder: Path
    values: dict[str, Any]
    state: str
    step: int
    best: float | None
    objective: str
    message: str


def plan(axes: list[Axis], method: str | None = None, trials: int | None = None, **more: Any) -> Sweep:
    """A sweep over `axes`: a grid where all are lists, else TPE if Optuna is installed, else random draws.

    Raises:
        SweepError: nothing is varied, a setting is varied twice, or a number makes no sense.
    """
    if not axes:
        raise SweepError(tr("Nothing is varied. Say what to try, for example: --set training.learning_rate=1e-4..1e-1"))
    paths = [each.path for each in axes]
    twice = {path for path in paths if paths.count(path) > 1}
    if twice:
        raise SweepError(tr("{path} is varied twice. Say all its values in one place.", path=twice.pop()))
    whole = math.prod(len(each.values) for each in axes)
    if method is None:
        method = "grid" if whole else "tpe" if find_spec("optuna") else "random"
    count = trials if trials is not None else min(whole, MOST_POINTS) if method == "grid" and whole else TRIALS
    if count < 1 or more.get("jobs", 1) < 1:
        raise SweepError(tr("A sweep needs at least one trial, and one job. Ask for more than 0."))
    sweep = msgspec.convert({"axes": axes, "method": method, "trials": count, **more}, Sweep)
    if method == "grid":
        points(sweep)
    return sweep


def axis(project: Project, text: str) -> Axis:
    """Read ``PATH=VALUES``: a list ``16,32,64``, a range ``1e-4..1e-1``, or so many points of one ``0..0.5/6``.

    A range is on a logarithmic scale if its ends are a factor of 100 or more apart.

    Raises:
        SweepError: it is neither.
        EditError: the path leads nowhere.
        OptionError: a value outside the limits of its option.
    """
    path, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not values:
        message = tr(
            "{text!r} is not PATH=VALUES, for example training.learning_rate=1e-4..1e-1 or fc1.out_features=16,32,64.",
            text=text,
        )
        raise SweepError(message)
    found = _range(path, values) if ".." in values and '"' not in values else Axis(path, _list(values))
    for value in found.values or [found.at(0.0), found.at(1.0)]:
        _check_limits(set_by_path(project, f"{path}={json.dumps(value)}"), path)
    return found


def _check_limits(project: Project, path: str) -> None:
    """Ask the layer whose option was set, and the data's source, whether they take the value."""
    place, _, name = path.rpartition(".")
    options: Mapping[str, Option[Any]] = {}
    values: Mapping[str, Any] = {}
    if place == "data":
        source = sources().get(project.data.source)
        options, values = source.options() if source else {}, project.data.options
    elif place != "training":
        node = find_node(project, place)
        layer = layers().get(project.graph.nodes[node].type)
        options, values = layer.options() if layer else {}, project.graph.nodes[node].options
    if name in options:
        options[name].check(values[name])


def _list(text: str) -> list[Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        return [_value(part) for part in text.split(",") if part.strip()]
    return whole if isinstance(whole, list) else [whole]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _range(path: str, text: str) -> Axis:
    ends, _, count = text.partition("/")
    low, _, high = ends.partition("..")
    try:
        a, b, points = float(low), float(high), int(count or 0)
    except ValueError:
        raise SweepError(tr("{text!r} is no range of numbers. Write it as LOW..HIGH, or LOW..HIGH/POINTS.", text=text)) from None
    if not a < b or not math.isfinite(b - a):
        raise SweepError(tr("The range {text} of {path} does not go upwards. Put the smaller end first.", text=text, path=path))
    whole = not any(mark in ends.replace("..", "") for mark in ".e")
    found = Axis(path, [], a, b, log=a > 0 and b / a >= 100, whole=whole)
    if not count:
        return found
    if not 2 <= points <= MOST_POINTS:
        raise SweepError(tr("{count} points of a range are too few or too many. Ask for 2 to {most}.", count=count, most=MOST_POINTS))
    return Axis(path, list(dict.fromkeys(found.at(i / (points - 1)) for i in range(points))))


def points(sweep: Sweep) -> list[dict[str, Any]]:
    """The values of each trial of a grid or random sweep, in order.

    Raises:
        SweepError: a grid over a range without a number of points.
    """
    if sweep.method == "random":
        draw = np.random.default_rng(sweep.seed)
        return [{axis.path: _drawn(axis, draw) for axis in sweep.axes} for _ in range(sweep.trials)]
    for each in sweep.axes:
        if not each.values:
            ends = f"{each.path}={each.low:g}..{each.high:g}"
            raise SweepError(tr("A grid needs a number of points for {ends}. Write {ends}/5, or choose random or tpe.", ends=ends))
    combinations = itertools.product(*(each.values for each in sweep.axes))
    paths = [each.path for each in sweep.axes]
    return [dict(zip(paths, values, strict=True)) for values in itertools.islice(combinations, sweep.trials)]


def _drawn(axis: Axis, draw: np.random.Generator) -> Any:
    return axis.values[int(draw.integers(len(axis.values)))] if axis.values else axis.at(float(draw.random()))


def create(project: bytes, sweep: Sweep, root: Path, name: str | None = None) -> Path:
    """A new sweep folder.

    Raises:
        SweepError: there is one of that name, or the folder cannot be made.
    """
    day, count = time.strftime("%Y-%m-%d"), 1
    try:
        root.mkdir(parents=True, exist_ok=True)
        while True:
            folder = root / (name or f"sweep-{day}-{count}")
            try:
                folder.mkdir(mode=0o700)
                break
            except FileExistsError:
                if name is not None:
                    raise SweepError(tr("{folder} is already there. Choose another name for the sweep.", folder=folder)) from None
                count += 1
    except OSError as error:
        raise SweepError(tr("No sweep can be made in {root}: {reason}. Choose another folder.", root=root, reason=error.strerror)) from error
    write_atomically(folder / BASE, project)
    write_atomically(folder / "commands.jsonl", b"")
    write_atomically(folder / SPEC, msgspec.json.encode(sweep))
    return folder


def spec(folder: Path) -> Sweep:
    """What a sweep is to try; `SweepError` if the folder is none."""
    try:
        return msgspec.json.decode((folder / SPEC).read_bytes(), type=Sweep)
    except FileNotFoundError:
        raise SweepError(tr("There is no sweep in {folder}.", folder=folder)) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise SweepError(tr("{folder} cannot be read: {error}. Start a new sweep.", folder=folder / SPEC, error=error)) from error


def find_sweep(folder: Path | str) -> Path | None:
    """The folder of a sweep, given as a path or as a name in the default folder; None if it is none."""
    for path in (Path(folder), default_root() / folder):
        if (path / SPEC).is_file():
            return path
    return None


def list_sweeps(root: Path) -> list[Path]:
    """All sweeps in a folder, newest first."""
    return sorted((path.parent for path in root.glob("*/" + SPEC)), key=lambda p: -(p / SPEC).stat().st_mtime)


def state_of(folder: Path) -> dict[str, str]:
    """How the sweep is: ``state`` is running, paused, finished, stopped, or lost if its driver is gone."""
    try:
        state = msgspec.json.decode((folder / STATE).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {"state": "new"}
    if state.get("state") in LIVE and not is_alive(state):
        state["state"] = "lost"
    return state


def drawn(folder: Path) -> Drawn | None:
    """What the trial in `folder` got; None if it is none."""
    try:
        return msgspec.json.decode((folder / TRIAL).read_bytes(), type=Drawn)
    except (OSError, msgspec.MsgspecError):
        return None


def trials(folder: Path) -> list[Trial]:
    """All trials of a sweep by number."""
    objective = spec(folder).objective
    found = [trial(path.parent, objective) for path in folder.glob("trial-*/" + PROJECT)]
    return sorted((one for one in found if one is not None), key=lambda one: one.number)


def trial(folder: Path, objective: str = "") -> Trial | None:
    """The trial in a run folder; None if there is none yet."""
    got = drawn(folder)
    if got is None:
        return None
    reader = RunReader(folder)
    try:
        status = reader.status()
        name = objective or ("val/loss" if len(reader.metrics("val/loss")[0]) else "train/loss")
        best = best_of(reader.metrics(name)[1], name)
    finally:
        reader.close()
    state = "pruned" if got.pruned else status.get("state", "new")
    step = int(status.get("step", 0))
    return Trial(got.number, folder, got.values, state, step, best, name, status.get("message", ""))


def best(found: list[Trial]) -> Trial | None:
    """The trial with the best objective; None while none has one."""
    measured = [one for one in found if one.best is not None]
    if not measured:
        return None
    sign = 1 if lower_is_better(measured[0].objective) else -1
    return min(measured, key=lambda one: (sign * (one.best or 0.0), one.number))
