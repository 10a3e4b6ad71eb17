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
from netlab.protocol.arrivals import Line, Matched
from netlab.protocol.fault import Fault

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

ABOUT = "Tensors find their places by name, and where names say nothing by shape and order. Select one to see its node."
COLUMNS = ("In the model", "Sizes", "In the file", "Sizes", "Matched by")
CHANGED = "The model was changed since its weights were matched, so nothing was applied. Match again to go on."
APPLY, AGAIN = "Use these weights", "Match again"


class WeightsDialog(QDialog):
    """The table is found on a copy of the project, in a process of its own; to use it is one undo step."""

    def __init__(self, window: MainWindow, source: Path) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Import weights")
        self.resize(900, 560)
        self.window_, self.session, self.source = window, window.session, source
        self._folder = tempfile.TemporaryDirectory()
        self._copy = self.session.project
        self._start = ""  # the fingerprint of the weights
        self._lines: tuple[Line, ...] = ()
        self.importer = Importer(self)
        self.importer.ended.connect(self._ended)
        self.finished.connect(self._end)
        self.session.replaced.connect(self.reject)
        self._build()

    def _build(self) -> None:
        self.table = Table("What becomes of each tensor")
        self.table.setHeaderHidden(True)
        self.table.itemSelectionChanged.connect(self._go)
        self.only = QCheckBox("")
        self.only.toggled.connect(lambda _: self._fill())
        self.only.hide()
        self.waiting = Waiting()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = QPushButton(APPLY)
        self.use.setProperty("primary", True)
        self.use.setDefault(True)
        self.use.clicked.connect(self._use)
        buttons.addButton(self.use, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        for widget in (heading(f"Weights of {self.source.name}"), muted(ABOUT), self.only):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.waiting)
        layout.addWidget(buttons)

    def start(self) -> None:
        """Match the file with the project as it is now."""
        self._copy, self._start = self.session.project, ""
        file.save(self._copy, self.out)
        self.importer.start(["--", str(self.source), str(self.out)])
        self.waiting.wait(f"Reading {self.source.name}…")
        self.use.setText(APPLY)
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
        self.only.setText(f"Only the {len(left)} without a match")
        self.only.setVisible(bool(left))
        less = self.only.isChecked()
        rows = [_row(i, line) for i, line in enumerate(self._lines) if not (less and line.how)]
        self.table.setHeaderHidden(False)
        self.table.show_rows(COLUMNS, rows)

    def _go(self) -> None:
        rows = [self._lines[int(key)].node for key in self.table.chosen()]
        if rows and rows[0] in self.session.project.graph.nodes:
            self.window_.go_to(rows[0])

    def _use(self) -> None:
        if self.use.text() == AGAIN:
            self.start()
        elif bearing(self.session.project) != bearing(self._copy):
            self.waiting.say(CHANGED, wrong=True)
            self.use.setText(AGAIN)
        elif self.session.apply("Import weights", edits.set_training, "start", self._start):
            self.session.message.emit(f"Training begins with the weights of {self.source.name}.", "info")
            self.accept()

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
    return Row(str(number), (*cells, line.how or line.why), mark=mark)


def _sizes(sizes: tuple[int, ...], name: str) -> str:
    return (" × ".join(map(str, sizes)) or "1") if name else ""


def _summary(lines: tuple[Line, ...]) -> str:
    """How many went where."""
    wanted = [line for line in lines if line.tensor]
    matched, over = sum(bool(line.how) for line in wanted), len(lines) - len(wanted)
    fresh = len(wanted) - matched
    parts = [f"{matched} of {len(wanted)} tensors of the model get weights"]
    parts += [f"{fresh} begin{'s' if fresh == 1 else ''} with fresh numbers"] if fresh else []
    parts += [f"{over} of the file {'is' if over == 1 else 'are'} left over"] if over else []
    return "; ".join(parts) + "."
