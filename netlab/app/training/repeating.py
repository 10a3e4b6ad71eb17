"""New runs out of old ones: the same once more, or on from a kept moment."""

from __future__ import annotations

from pathlib import Path

from netlab.app.session import Session
from netlab.language import mark, tr
from netlab.runs import store

BUSY = mark("A run is under way. Stop it before you start another.")


def run_again(session: Session, folder: Path) -> None:
    """Train the project of a run once more from the start, and watch it."""
    if session.is_running:
        session.message.emit(tr(BUSY), "error")
        return
    try:
        made = store.again(folder)
    except (store.RunError, OSError) as error:
        session.message.emit(str(error), "error")
        return
    session.jobs.begin(made)
    session.attach(made)
    told = tr(
        "{run} once more, as {made}. The panel Runs says whether it is the same.", run=folder.name, made=made.name
    )
    session.message.emit(told, "info")


def branch_off(session: Session, step: int) -> None:
    """Go on from a kept moment of the watched run in a run of its own."""
    if session.run is None:
        return
    if session.is_running:
        session.message.emit(tr(BUSY), "error")
        return
    folder = session.run.folder
    try:
        made = store.branch(folder, step)
    except (store.RunError, OSError) as error:
        session.message.emit(str(error), "error")
        return
    session.jobs.resume(made)
    session.attach(made, awaited=True)
    told = tr("{made} goes on from step {step:,} of {run}.", made=made.name, step=step, run=folder.name)
    session.message.emit(told, "info")
