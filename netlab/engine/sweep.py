"""The driver of a sweep: starts a trial where a place is free, ends the hopeless ones, and hears how each went.

Each trial is a run of its own in an engine process of its own. The driver trains nothing and holds nothing that is
not in the folder, so a sweep that was cut off is taken up where it was.
"""

from __future__ import annotations

import math
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psutil

from netlab.document import file
from netlab.document.file import write_atomically
from netlab.document.paths import set_by_path
from netlab.document.project import Project
from netlab.engine.commands import CommandReader
from netlab.engine.search import search
from netlab.language import tr
from netlab.protocol import commands
from netlab.runs import store, sweeps
from netlab.runs.launch import dismiss, hand_over, launch, waiting
from netlab.runs.reader import LIVE, RunReader
from netlab.runs.sweeps import Drawn, SweepError, Trial

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


@dataclass
class _Running:
    """A trial in training."""

    number: int
    folder: Path
    engine: subprocess.Popen[bytes]
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
        self.orders = CommandReader(folder, from_end=(folder / sweeps.STATE).exists())
        self.threads = max(1, (os.cpu_count() or 1) // self.sweep.jobs)
        self.running: list[_Running] = []
        self.spare: subprocess.Popen[bytes] | None = None
        self.number = 0
        self.no_more = self.paused = self.stopping = False

    def run(self) -> dict[str, str]:
        self._say("running")
        state = "failed"
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
        finally:
            self._end(state)
        return sweeps.state_of(self.folder)

    def _end(self, state: str) -> None:
        """Leave nothing behind: neither a trial without its driver, nor an engine that waits for one."""
        for trial in self.running:
            commands.append(trial.folder, commands.Stop())
            trial.reader.close()
        if self.spare is not None:
            dismiss(self.spare)
        self._say(state)

    def _say(self, state: str) -> None:
        process = psutil.Process()
        told = {"state": state, "pid": str(process.pid), "pid_start": str(process.create_time())}
        write_atomically(self.folder / sweeps.STATE, msgspec.json.encode(told))

    def _take_up(self) -> None:
        """Hear of the trials that are over, and let those go on that were cut off."""
        for trial in sweeps.trials(self.folder):
            self.number = max(self.number, trial.number + 1)
            if trial.state in ("finished", "failed", "pruned"):
                self.search.tell(trial.number, trial.best, trial.state == "pruned")
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
        found = sweeps.trial(trial.folder, self.sweep.objective)
        assert found is not None, "a trial has values from its start"
        if not (self.stopping and found.state == "stopped"):  # one that was stopped with the sweep is not over
            self.search.tell(trial.number, found.best, trial.pruned)
        self.on_trial(found)

    def _revive(self, trial: _Running) -> None:
        """The engine of a trial was killed or crashed: go on from the checkpoint, once."""
        trial.reader.close()
        self.running.remove(trial)
        if trial.lives > 1 and not self.stopping:
            self._train(trial.number, trial.folder, resume=_has_checkpoint(trial.folder))
            self.running[-1].lives = trial.lives - 1
            return
        self.search.tell(trial.number, None, pruned=False)
        found = sweeps.trial(trial.folder, self.sweep.objective)
        assert found is not None, "a trial has values from its start"
        self.on_trial(found)

    def _judge(self, trial: _Running, status: dict[str, str]) -> None:
        """At each tenth of its way a trial is held against the others."""
        total, step = int(status.get("total_steps", 0)), int(status.get("step", 0))
        tenth = 10 * step // total if total else 0
        if not self.sweep.prune or trial.pruned or tenth <= trial.tenth:
            return
        found = sweeps.trial(trial.folder, self.sweep.objective)
        if found is None or found.best is None or not math.isfinite(found.best):
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
