"""Import of a model: a Python file only after it was read, and the result as a new project in the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from netlab.app import consent
from netlab.app.importing.arrived_dialog import ArrivedDialog
from netlab.app.importing.model_dialog import ModelDialog
from netlab.compiler.consent import file_of
from netlab.compiler.factories import factories
from netlab.document.project import Project
from netlab.document.trust import is_trusted, trust
from netlab.language import mark, sentences, tr
from netlab.protocol.arrivals import MODELS, Arrived

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

PYTHON = ".py"
MAX_TEXT = 1 << 20
TOO_LONG = mark("{name} is longer than a megabyte, which nobody reads before agreeing. Shorten it.")
NOT_UTF8 = mark("{name} is no text in UTF-8. Save it as UTF-8 and import it again.")
NO_PYTHON = mark("Line {line} of {name}: {error}. Nothing was imported.")
NO_FACTORY = mark(
    "{name} has no class or function that makes a model without being given anything. Add one at its end, such as "
    "def make(): return Net(10), and import it again."
)


class NotReadable(ValueError):
    """A Python file that cannot be offered, as a sentence with the remedy."""


def choose(window: MainWindow) -> None:
    """Ask for a file, and import the model in it."""
    kinds = f"{tr('Models')} ({' '.join(f'*{suffix}' for suffix in MODELS)})"
    name, _ = QFileDialog.getOpenFileName(window, tr("Import model"), "", kinds)
    if name:
        bring(window, Path(name))


def bring(window: MainWindow, path: Path) -> None:
    """Import the model in a file, once the user has said what has to be said."""
    text, names = "", []
    if path.suffix.lower() == PYTHON:
        try:
            text, names = _read(path)
        except NotReadable as refused:
            window.session.message.emit(str(refused), "error")
            return
        if not is_trusted(text):
            if not consent.may_run(tr("To import its model, {name} has to run. May it?", name=path.name), text, window):
                told = tr("{name} was not run, and nothing was imported.", name=path.name)
                window.session.message.emit(told, "info")
                return
            try:
                trust(text)
            except OSError as error:
                told = tr("Your consent could not be kept, so it holds only now: {error}.", error=error)
                window.session.message.emit(told, "error")
    dialog = ModelDialog(path, file_of(text), names, window)
    dialog.arrived.connect(lambda project, told: window.if_saved(lambda: _open(window, project, told)))
    dialog.open()
    if not names:
        dialog.start()


def _read(path: Path) -> tuple[str, list[str]]:
    """The text of a Python file, and what in it makes a model."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_TEXT + 1)
        if len(data) > MAX_TEXT:
            raise NotReadable(tr(TOO_LONG, name=path.name))
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        names = factories(text)
    except UnicodeDecodeError:
        raise NotReadable(tr(NOT_UTF8, name=path.name)) from None
    except OSError as error:
        raise NotReadable(tr("{name} cannot be read: {error}.", name=path.name, error=error.strerror)) from error
    except SyntaxError as error:
        told = tr(NO_PYTHON, line=error.lineno, name=path.name, error=error.msg)
        raise NotReadable(told) from error
    if not names:
        raise NotReadable(tr(NO_FACTORY, name=path.name))
    return text, names


def _open(window: MainWindow, project: Project, told: Arrived) -> None:
    """Show what came in, and say in words how whole it is."""
    window.session.take(project)
    if told.opaque or told.notes:
        ArrivedDialog(window, project.title, told).show()
    else:
        whole = tr("{title} came in whole, with its weights.", title=project.title)
        window.session.message.emit(sentences(whole, told.compared), "info")
