"""The driver of a sweep: starts a trial where a place is free, ends the hopeless ones, and hears how each went.

Each trial is a run of its own in an engine process of its own. The driver trains nothing and holds nothing that is
not in the folder, so a sweep that was cut off is taken up where it was.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec
import psutil

from netlab.document import file
from netlab.document.file import write_atomically
from netlab.document.paths import set_by_path
from netlab.document.project import Project
from netlab.engine.commands import CommandReader
from netlab.engine.search import search
from netlab.language import sentences, tr
from netlab.protocol import commands
from netlab.runs import store, sweeps
from netlab.runs.axes import SweepError
from netlab.runs.launch import dismiss, hand_over, launch, waiting
from netlab.runs.reader import LIVE, RunReader
from netlab.runs.schema import FILE
from netlab.runs.sweeps import Drawn, Trial

LOOK_SECONDS = 0.1
LIVES = 2  # a trial whose engine is killed goes on once from its last checkpoint
OVER = ("finished", "stopped", "failed")
OnTrial = Callable[[Trial], None]


def run_sweep(folder: Path, on_trial: OnTrial | None = None) -> dict[str, str]:
    """Drive the sweep in `folder` to its end; returns its final state. `on_trial` hears of each trial that ended.

    Raises:
        SweepError: another process drives it, or what it needs is not installed.
    """
    state = sweeps.state_of(folder)
    if state["state"] in LIVE:
        raise SweepError(
            tr("The sweep {name} is driven already, by process {pid}.", name=folder.name, pid=state["pid"])
        )
    return _Driver(folder, on_trial or (lambda trial: None)).run()


class _Engine(Protocol):
    def poll(self) -> int | None:
        """None while it runs."""
        ...


class _Left:
    """An engine that a driver before this one started, which was killed: it is known by the record of its run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def poll(self) -> int | None:
        reader = RunReader(self._folder)
        state = reader.status().get("state")
        reader.close()
        return None if state in LIVE else 0


@dataclass
class _Running:
    """A trial in training."""

    number: int
    folder: Path
    engine: _Engine
    lives: int = LIVES
    tenth: int = 0
    pruned: bool = False
    reader: RunReader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = RunReader(self.folder)


