"""Shows which weights of a file go where, and lets the project begin with them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QPushButton, QVBoxLayout

from netlab.app.form import heading, muted
from netlab.app.importing.child import Importer
from netlab.app.importing.waiting import Waiting
from netlab.app.runs.table import Row, Table
from netlab.app.theme import color
from netlab.document import edits, file
from netlab.document.weights import bearing
from netlab.language import mark, tr
from netlab.protocol.arrivals import Line, Matched
from netlab.protocol.fault import Fault

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

ABOUT = mark(
    "Tensors find their places by name, and where names say nothing by shape and order. Select one to see its node."
)
COLUMNS = (mark("In the model"), mark("Sizes"), mark("In the file"), mark("Sizes"), mark("Matched by"))
CHANGED = mark("The model was changed since its weights were matched, so nothing was applied. Match again to go on.")
FRESH = mark("1 begins with fresh numbers"), mark("{count} begin with fresh numbers")
OVER = mark("1 of the file is left over"), mark("{count} of the file are left over")
BY = (mark("name"), mark("name, transposed"), mark("shape"), mark("order"))
APPLY, AGAIN = mark("Use these weights"), mark("Match again")


class WeightsDialog(QDialog):
    """The table is found on a copy of the project, in a process of its own; to use it is one undo step."""

    def __init__(self, window: MainWindow, source: Path) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Import weights"))
        self.resize(900, 560)
        self.window_, self.session, self.source = window, window.session, source
        self._folder = tempfile.TemporaryDirectory()
        self._copy = self.session.project
        self._start = ""  # the fingerprint of the weights
        self._lines: tuple[Line, ...] = ()
        self._offered = APPLY
        self.importer = Importer(self)
        self.importer.ended.connect(self._ended)
        self.finished.connect(self._end)
        self.session.replaced.connect(self.reject)
        self._build()

    def _build(self) -> None:
        self.table = Table(tr("What becomes of each tensor"))
        self.table.setHeaderHidden(True)
        self.table.itemSelectionChanged.connect(self._go)
        self.only = QCheckBox("")
        self.only.toggled.connect(lambda _: self._fill())
        self.only.hide()
        self.waiting = Waiting()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = QPushButton(tr(APPLY))
        self.use.setProperty("primary", True)
        self.use.setDefault(True)
        self.use.clicked.connect(self._use)
        buttons.addButton(self.use, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        for widget in (heading(tr("Weights of {name}", name=self.source.name)), muted(tr(ABOUT)), self.only):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.waiting)
        layout.addWidget(buttons)

    def start(self) -> None:
        """Match the file with the project as it is now."""
        self._copy, self._start = self.session.project, ""
        file.save(self._copy, self.out)
        self.importer.start(["--", str(self.source), str(self.out)])
        self.waiting.wait(tr("Reading {name}…", name=self.source.name))
        self._offer(APPLY)
        self.use.setEnabled(False)

    @property
    def out(self) -> Path:
        """The copy of the project that the process works on."""
        return Path(self._folder.name) / "copy.netlab"

    def _ended(self, told: object) -> None:
        if isinstance(told, Matched):
            try:
                self._start = str(file.load(self.out).training["start"])
            except file.FileError as error:
                told = Fault(error.code, error.message, fix=error.fix)
            else:
                self._lines = told.table
                self._fill()
                self.waiting.say(_summary(self._lines))
                self.use.setEnabled(True)
        if isinstance(told, Fault):
            self.waiting.say(told.sentence, wrong=True)

    def _fill(self) -> None:
        left = [line for line in self._lines if not line.how]
        self.only.setText(tr("Only the {count} without a match", count=len(left)))
        self.only.setVisible(bool(left))
        less = self.only.isChecked()
        rows = [_row(i, line) for i, line in enumerate(self._lines) if not (less and line.how)]
        self.table.setHeaderHidden(False)
        self.table.show_rows([tr(column) for column in COLUMNS], rows)

    def _go(self) -> None:
        rows = [self._lines[int(key)].node for key in self.table.chosen()]
        if rows and rows[0] in self.session.project.graph.nodes:
            self.window_.go_to(rows[0])

    def _use(self) -> None:
        if self._offered == AGAIN:
            self.start()
        elif bearing(self.session.project) != bearing(self._copy):
            self.waiting.say(tr(CHANGED), wrong=True)
            self._offer(AGAIN)
        elif self.session.apply(tr("Import weights"), edits.set_training, "start", self._start):
            told = tr("Training begins with the weights of {name}.", name=self.source.name)
            self.session.message.emit(told, "info")
            self.accept()

    def _offer(self, what: str) -> None:
        """Let the button do this: `APPLY` or `AGAIN`."""
        self._offered = what
        self.use.setText(tr(what))

    def _end(self) -> None:
        self.importer.cancel()
        self._folder.cleanup()


def _row(number: int, line: Line) -> Row:
    mark = None if line.how else color("warning")
    cells = (
        line.tensor or "–",
        _sizes(line.sizes, line.tensor),
        line.source or "–",
        _sizes(line.source_sizes, line.source),
    )
    return Row(str(number), (*cells, tr(line.how) if line.how else line.why), mark=mark)


def _sizes(sizes: tuple[int, ...], name: str) -> str:
    return (" × ".join(map(str, sizes)) or "1") if name else ""


def _summary(lines: tuple[Line, ...]) -> str:
    """How many went where."""
    wanted = [line for line in lines if line.tensor]
    matched, over = sum(bool(line.how) for line in wanted), len(lines) - len(wanted)
    fresh = len(wanted) - matched
    told = tr("{matched} of {count} tensors of the model get weights", matched=matched, count=len(wanted))
    for count, one, more in ((fresh, *FRESH), (over, *OVER)):
        if count:
            told = tr("{first}; {second}", first=told, second=tr(one if count == 1 else more, count=count))
    return tr("{sentence}.", sentence=told)
