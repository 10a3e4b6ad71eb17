"""Start the window anew in another process: the same document with its history, the same run, the same view of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QProcess, QProcessEnvironment

from netlab.app import docks
from netlab.app.preferences import preferences, scale_in_use, wanted_language
from netlab.app.theme import theme
from netlab.document import handover
from netlab.document.diff import DiffError
from netlab.document.file import FileError
from netlab.document.journal import Journal, JournalError
from netlab.language import language, tr

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

HANDED = "NETLAB_HANDOVER"  # names the file in the environment of the next process
COMMAND = (sys.executable, "-m", "netlab")


def is_wanted() -> bool:
    """Whether the language or the scale that was chosen is another one than that in use."""
    return wanted_language() != language() or preferences().scale != scale_in_use()


def restart(window: MainWindow) -> bool:
    """Hand everything over to a new process and close the window; False, and nothing happens, if that cannot be.

    The document lies twice on disk meanwhile: in what is handed over and in its journal, which only the next process,
    or whoever is started after it, takes away.
    """
    session = window.session
    document = session.document
    if window.exporter.is_busy:
        session.message.emit(tr("An export is under way. Wait for it to end."), "error")
        return False
    try:
        path = handover.write(document, session.digest or "", _seen(window))
    except (FileError, OSError) as error:
        session.message.emit(tr("NetLab cannot start anew: {fault}", fault=error), "error")
        return False
    docks.keep_layout(window)
    if document.journal is not None:
        document.journal.release()
    if not _start(path):
        path.unlink(missing_ok=True)
        _take_back_journal(window)
        session.message.emit(tr("NetLab cannot start anew: {program} did not start.", program=COMMAND[0]), "error")
        return False
    document.journal = None
    document.mark_saved()  # it is the other's now
    window.close()
    return True


def take_up(window: MainWindow) -> None:
    """In the next process: go on where the last one ended, if one handed something over."""
    name = os.environ.pop(HANDED, "")
    if not name:
        return
    session, canvas = window.session, window.canvas
    try:
        told, document = handover.read(Path(name))
    except (FileError, DiffError, OSError) as error:
        session.message.emit(tr("What was open could not be taken over: {fault}", fault=error), "error")
        return
    session.adopt(document, told.digest or None)
    Path(name).unlink(missing_ok=True)
    seen = told.seen
    if seen.get("run"):
        session.attach(Path(seen["run"]))
    session.enter(seen.get("scope", ""))
    session.select(seen.get("selection", "").split())
    zoom, x, y = map(float, seen["view"].split())
    canvas.set_zoom(zoom)
    canvas.centerOn(QPointF(x, y))
    if document.journal_problem:
        session.message.emit(document.journal_problem, "error")


def _seen(window: MainWindow) -> dict[str, str]:
    session, canvas = window.session, window.canvas
    centre = canvas.mapToScene(canvas.viewport().rect().center())
    return {
        "theme": theme().name,
        "run": str(session.run.folder.resolve()) if session.run is not None else "",
        "scope": session.scope,
        "selection": " ".join(session.selection),
        "view": f"{canvas.zoom} {centre.x()} {centre.y()}",
    }


def _start(path: Path) -> bool:
    process = QProcess()
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert(HANDED, str(path))
    if scale_in_use() != "100 %":
        environment.remove("QT_SCALE_FACTOR")  # ours, of the old scale
    process.setProcessEnvironment(environment)
    process.setProgram(COMMAND[0])
    process.setArguments([*COMMAND[1:], "--theme", theme().name])
    started: object = process.startDetached()  # a bool, whatever the stubs say
    return bool(started[0] if isinstance(started, tuple) else started)


def _take_back_journal(window: MainWindow) -> None:
    document = window.session.document
    if document.journal is not None:
        try:
            document.journal = Journal.reopen(document.journal.path)
        except JournalError as error:
            document.journal = None
            window.session.message.emit(str(error), "error")
