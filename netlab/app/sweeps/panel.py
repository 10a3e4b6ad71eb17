"""The dock of sweeps: their trials in a table and in pictures, and the way to the best."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from netlab.app.metrics import metric
from netlab.app.runs.table import KEY, Row, Table
from netlab.app.session import Session
from netlab.app.sweeps.plots import Parallel, Scatter
from netlab.app.theme import color
from netlab.app.training.panel import GAP, WORDS
from netlab.app.watching import Watching
from netlab.language import mark, tr
from netlab.protocol import commands
from netlab.runs import sweeps, trash
from netlab.runs.axes import SweepError
from netlab.runs.reader import LIVE
from netlab.runs.store import RunError
from netlab.runs.sweeps import Trial

LOOK_MS = 1000
EMPTY = mark("No sweeps yet. Right-click an option in the inspector, and choose Sweep…")
STATES = WORDS | {"pruned": mark("Ended early")}


class SweepsPanel(Watching):
    """Shows one sweep at a time; looks for news only while it is seen."""

    open_requested = Signal(object)  # folder of the run whose project is wanted

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(LOOK_MS, parent)
        self.session = session
        self.folder: Path | None = None
        self.trials: list[Trial] = []
        self._over: dict[Path, Trial] = {}
        self._build()

    def _build(self) -> None:
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Sweep"))
        self.choice.setMinimumWidth(150)
        self.choice.activated.connect(lambda _: self._choose())
        self.state = QLabel("")
        self.state.setProperty("muted", True)
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.stop = QPushButton(tr("Stop"))
        self.stop.clicked.connect(self._stop_or_go_on)
        self.away = QPushButton(tr("Delete"))
        self.away.setToolTip(tr("Move this sweep to the trash. The panel Runs brings it back."))
        self.away.clicked.connect(self._delete)
        self.best = QPushButton(tr("Open the best"))
        self.best.setToolTip(tr("Open the project of the best trial as a new one, and watch its run."))
        self.best.clicked.connect(self._open_best)
        self.table = Table(tr("Trials"))
        self.table.itemSelectionChanged.connect(self._draw)
        self.table.itemDoubleClicked.connect(self._open_item)
        self.parallel, self.scatter = Parallel(), Scatter()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.parallel, tr("Parallel coordinates"))
        self.tabs.addTab(self.scatter, tr("Scatter"))
        self.empty = QLabel(tr(EMPTY))
        self.empty.setProperty("muted", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 6, 6, 4)
        bar.setSpacing(8)
        bar.addWidget(self.choice)
        bar.addWidget(self.state, 1)
        for widget in (self.away, self.stop, self.best):
            bar.addWidget(widget)
        self.split = QSplitter()
        self.split.addWidget(self.table)
        self.split.addWidget(self.tabs)
        self.split.setSizes([460, 540])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.empty, 1)

    # --- looking

    def refresh(self) -> None:
        """Look at the folder again; a new sweep comes to the front."""
        found = sweeps.list_sweeps(self.session.runs_folder())
        known = [self.choice.itemData(i) for i in range(self.choice.count())]
        if found != known:
            fresh = bool(found) and found[0] not in known
            self.choice.clear()
            for folder in found:
                self.choice.addItem(folder.name, folder)
            if fresh or self.folder not in found:
                self.folder = found[0] if found else None
            if self.folder is not None:
                self.choice.setCurrentIndex(found.index(self.folder))
        for widget in (self.split, self.choice, self.away, self.stop, self.best):
            widget.setVisible(self.folder is not None)
        self.empty.setVisible(self.folder is None)
        self._read()

    def _choose(self) -> None:
        self.folder = self.choice.currentData()
        self._over.clear()
        self._read()

    def _read(self) -> None:
        self.state.setText("")
        if self.folder is None:
            return
        try:
            self.sweep = sweeps.spec(self.folder)
        except SweepError as error:
            self.state.setText(str(error))
            return
        before = self.trials
        self.trials = self._trials(self.folder)
        told = sweeps.state_of(self.folder)
        state, message = told["state"], told.get("message", "")
        self.live = state in LIVE
        done = sum(trial.state not in LIVE for trial in self.trials)
        counted = tr("{done} of {count} trials", done=done, count=self.sweep.trials)
        self.state.setText(GAP.join(part for part in (tr(STATES.get(state, state)), counted, message) if part))
        self.state.setToolTip(message)
        self.stop.setText(tr("Stop") if self.live else tr("Go on"))
        self.away.setEnabled(not self.live)
        self.stop.setEnabled(self.live or state in ("stopped", "lost", "failed"))
        self.best.setEnabled(sweeps.best(self.trials) is not None)
        best = sweeps.best(self.trials)
        objective = metric(self.trials[0].objective) if self.trials else tr("objective")
        paths = [axis.path for axis in self.sweep.axes]
        rows = [self._row(trial, paths, trial is best) for trial in self.trials]
        self.table.show_rows([tr("Trial"), objective, *paths, tr("State")], rows)
        if self.trials != before:
            self._draw()

    def _trials(self, folder: Path) -> list[Trial]:
        """The trials; one that is over is read once."""
        found = []
        objective = sweeps.objective_of(folder, self.sweep)
        self._over = {path: trial for path, trial in self._over.items() if trial.objective == objective}
        for path in folder.glob("trial-*"):
            trial = self._over.get(path) or sweeps.trial(path, objective)
            if trial is not None:
                found.append(trial)
                if trial.state in ("finished", "pruned", "failed"):
                    self._over[path] = trial
        return sorted(found, key=lambda trial: trial.number)

    def _row(self, trial: Trial, paths: list[str], is_best: bool) -> Row:
        cells = (trial.number, trial.best, *(trial.values.get(path) for path in paths))
        mark = color("good") if is_best else None
        return Row(str(trial.number), (*cells, tr(STATES.get(trial.state, trial.state))), trial.message, mark)

    def _draw(self) -> None:
        chosen = {int(key) for key in self.table.chosen()}
        for picture in (self.parallel, self.scatter):
            picture.show_trials(self.sweep.axes, self.trials, chosen)

    # --- doing

    def _stop_or_go_on(self) -> None:
        if self.folder is None:
            return
        if self.live:
            commands.append(self.folder, commands.Stop())
        else:
            self._over.clear()
            self.session.jobs.sweep(self.folder)
        self.stop.setEnabled(False)

    def _delete(self) -> None:
        if self.folder is None:
            return
        run = self.session.run
        if run is not None and self.folder in run.folder.parents:
            self.session.attach(None)
        try:
            trash.delete(self.folder)
        except RunError as error:
            self.session.message.emit(str(error), "error")
        self._over.clear()
        self.trials = []
        self.refresh()
        self._draw()

    def _open_best(self) -> None:
        best = sweeps.best(self.trials)
        if best is not None:
            self.open_requested.emit(best.folder)

    def _open_item(self, item: QTreeWidgetItem) -> None:
        trial = next((t for t in self.trials if str(t.number) == item.data(0, KEY)), None)
        if trial is not None:
            self.session.attach(trial.folder)
