"""Sweeps: folders that hold what is varied, and a run for each trial.

``sweep.json`` says what is varied and is written once; ``state.json`` belongs to the process that drives the sweep;
``trial-N`` is the run of a trial, with the values it got in ``trial.json``. Nothing is kept twice: a table of the
trials is read from their runs.
"""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from netlab.document.file import write_atomically
from netlab.language import tr
from netlab.runs.axes import MOST_POINTS, Axis, SweepError
from netlab.runs.compare import best_of, lower_is_better
from netlab.runs.reader import LIVE, RunReader, is_alive
from netlab.runs.store import PROJECT, default_root

SPEC, STATE, TRIAL, BASE = "sweep.json", "state.json", "trial.json", "base.netlab"
METHODS = ("grid", "random", "tpe")
VALIDATION, TRAINING = "val/loss", "train/loss"
TRIALS = 20


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
            raise SweepError(
                tr("A grid needs a number of points for {ends}. Write {ends}/5, or choose random or tpe.", ends=ends)
            )
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
                    raise SweepError(
                        tr("{folder} is already there. Choose another name for the sweep.", folder=folder)
                    ) from None
                count += 1
    except OSError as error:
        raise SweepError(
            tr("No sweep can be made in {root}: {reason}. Choose another folder.", root=root, reason=error.strerror)
        ) from error
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
        raise SweepError(
            tr("{folder} cannot be read: {error}. Start a new sweep.", folder=folder / SPEC, error=error)
        ) from error


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
    """How the sweep is: ``state`` is running, paused, finished, stopped, failed, or lost if its driver is gone.

    ``message`` says why it failed.
    """
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


def objective_of(folder: Path, sweep: Sweep) -> str:
    """The metric that decides, the same for all trials: what the sweep says, else the loss in validation.

    A sweep whose trials end without any validation goes by the loss in training.
    """
    if sweep.objective:
        return sweep.objective
    ended = False
    for path in folder.glob("trial-*"):
        reader = RunReader(path)
        has, state = VALIDATION in reader.names(), reader.status().get("state")
        reader.close()
        if has:
            return VALIDATION
        ended = ended or state == "finished"
    return TRAINING if ended else VALIDATION


def trials(folder: Path) -> list[Trial]:
    """All trials of a sweep by number."""
    objective = objective_of(folder, spec(folder))
    found = [trial(path.parent, objective) for path in folder.glob("trial-*/" + PROJECT)]
    return sorted((one for one in found if one is not None), key=lambda one: one.number)


def trial(folder: Path, objective: str) -> Trial | None:
    """The trial in a run folder, judged by this metric; None if there is none yet."""
    got = drawn(folder)
    if got is None:
        return None
    reader = RunReader(folder)
    try:
        status = reader.status()
        best = best_of(reader, objective)
    finally:
        reader.close()
    state = "pruned" if got.pruned else status.get("state", "new")
    step = int(status.get("step", 0))
    return Trial(got.number, folder, got.values, state, step, best, objective, status.get("message", ""))


def best(found: list[Trial]) -> Trial | None:
    """The trial with the best objective; None while none has one."""
    measured = [one for one in found if one.best is not None]
    if not measured:
        return None
    sign = 1 if lower_is_better(measured[0].objective) else -1
    return min(measured, key=lambda one: (sign * (one.best or 0.0), one.number))
