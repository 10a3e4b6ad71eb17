"""Where a sweep looks next: along a list of points, or where Optuna says."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Protocol

from netlab.language import mark, tr
from netlab.runs.axes import Axis, SweepError
from netlab.runs.compare import lower_is_better
from netlab.runs.sweeps import Sweep, points

JOURNAL = "optuna.journal"
UNTRIED = 4  # trials of which none is pruned, so that there is a median


class Search(Protocol):
    """Gives each trial its values, and hears how it went."""

    def ask(self, number: int) -> dict[str, Any] | None:
        """The values of trial `number`, from 0; None when there are no more."""
        ...

    def report(self, number: int, tenth: int, value: float) -> bool:
        """Hear the objective of a trial at a tenth of its way; whether it should end."""
        ...

    def tell(self, number: int, value: float | None, pruned: bool) -> None:
        """Hear how a trial ended; None if it came to nothing."""
        ...


class Points:
    """A grid or a random draw, known from the start."""

    def __init__(self, sweep: Sweep) -> None:
        self._points = points(sweep)

    def ask(self, number: int) -> dict[str, Any] | None:
        return self._points[number] if number < len(self._points) else None

    def report(self, number: int, tenth: int, value: float) -> bool:
        return False

    def tell(self, number: int, value: float | None, pruned: bool) -> None: ...


class Study:
    """Optuna's study, kept in a journal in the sweep's folder, so that a sweep can be taken up again."""

    def __init__(self, folder: Path, sweep: Sweep) -> None:
        try:
            import optuna
        except ImportError as error:
            text = mark("The method tpe needs the package optuna. Install it with: pip install netlab[search]")
            if sweep.method != "tpe":
                text = mark("Ending trials early needs the package optuna. Install it with: pip install netlab[search]")
            raise SweepError(tr(text)) from error
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(logging.WARNING)
        self._optuna, self._sweep = optuna, sweep
        self._points = None if sweep.method == "tpe" else points(sweep)
        self.study = optuna.create_study(
            storage=optuna.storages.JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
            study_name="sweep",
            load_if_exists=True,
            direction="minimize" if lower_is_better(sweep.objective or "loss") else "maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=UNTRIED, n_warmup_steps=1)
            if sweep.prune
            else optuna.pruners.NopPruner(),
        )
        seed = sweep.seed + len(
            self.study.get_trials(deepcopy=False)
        )  # taken up again, it does not draw the same again
        self.study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=sweep.jobs > 1)

    def ask(self, number: int) -> dict[str, Any] | None:
        if number >= (self._sweep.trials if self._points is None else len(self._points)):
            return None
        known = self.study.get_trials(deepcopy=False)
        if number < len(known) and known[number].state == self._optuna.trial.TrialState.RUNNING:
            trial = self._trial(number)  # it was asked for, and the sweep was cut off before it began
        else:
            if self._points is not None and number >= len(known):
                self.study.enqueue_trial(self._as_optuna(self._points[number]))
            trial = self.study.ask()
        assert trial.number == number, "a trial is asked for once"
        return {axis.path: self._drawn(trial, axis) for axis in self._sweep.axes}

    def _trial(self, number: int) -> Any:
        return self._optuna.trial.Trial(self.study, self.study.get_trials(deepcopy=False)[number]._trial_id)

    def _drawn(self, trial: Any, axis: Axis) -> Any:
        if axis.values:  # as text: Optuna takes only plain values, and a value may be a list
            return json.loads(trial.suggest_categorical(axis.path, [json.dumps(value) for value in axis.values]))
        if axis.whole:
            return trial.suggest_int(axis.path, round(axis.low), round(axis.high), log=axis.log)
        return trial.suggest_float(axis.path, axis.low, axis.high, log=axis.log)

    def _as_optuna(self, values: dict[str, Any]) -> dict[str, Any]:
        listed = {axis.path for axis in self._sweep.axes if axis.values}
        return {path: json.dumps(value) if path in listed else value for path, value in values.items()}

    def report(self, number: int, tenth: int, value: float) -> bool:
        trial = self._trial(number)
        trial.report(value, tenth)
        return trial.should_prune()

    def tell(self, number: int, value: float | None, pruned: bool) -> None:
        states = self._optuna.trial.TrialState
        if self.study.trials[number].state.is_finished():  # told before the sweep was cut off
            return
        state = states.PRUNED if pruned else states.COMPLETE if value is not None else states.FAIL
        self.study.tell(number, None if pruned else value, state=state)


def search(folder: Path, sweep: Sweep) -> Search:
    """What the sweep asks for; a list of points needs no Optuna.

    Raises:
        SweepError: what it needs is not installed, or its grid has a range without points.
    """
    return Study(folder, sweep) if sweep.method == "tpe" or sweep.prune else Points(sweep)
