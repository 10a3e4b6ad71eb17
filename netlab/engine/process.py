"""The engine as a process: one for a run, ended softly by signals, and the first to go when memory runs out."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from netlab.language import tr
from netlab.runs import store
from netlab.runs.queue import locked
from netlab.runs.reader import LIVE, status_of


@dataclass
class Asked:
    """What the system or the user wants of the job.

    Attributes:
        stop: end after the present step.
        hold: the part of a step after which to wait (a phase of `netlab.engine.step`), "" to go on.
    """

    stop: bool = False
    hold: str = ""


@contextmanager
def only_engine(folder: Path) -> Iterator[None]:
    """Be the one that works on a run while the body runs; the system frees the lock of an engine that dies.

    Raises:
        RunError: another engine works on it.
    """
    refuse_second_engine(folder)
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder / LOCK))
        except OSError as error:
            if isinstance(error, BlockingIOError) or os.name == "nt":  # it has begun just now, and not yet said so
                raise _busy(folder) from None
            # this disk has no locks: what an engine says of itself has to do
        yield


def refuse_second_engine(folder: Path) -> None:
    """Raise `RunError` if another engine says that it works on the run."""
    status = status_of(folder)
    own_turn = status.get("state") in ("queued", "starting") and status.get("pid") == str(os.getpid())
    if status.get("state") in LIVE and not own_turn:
        raise _busy(folder)


def _busy(folder: Path) -> store.RunError:
    told = tr(
        "The run {name} is still being trained, by process {pid}. Stop it first with: netlab stop {folder}",
        name=folder.name,
        pid=status_of(folder).get("pid"),
        folder=folder,
    )
    return store.RunError(told)


LOCK = "engine.lock"
_listening: list[Asked] = []


@contextmanager
def ends_softly() -> Iterator[Asked]:
    """SIGTERM and Ctrl+C mean: finish the step, write a checkpoint, end.

    Inside another one: what that has heard is known here too, so that nothing is lost between the parts of a job.
    """
    asked = Asked(stop=any(outer.stop for outer in _listening))
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def stop(number: int, frame: object) -> None:
        for heard in _listening:
            heard.stop = True

    numbers = [signal.SIGTERM, signal.SIGINT]
    before = [signal.signal(number, stop) for number in numbers]
    _listening.append(asked)
    try:
        yield asked
    finally:
        _listening.pop()
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def be_modest() -> None:
    """Let the system end the engine rather than the window when memory runs out (Linux; elsewhere no effect)."""
    try:
        with open(f"/proc/{os.getpid()}/oom_score_adj", "w") as score:
            score.write("500")
    except OSError:
        pass
