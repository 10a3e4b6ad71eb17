"""Asks what a model is to be imported for, and waits for the process that reads it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from PySide6.QtWidgets import QDialogButtonBox as Buttons

from netlab.app.form import heading, muted
from netlab.app.importing.child import Importer
from netlab.app.importing.waiting import Waiting
from netlab.data.dataset import catalogue
from netlab.document import file
from netlab.language import mark, sentences, tr
from netlab.protocol.arrivals import Arrived
from netlab.protocol.fault import Fault

RANDOM = "random_values"
ABOUT = mark("It is read in a process of its own, and opens with its weights as a new project.")
SHAPES = mark("No data at hand suits this model. Choose the data that it was made for, or random values of its shapes.")
BESIDE = mark("Only the file that you have read may run, and none beside it. Put everything into one file.")


class ModelDialog(QDialog):
    """`arrived` gives the project and what is to be told of it; the dialog is closed then. Closing it ends the import."""

    arrived = Signal(object, object)  # Project, Arrived

    def __init__(self, source: Path, text: bytes, factories: Sequence[str], parent: QWidget) -> None:
        """`text` is what is read in place of a Python file, which may have changed since somebody agreed to it."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Import model"))
        self.setMinimumWidth(540)
        self._folder = tempfile.TemporaryDirectory()
        self.source, self._factories = source, factories
        if factories:
            self.source = Path(self._folder.name) / source.name
            file.write_atomically(self.source, text)
        self.importer = Importer(self)
        self.importer.ended.connect(self._ended)
        self.finished.connect(self._end)
        self._build(source.name)

    def _build(self, name: str) -> None:
        self.factory = QComboBox()
        self.factory.addItems(list(self._factories))
        self.data = QComboBox()
        self.data.addItem(tr("Whatever suits the model"), "")
        for key, source in catalogue().items():
            if not source.of_file and key != RANDOM:
                self.data.addItem(tr(source.title), key)
        self.data.addItem(tr("Random values of these shapes"), RANDOM)
        self.data.setMaxVisibleItems(30)
        self.data.currentIndexChanged.connect(self._refresh)
        self.shapes = QLineEdit()
        self.shapes.setPlaceholderText("image: 3 224 224; label: < 1000")
        self.shapes.setToolTip(tr(catalogue()[RANDOM].options()["inputs"].help))
        self.shapes.textChanged.connect(self._refresh)
        self.fields = QWidget()
        self.rows = rows = QFormLayout(self.fields)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in ((tr("Model"), self.factory), (tr("Data"), self.data), (tr("Shapes"), self.shapes)):
            field.setAccessibleName(words)
            label = QLabel(words)
            label.setMinimumHeight(field.sizeHint().height())
            rows.addRow(label, field)
        rows.setRowVisible(self.factory, bool(self._factories))
        self.waiting = Waiting()
        self.buttons = Buttons(Buttons.StandardButton.Cancel)
        self.go = QPushButton(tr("Import"))
        self.go.setProperty("primary", True)
        self.go.setDefault(True)
        self.go.clicked.connect(self.start)
        self.buttons.addButton(self.go, Buttons.ButtonRole.ActionRole)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        for widget in (heading(name), muted(tr(ABOUT)), self.fields, self.waiting):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self._refresh()

    def _refresh(self) -> None:
        busy, random = self.importer.is_busy, self.data.currentData() == RANDOM
        self.fields.setEnabled(not busy)
        self.rows.setRowVisible(self.shapes, random)
        self.go.setEnabled(not busy and (not random or bool(self.shapes.text().strip())))

    @property
    def out(self) -> Path:
        """Where the process writes the project."""
        return Path(self._folder.name) / "imported.netlab"

    def start(self) -> None:
        """Import as the fields say."""
        spec = f"{self.source}:{self.factory.currentText()}" if self._factories else str(self.source)
        key = self.data.currentData()
        choice = [f"--inputs={self.shapes.text()}"] if key == RANDOM else [f"--data={key}"]
        self.importer.start([*choice, "--", spec, str(self.out)])
        self.waiting.wait(tr("Reading {name}…", name=self.source.name))
        self._refresh()

    def _ended(self, told: object) -> None:
        if isinstance(told, Arrived):
            try:
                project = file.load(self.out)
            except file.FileError as error:
                told = Fault(error.code, error.message, fix=error.fix)
            else:
                self.accept()
                self.arrived.emit(project, told)
                return
        if isinstance(told, Fault):
            self.waiting.say(self._said(told), wrong=True)
        self._refresh()

    def _said(self, fault: Fault) -> str:
        if fault.code == "inputs":
            return tr(SHAPES)
        lacks = "No module named" in fault.message and self._factories
        return sentences(fault.sentence, tr(BESIDE)) if lacks else fault.sentence

    def _end(self) -> None:
        self.importer.cancel()
        self._folder.cleanup()
