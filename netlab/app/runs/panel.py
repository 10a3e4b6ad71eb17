"""The dock of runs: find them, compare them, name them, queue them, throw them away and bring them back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTabWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from netlab.app import recent
from netlab.app.metrics import metric
from netlab.app.runs.curves import Overlay
from netlab.app.runs.differences import Differences
from netlab.app.runs.table import KEY, Row, Table
from netlab.app.session import Session
from netlab.app.theme import series
from netlab.app.training.panel import WORDS
from netlab.app.training.repeating import run_again
from netlab.app.watching import Watching
from netlab.document import file
from netlab.language import mark, tr
from netlab.protocol import commands
from netlab.runs import queue, remote, trash
from netlab.runs.about import describe
from netlab.runs.compare import final_metrics
from netlab.runs.reader import LIVE
from netlab.runs.store import PROJECT, RunError, RunInfo, job, list_runs

LOOK_MS = 1000
NAME, STATE, STEP, NOTE = mark("Name"), mark("State"), mark("Steps"), mark("Note")
HOST = mark(
    "Host, as ssh takes it: a name from your ssh configuration, or user@host.\nNetLab has to be installed there."
)
SHOWN_METRICS = ("train/loss", "val/loss", "val/accuracy")
LOGS = {mark("Export its log as CSV…"): "csv", mark("Export its log for TensorBoard…"): "tensorboard"}
EMPTY = mark("No runs yet. Press Train, or queue this project.")


class RunsPanel(Watching):
    """Shows the runs beside the open project; looks for news only while it is seen."""

    open_requested = Signal(object)  # folder of the run whose project is wanted
    log_requested = Signal(object, str)  # folder of the run whose metrics are wanted, and the format

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(LOOK_MS, parent)
        self.session = session
        self.runs: dict[str, RunInfo] = {}
        self._final: dict[tuple[str, str, int], dict[str, float]] = {}
        self._build()
        session.run_changed.connect(lambda _: self._soon())
        session.replaced.connect(self._soon)

    def _build(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search"))
        self.search.setAccessibleName(tr("Search runs"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._show())
        self.queue_button = QPushButton(tr("Queue"))
        self.queue_button.setToolTip(tr("Train this project as it is now when a place is free."))
        self.queue_button.clicked.connect(self.queue)
        self.places = QSpinBox()
        self.places.setRange(1, 64)
        self.places.setSuffix(tr(" at once"))
        self.places.setFixedWidth(92)
        self.places.lineEdit().setTextMargins(7, 0, 0, 0)
        self.places.setAccessibleName(tr("Runs at once"))
        self.places.setToolTip(tr("How many queued runs may train at the same time."))
        self.places.valueChanged.connect(lambda n: queue.set_places(self.root, n))
        self.trash_button = QPushButton(tr("Trash"))
        self.trash_button.setToolTip(tr("Runs that were deleted; they can be brought back."))
        self.trash_button.setMenu(QMenu(self.trash_button))
        self.trash_button.menu().aboutToShow.connect(self._fill_trash)
        self.table = Table(tr("Runs"))
        self.table.itemSelectionChanged.connect(self._compare)
        self.table.itemDoubleClicked.connect(self._double_clicked)
        self.table.itemChanged.connect(self._edited)
        self.table.delete_pressed.connect(self.delete)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.empty = QLabel(tr(EMPTY))
        self.empty.setProperty("muted", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.overlay, self.differences = Overlay(), Differences()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.overlay, tr("Curves"))
        self.tabs.addTab(self.differences, tr("Differences"))
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 6, 6, 4)
        bar.setSpacing(6)
        bar.addWidget(self.search, 1)
        for widget in (self.places, self.queue_button, self.trash_button):
            bar.addWidget(widget)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty, 1)
        split = QSplitter()
        split.addWidget(left)
        split.addWidget(self.tabs)
        split.setSizes([500, 500])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    @property
    def root(self) -> Path:
        """The folder whose runs are shown."""
        return self.session.runs_folder()

    # --- looking

    def _soon(self) -> None:
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Look at the folder again."""
        infos = list_runs(self.root)
        self.runs = {info.name: info for info in infos}
        for info in infos:
            key = (info.name, info.state, info.step)
            if key not in self._final:
                self._final[key] = final_metrics(info.path)
        self._final = {(i.name, i.state, i.step): self._final[i.name, i.state, i.step] for i in infos}
        blocked = self.places.blockSignals(True)
        self.places.setValue(queue.places(self.root))
        self.places.blockSignals(blocked)
        self._show()
        if any(info.state in LIVE for info in self.chosen()):
            self._compare()

    def _show(self) -> None:
        words = self.search.text().lower().split()
        fitting = [info for info in self.runs.values() if _fits(info, words)]
        measured = {name for final in self._final.values() for name in final}
        metrics = [name for name in SHOWN_METRICS if name in measured]
        chosen = [name for name in self.table.chosen() if name in self.runs]
        rows = [self._row(info, metrics, chosen) for info in fitting]
        columns = [tr(NAME), tr(STATE), tr(STEP), *map(metric, metrics), tr(NOTE)]
        self.table.show_rows(columns, rows, editable=(0,))
        self.table.setVisible(bool(self.runs))
        self.empty.setVisible(not self.runs)

    def _row(self, info: RunInfo, metrics: list[str], chosen: list[str]) -> Row:
        final = self._final[info.name, info.state, info.step]
        cells = (info.title, tr(WORDS.get(info.state, info.state)), info.step, *(final.get(name) for name in metrics))
        mark = series(chosen.index(info.name)) if info.name in chosen and len(chosen) > 1 else None
        return Row(info.name, (*cells, info.said.note), info.message or str(info.path), mark)

    def chosen(self) -> list[RunInfo]:
        """The selected runs, from top to bottom."""
        return [self.runs[name] for name in self.table.chosen() if name in self.runs]

    def _compare(self) -> None:
        runs = self.chosen()
        self.overlay.show_runs(runs)
        self.differences.show_runs(runs if len(runs) != 1 else [*self._before(runs[0]), *runs])
        self._show()

    def _before(self, run: RunInfo) -> list[RunInfo]:
        """The run that another repeats or branched off from, else the one before it; none for the first."""
        try:
            told = job(run.path)
        except RunError:
            return []
        named = self.runs.get(told.again or told.parent)
        earlier = [other for other in self.runs.values() if other.started < run.started and other.step]
        known = named is not None and named.started <= run.started  # else another run has its name by now
        return [named] if named is not None and known else earlier[:1]

    # --- doing

    def queue(self) -> None:
        """Train the project as it is now when a place is free."""
        blocking = self.session.inferred.blocking
        if blocking:
            told = tr("This cannot be trained yet. {problem}", problem=blocking[0].message)
            self.session.message.emit(told, "error")
            return
        try:
            folder = self.session.jobs.queue(file.encode(self.session.project), self.root)
        except (file.FileError, ValueError, OSError) as error:
            self.session.message.emit(tr("The run could not be queued: {error}", error=error), "error")
            return
        self.session.message.emit(tr("{run} waits for its turn.", run=folder.name), "info")
        self._soon()

    def train_elsewhere(self) -> None:
        """Ask for a machine, and train the project there as it is now."""
        kept = recent.settings()
        host, wanted = QInputDialog.getText(
            self, tr("Train on another machine"), tr(HOST), QLineEdit.EchoMode.Normal, str(kept.value("host", ""))
        )
        if not wanted:
            return
        try:
            folder = remote.create(file.encode(self.session.project), host.strip(), self.root)
        except (file.FileError, ValueError, OSError) as error:
            self.session.message.emit(str(error), "error")
            return
        kept.setValue("host", host.strip())
        self._mirror(folder)

    def _mirror(self, folder: Path) -> None:
        self.session.jobs.mirror(folder)
        self.session.attach(folder, awaited=True)

    def watch(self, run: RunInfo) -> None:
        """Show a run in the training panel and the views."""
        self.session.attach(run.path)

    def open_project(self, folder: Path) -> None:
        """Open the project of a run as a new one, and watch the run."""
        if self.session.open(folder / PROJECT, as_copy=True):
            self.session.attach(folder)

    def delete(self) -> None:
        """Move the selected runs to the trash."""
        for run in self.chosen():
            try:
                if self.session.run is not None and self.session.run.folder == run.path:
                    self.session.attach(None)
                trash.delete(run.path)
            except RunError as error:
                self.session.message.emit(str(error), "error")
        self.refresh()
        self._compare()

    def _restore(self, path: Path) -> None:
        try:
            trash.restore(path)
        except RunError as error:
            self.session.message.emit(str(error), "error")
        self.refresh()

    def _fill_trash(self) -> None:
        menu = self.trash_button.menu()
        menu.clear()
        gone = trash.deleted(self.root)
        for path in gone[:20]:
            name = trash.name_before(path)
            menu.addAction(tr("Bring back {run}", run=name), lambda path=path: self._restore(path))
        if not gone:
            menu.addAction(tr("The trash is empty")).setEnabled(False)
            return
        menu.addSeparator()
        menu.addAction(tr("Delete {count} for good", count=len(gone)), lambda: self._empty_trash(len(gone)))

    def _empty_trash(self, count: int) -> None:
        asked = tr("{count} deleted runs, with their weights, will be gone for good. Delete them?", count=count)
        kinds = QMessageBox.StandardButton
        answer = QMessageBox.question(self, tr("Trash"), asked, kinds.Yes | kinds.Cancel, kinds.Cancel)
        if answer == kinds.Yes:
            trash.empty(self.root)

    def _double_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        if column in (0, self.table.columnCount() - 1):
            self.table.editItem(item, column)
        else:
            self.watch(self.runs[item.data(0, KEY)])

    def _edited(self, item: QTreeWidgetItem, column: int) -> None:
        run = self.runs.get(item.data(0, KEY))
        if run is None:
            return
        text = item.text(column).strip()
        if column == 0 and text != run.title:
            describe(run.path, name="" if text == run.name else text)
        elif column == self.table.columnCount() - 1 and text != run.said.note:
            describe(run.path, note=text)
        QTimer.singleShot(0, self.refresh)

    def _open_menu(self, at: QPoint) -> None:
        runs = self.chosen()
        if not runs:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if len(runs) == 1:
            menu.addAction(tr("Watch"), lambda: self.watch(runs[0]))
            again = menu.addAction(tr("Run again"), lambda: run_again(self.session, runs[0].path))
            again.setEnabled(runs[0].state not in LIVE and not self.session.is_running)
            menu.addAction(tr("Open its project"), lambda: self.open_requested.emit(runs[0].path))
            item = self.table.selectedItems()[0]
            menu.addAction(tr("Rename"), lambda: self.table.editItem(item, 0))
            menu.addAction(tr("Write a note"), lambda: self.table.editItem(item, self.table.columnCount() - 1))
            for words, format in LOGS.items():
                menu.addAction(tr(words), lambda format=format: self.log_requested.emit(runs[0].path, format))
            if runs[0].state in ("lost", "failed") and (runs[0].path / remote.FILE).exists():
                menu.addAction(tr("Mirror again"), lambda: self._mirror(runs[0].path))
        if any(run.state in LIVE for run in runs):
            menu.addAction(tr("Stop"), lambda: [commands.append(run.path, commands.Stop()) for run in runs])
        menu.addSeparator()
        menu.addAction(tr("Move to the trash"), self.delete)
        menu.popup(self.table.viewport().mapToGlobal(at))


def _fits(info: RunInfo, words: list[str]) -> bool:
    text = f"{info.name} {info.title} {info.said.note} {tr(WORDS.get(info.state, info.state))}".lower()
    return all(word in text for word in words)