class _Driver:
    def __init__(self, folder: Path, on_trial: OnTrial) -> None:
        self.folder, self.on_trial = folder, on_trial
        self.sweep = sweeps.spec(folder)
        self.base: Project = file.load(folder / sweeps.BASE)
        self.search = search(folder, self.sweep)
        self.orders = CommandReader(folder, again=(folder / sweeps.STATE).exists())
        self.threads = max(1, (os.cpu_count() or 1) // self.sweep.jobs)
        self.running: list[_Running] = []
        self.spare: subprocess.Popen[bytes] | None = None
        self.number = 0
        self.no_more = self.paused = self.stopping = False

    def run(self) -> dict[str, str]:
        self._say("running")
        state, message = "failed", ""
        try:
            self._take_up()
            while self.running or not (self.no_more or self.stopping):
                self._obey()
                for trial in list(self.running):
                    self._look_after(trial)
                while not (self.no_more or self.stopping or self.paused) and len(self.running) < self.sweep.jobs:
                    self._start_next()
                time.sleep(LOOK_SECONDS)
            state = "stopped" if self.stopping else "finished"
        except SweepError as error:
            message = str(error)
            raise
        finally:
            self._end(state, message)
        return sweeps.state_of(self.folder)

    def _end(self, state: str, message: str) -> None:
        """Leave nothing behind: neither a trial without its driver, nor an engine that waits for one."""
        for trial in self.running:
            commands.append(trial.folder, commands.Stop())
            trial.reader.close()
        if self.spare is not None:
            dismiss(self.spare)
        self._say(state, message)

    def _say(self, state: str, message: str = "") -> None:
        process = psutil.Process()
        told = {"state": state, "pid": str(process.pid), "pid_start": str(process.create_time()), "message": message}
        write_atomically(self.folder / sweeps.STATE, msgspec.json.encode(told))

    def _take_up(self) -> None:
        """Hear of the trials that are over, watch those that still train, and let those go on that were cut off."""
        for path in self.folder.glob("trial-*"):
            if sweeps.drawn(path) is None and not (path / FILE).exists():  # the driver was killed while it made it
                shutil.rmtree(path)
        for trial in sweeps.trials(self.folder):
            self.number = max(self.number, trial.number + 1)
            if trial.state in ("finished", "failed", "pruned"):
                self.search.tell(trial.number, trial.best, trial.state == "pruned")
                self._refuse_unmeasured(trial)
            elif trial.state in LIVE:
                self.running.append(_Running(trial.number, trial.folder, _Left(trial.folder)))
            else:
                self._train(trial.number, trial.folder, resume=_has_checkpoint(trial.folder))

    def _start_next(self) -> None:
        values = self.search.ask(self.number)
        if values is None:
            self.no_more = True
            return
        number, self.number = self.number, self.number + 1
        name = f"trial-{number}"
        folder = store.create(file.encode(_with(self.base, values)), self.folder, name, self.sweep.steps)
        write_atomically(folder / sweeps.TRIAL, msgspec.json.encode(Drawn(number, values)))
        self._train(number, folder, resume=False)

    def _train(self, number: int, folder: Path, resume: bool) -> None:
        """Let an engine train a trial: the one that waits if there is one, and have another loaded meanwhile."""
        engine, self.spare = self.spare, None
        if engine is None or not hand_over(engine, folder.resolve(), resume):
            more = ["--resume"] if resume else []
            engine = launch(["train", str(folder), *more], log=folder / "engine.log", threads=self.threads)
        self.running.append(_Running(number, folder, engine))
        if self.number < self.sweep.trials and not resume:
            self.spare = waiting(self.threads)

    def _obey(self) -> None:
        for command in self.orders.new():
            match command:
                case commands.Stop():
                    self.stopping, self.paused = True, False
                case commands.Pause():
                    self.paused = True
                case commands.Resume():
                    self.paused = False
                case _:
                    continue
            self._say("paused" if self.paused else "running")
            for trial in self.running:
                commands.append(trial.folder, command)

    def _look_after(self, trial: _Running) -> None:
        ended = trial.engine.poll() is not None
        status = trial.reader.status()
        if ended and status.get("state") not in OVER:
            self._revive(trial)
            return
        if not ended:
            self._judge(trial, status)
            return
        trial.reader.close()
        self.running.remove(trial)
        found = self._found(trial)
        if not (self.stopping and found.state == "stopped"):  # one that was stopped with the sweep is not over
            self.search.tell(trial.number, found.best, trial.pruned)
        self.on_trial(found)
        self._refuse_unmeasured(found)

    def _revive(self, trial: _Running) -> None:
        """The engine of a trial was killed or crashed: go on from the checkpoint, once."""
        trial.reader.close()
        self.running.remove(trial)
        if trial.lives > 1 and not self.stopping:
            self._train(trial.number, trial.folder, resume=_has_checkpoint(trial.folder))
            self.running[-1].lives = trial.lives - 1
            return
        self.search.tell(trial.number, None, pruned=False)
        self.on_trial(self._found(trial))

    def _found(self, trial: _Running) -> Trial:
        found = sweeps.trial(trial.folder, sweeps.objective_of(self.folder, self.sweep))
        assert found is not None, "a trial has values from its start"
        return found

    def _refuse_unmeasured(self, trial: Trial) -> None:
        """Nothing is learned from trials that never measure what decides: so with a metric that is misspelled."""
        if not self.sweep.objective or trial.state != "finished" or trial.best is not None:
            return
        reader = RunReader(trial.folder)
        names = reader.names()
        reader.close()
        if trial.objective not in names and sweeps.best(sweeps.trials(self.folder)) is None:
            told = tr("No trial measures {objective}.", objective=trial.objective)
            known = tr("Start a sweep with one of these as its objective: {names}.", names=", ".join(names))
            raise SweepError(sentences(told, known))

    def _judge(self, trial: _Running, status: dict[str, str]) -> None:
        """At each tenth of its way a trial is held against the others."""
        total, step = int(status.get("total_steps", 0)), int(status.get("step", 0))
        tenth = 10 * step // total if total else 0
        if not self.sweep.prune or trial.pruned or tenth <= trial.tenth:
            return
        found = self._found(trial)
        if found.best is None:
            return
        trial.tenth = tenth
        if self.search.report(trial.number, tenth, found.best):
            trial.pruned = True
            write_atomically(
                trial.folder / sweeps.TRIAL, msgspec.json.encode(Drawn(trial.number, found.values, pruned=True))
            )
            commands.append(trial.folder, commands.Stop())


def _with(project: Project, values: dict[str, Any]) -> Project:
    for path, value in values.items():
        project = set_by_path(project, f"{path}={msgspec.json.encode(value).decode()}")
    return project


def _has_checkpoint(folder: Path) -> bool:
    return any((folder / "checkpoints").glob("*.safetensors"))
