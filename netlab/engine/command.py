"""``netlab train``: the same job as in the window, in this process, with its metrics on standard output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netlab.document import edits, file
from netlab.document.paths import set_by_path
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.engine import recovery, together, trackers
from netlab.engine.distributed import is_of_a_team
from netlab.engine.process import ends_softly, refuse_second_engine
from netlab.engine.queueing import turn
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.again import same_numbers
from netlab.runs.reader import RunReader, status_of

LINES_PER_SECOND = 5


def train(options: Any) -> int:
    """Train a project, or go on with a run; prints metrics and the folder of the run. 0 fine, 1 failed."""
    told = _Teller(options.json)
    if is_of_a_team():
        place = options.resume or options.run_folder
        root = place.parent if place else store.default_root()
        folder, status, leads = together.under_torchrun(
            lambda: _prepared(options), root, options.resume is not None, told
        )
        return _farewell(folder, status, told, options.json) if leads else 0 if _is_fine(status) else 1
    hearing, resume = trackers.find(options.track), options.resume is not None
    with ends_softly():  # also between the parts of the job
        folder = _prepared(options)
        status = _trained(folder, told, hearing, resume, time.time_ns() if options.queue else None)
    return _farewell(folder, status, told, options.json)


def _trained(
    folder: Path,
    told: _Teller,
    hearing: dict[str, trackers.Tracker],
    resume: bool = False,
    ticket: int | None = None,
) -> dict[str, str]:
    """Train a run when its turn has come; its final status."""
    with turn(folder, ticket, resume) as goes_ahead:
        if not goes_ahead:
            return status_of(folder)
        with trackers.told(folder, hearing), told.follows(folder):
            status = together.train(folder, resume=resume, on_metrics=told)
            if status.get("broken"):
                print(f"The GPU failed at step {status['broken']}. A new process looks why.", file=sys.stderr)
                status = recovery.replaced(folder, int(status["broken"]), told)
    return status


def again(options: Any) -> int:
    """Train the project of a run once more from the start, and say whether the numbers are the same, or why not."""
    told = _Teller(options.json)
    before = store.find_run(options.target)
    with ends_softly():
        folder = store.again(before)
        status = _trained(folder, told, {})
    compared = same_numbers(before, folder)
    code = _farewell(folder, status, told, options.json, again=before.name, compared=compared)
    if compared and not options.json:
        print(compared)
    return code


def _prepared(options: Any) -> Path:
    """The folder of the run: a new one, or the one to go on with."""
    if options.resume is not None:
        folder = store.find_run(options.resume)
        refuse_second_engine(folder)  # before its job is another one
        commands.append(folder, commands.Begin())
        steps = options.steps
        if steps is not None or options.epochs is not None:
            store.extend(folder, steps=steps, epochs=options.epochs)
        if options.micro_batches is not None:
            store.split_batches(folder, options.micro_batches)
        if not options.json:
            print(f"going on with {folder}")
    else:
        project = _settled(file.load(options.file), options)
        place = options.run_folder
        root, name = (place.parent, place.name) if place else (None, None)
        folder = store.create(file.encode(project), root=root, name=name, steps=options.steps)
    return folder


def _settled(project: Project, options: Any) -> Project:
    """The project with what the command line says over what the file says."""
    for assignment in options.sets:
        project = set_by_path(project, assignment)
    for name in ("epochs", "device", "seed"):
        value = getattr(options, name)
        if value is not None:
            project = edits.set_training(project, name, Training.options()[name].check(value))
    return project


class _Teller:
    """Prints metrics a few times a second, and every validation; what the engine warns of goes to standard error."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.last: dict[str, float] = {}
        self._next = 0.0
        self._reader: RunReader | None = None
        self._warned = 0

    @contextmanager
    def follows(self, folder: Path) -> Iterator[None]:
        """Pass on what the engine of a run warns of from now on."""
        self._reader = RunReader(folder)
        self._warned = max((number for number, _ in self._reader.warnings()), default=0)
        try:
            yield
            self._warn()
        finally:
            self._reader.close()

    def _warn(self) -> None:
        for number, message in [] if self._reader is None else self._reader.warnings(self._warned):
            self._warned = number
            print(message, file=sys.stderr, flush=True)

    def __call__(self, step: int, epoch: int, metrics: dict[str, float]) -> None:
        self.last |= metrics
        now = time.monotonic()
        if now < self._next and "val/loss" not in metrics:
            return
        self._next = now + 1 / LINES_PER_SECOND
        self._warn()
        if self.as_json:
            print(json.dumps({"step": step, "epoch": epoch, "metrics": metrics}), flush=True)
        else:
            shown = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
            print(f"epoch {epoch:3}  step {step:6}  {shown}", flush=True)


def _is_fine(status: dict[str, str]) -> bool:
    return status.get("state") in ("finished", "stopped")


def _stopped(folder: Path, status: dict[str, str]) -> str:
    kept = store.checkpoints(folder)
    if not kept:
        return f"stopped after step {status.get('step')}, without a checkpoint: {folder}"
    told = f"stopped after step {status.get('step')}, with a checkpoint of step {store.step_of(kept[-1])}: {folder}"
    return f"{told}\nLet it go on with: netlab train --resume {folder}"


def _farewell(folder: Path, status: dict[str, str], told: _Teller, as_json: bool, **more: str) -> int:
    fine = _is_fine(status)
    message = status.get("message", "")
    if as_json:
        final = {"run": str(folder), "state": status.get("state"), "message": message, "final": told.last}
        print(json.dumps(final | more))
    elif status.get("state") == "stopped":
        print(f"{message} {folder}" if message else _stopped(folder, status))
    elif fine:
        print(f"finished after step {status.get('step')}: {folder}")
    if not fine:
        print(message or "The run failed.", file=sys.stderr)
    return 0 if fine else 1
