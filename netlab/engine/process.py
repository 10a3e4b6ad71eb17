"""The engine as a process: one for a run, ended softly by signals, and the first to go when memory runs out."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from netlab.language import tr
from netlab.runs import store
from netlab.runs.reader import LIVE, RunReader


@dataclass
class Asked:
    """What the system or the user wants of the job.

    Attributes:
        stop: end after the present step.
        hold: the part of a step after which to wait (a phase of `netlab.engine.step`), "" to go on.
    """

    stop: bool = False
    hold: str = ""


def refuse_second_engine(folder: Path) -> None:
    """Raise `RunError` if another engine works on the run."""
    reader = RunReader(folder)
    status = reader.status()
    reader.close()
    own_turn = status.get("state") in ("queued", "starting") and status.get("pid") == str(os.getpid())
    if status.get("state") in LIVE and not own_turn:
        message = tr(
            "The run {name} is still being trained, by process {pid}. Stop it first with: netlab stop {folder}",
            name=folder.name,
            pid=status.get("pid"),
            folder=folder,
        )
        raise store.RunError(message)


@contextmanager
def ends_softly() -> Iterator[Asked]:
    """SIGTERM and Ctrl+C mean: finish the step, write a checkpoint, end."""
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def stop(number: int, frame: object) -> None:
        asked.stop = True

    numbers = [signal.SIGTERM, signal.SIGINT]
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield asked
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def be_modest() -> None:
    """Let the system end the engine rather than the window when memory runs out (Linux; elsewhere no effect)."""
    try:
        with open(f"/proc/{os.getpid()}/oom_score_adj", "w") as score:
            score.write("500")
    except OSError:
        pass
