"""The dock of data: which data the project trains on, its options, and what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QFileSystemWatcher, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from netlab.app.data.column import FormColumn
from netlab.app.data.hub_dialog import HubDialog
from netlab.app.data.looker import Looker
from netlab.app.data.options import is_decisive, source_form
from netlab.app.data.preview import AGAIN, CANCELLED, READ, PreviewView
from netlab.app.data.sheet import ImportSheet
from netlab.app.data.sources import KEY, SourceBox, facts_of
from netlab.app.form import setting
from netlab.app.session import Session
from netlab.data.dataset import catalogue, source_of
from netlab.data.files import FileSource
from netlab.data.looking import Fetch, Look, Open, Refused, Seen, Show
from netlab.data.remedies import Remedy
from netlab.document import edits
from netlab.document.diff import Diff
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.language import mark, tr

REST_MS, FILE_MS = 200, 500
LOCATE = mark("Locate…")
EMPTY = mark("No data is chosen. Choose a data set on the left, or drop a file or folder on the window.")
UNREAD = mark("This project names a file of its own:\n\n{path}\n\nIt is read only if you say so.")


class DataPanel(QWidget):
    """Follows the project's choice of data. A file that the project names is read only after the user agreed."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.looker = Looker(self)
        self._agreed: set[str] = set()
        self._sheet: ImportSheet | None = None
        self._shown: tuple[str, dict[str, Any]] | None = None
        self._change: str | None = None  # what an answer that is awaited will be applied as
        self._build()
        self._later = self._timer(REST_MS, self._ask)
        self._files = QFileSystemWatcher(self)
        self._file_later = self._timer(FILE_MS, self._ask)
        for signal in (self._files.fileChanged, self._files.directoryChanged):
            signal.connect(lambda _: self._file_later.start())
        self.looker.progressed.connect(self.preview.progress)
        self.looker.seen.connect(self._show_seen)
        self.looker.refused.connect(self._show_refused)
        self.looker.busy_changed.connect(lambda busy: busy or self.preview.rest())
        self.preview.cancelled.connect(self._cancel)
        self.preview.remedy_chosen.connect(self._mend)
        session.changed.connect(self._follow)
        session.replaced.connect(self.refresh)
        self.refresh()

    def _timer(self, interval: int, action: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(action)
        return timer

    def _build(self) -> None:
        self.box = SourceBox()
        self.box.activated.connect(lambda _: self._choose(str(self.box.currentData(KEY))))
        self.open = QPushButton(tr("Open"))
        self.open.setToolTip(tr("Train on a table, text, images or arrays of your own"))
        menu = QMenu(self.open)
        menu.addAction(tr("File…"), self._open_file)
        menu.addAction(tr("Folder…"), self._open_folder)
        menu.addAction(tr("Hugging Face hub…"), self._open_hub)
        self.open.setMenu(menu)
        bar = QHBoxLayout()
        bar.addWidget(self.box, 1)
        bar.addWidget(self.open)
        self.column = FormColumn(bar, margin=10)
        self.preview = PreviewView()
        split = QSplitter()
        split.addWidget(self.column)
        split.addWidget(self.preview)
        split.setSizes([270, 480])
        split.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    # --- following the project

    @property
    def _source(self) -> type[Any] | None:
        return catalogue().get(self.session.project.data.source)

    @property
    def _path(self) -> str:
        """The file of the project's data, "" if it needs none."""
        source, options = self._source, self.session.project.data.options
        return str(options.get("path", "")) if source is not None and issubclass(source, FileSource) else ""

    def agree(self, path: str) -> None:
        """The user has chosen this file, so it may be read."""
        self._agreed.add(path)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _follow(self, project: Project, diff: Diff) -> None:
        if any(name.startswith("project/data") for name in diff.changes):
            self.refresh()

    def refresh(self) -> None:
        """Show the project's data as it is now, once the panel is in sight."""
        choice = self.session.project.data
        state = (choice.source, choice.options)
        if not self.isVisible() or state == self._shown:
            return
        fresh = self._shown is None or self._shown[0] != choice.source
        self._shown = state
        self._change = None
        self.looker.cancel()
        self.box.show_key(choice.source)
        self._fill_form()
        if fresh:
            self.preview.say("")
        self._later.start()

    def _fill_form(self) -> None:
        source, options = self._source, self.session.project.data.options
        if source is None:
            self.column.fill()
        else:
            self.column.fill(self._path or facts_of(source), source_form(source, options, self._set))

    def _ask(self) -> None:
        """Look at the project's data, if that is allowed."""
        choice = self.session.project.data
        if not self.isVisible():
            self._shown = None
        elif self._source is None:
            self.preview.say(tr(EMPTY))
        elif self._path and self._path not in self._agreed:
            answers = {mark("Read this file"): self._agree, LOCATE: self._locate}
            self.preview.say(tr(UNREAD, path=self._path), answers)
        else:
            options = dict(choice.options)
            anew = bool(self._path) and not options.get("seen")
            self._send(
                Look(choice.source, options) if anew else Show(choice.source, options),
                tr("Look at the file") if anew else None,
            )

    def _send(self, request: Look | Show, change: str | None) -> None:
        """Ask; the answer becomes an edit of this name, if one is given."""
        self._change = change
        self.preview.wait(request.options)
        self.looker.ask(request)

    def _agree(self) -> None:
        self.agree(self._path)
        self._ask()

    # --- answers

    def _show_seen(self, seen: Seen) -> None:
        change, self._change = self._change, None
        if change is not None:
            self.agree(str(seen.options.get("path", "")))
            self._shown = (seen.source, plain(seen.options))  # the form is filled below; nothing need be read again
            self.session.apply(change, edits.set_data, seen.source, plain(seen.options))
            self.box.show_key(seen.source)
            self._fill_form()
        self.preview.show_preview(seen.preview, seen.options)
        self._watch()

    def _show_refused(self, refused: Refused) -> None:
        self._change = None
        answers = {LOCATE: self._locate} if refused.gone else {}
        self.preview.say(refused.message, answers | {AGAIN: self._ask}, wrong=True)
        self._watch()

    def _cancel(self) -> None:
        self._change = None
        self.looker.cancel()
        self.preview.say(tr(CANCELLED), {READ: self._ask})

    def _watch(self) -> None:
        """Notice when the file, or the folder it lies in, changes."""
        watched = [*self._files.files(), *self._files.directories()]
        if watched:
            self._files.removePaths(watched)
        if self._path and self._path in self._agreed:
            place = Path(self._path).expanduser()
            near = [str(one) for one in (place, place.parent) if one.exists()][:1]
            if near:
                self._files.addPaths(near)

    # --- files

    def import_file(self, path: Path) -> None:
        """Look at a file or folder of the user's, to train on it."""
        self._import(Open(str(path)))

    def _import(self, wanted: Open | Fetch) -> None:
        sheet = self._sheet = ImportSheet(self.session, wanted, self.window())
        sheet.finished.connect(self._forget_sheet)
        sheet.used.connect(self._imported)
        sheet.open()

    def _open_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Use data"))
        if name:
            self.import_file(Path(name))

    def _open_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, tr("Use the images or texts of a folder"))
        if name:
            self.import_file(Path(name))

    def _open_hub(self) -> None:
        dialog = HubDialog(self.window())
        dialog.wanted.connect(self._import)
        dialog.open()

    def _forget_sheet(self) -> None:
        self._sheet = None

    def _imported(self, path: str) -> None:
        self.agree(path)
        dock = self.parentWidget()
        if isinstance(dock, QDockWidget):
            dock.show()
            dock.raise_()

    # --- edits

    def _choose(self, key: str) -> None:
        if key and key != self.session.project.data.source:
            options = plain(source_of(key, {}).values)
            self.session.apply(tr("Use {name}", name=tr(catalogue()[key].title)), edits.set_data, key, options)

    def _set(self, name: str, value: Any) -> None:
        choice = self.session.project.data
        source = catalogue()[choice.source]
        label = setting(source.options()[name])
        if is_decisive(source, name):
            self._send(Look(choice.source, {**choice.options, name: value}), label)
        else:
            self.session.apply(label, edits.set_data_option, name, value, merge=f"data/{name}")

    def _mend(self, remedy: Remedy) -> None:
        choice = self.session.project.data
        options = {**choice.options, **remedy.options}
        if remedy.anew:
            self._send(Look(choice.source, options), remedy.label)
        else:
            self.session.apply(remedy.label, edits.set_data, choice.source, plain(options))

    def _locate(self) -> None:
        """Ask where the file is now."""
        before = Path(self._path)
        question = tr("Where is {name}?", name=before.name)
        name = (
            QFileDialog.getOpenFileName(self, question, str(before.parent))[0]
            if before.suffix
            else QFileDialog.getExistingDirectory(self, question, str(before.parent))
        )
        if name:
            choice = self.session.project.data
            self._send(Look(choice.source, {**choice.options, "path": name}), tr("Locate {name}", name=Path(name).name))

    def shutdown(self) -> None:
        """End what is under way."""
        if self._sheet is not None:
            self._sheet.reject()
        for timer in (self._later, self._file_later):
            timer.stop()
        self.looker.shutdown()
        self.preview.shutdown()
