"""Asks what a sweep is to try, and starts it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from netlab.app.form import muted
from netlab.app.session import Session
from netlab.document import file
from netlab.document.edits import EditError
from netlab.document.paths import settings
from netlab.language import mark, tr
from netlab.options import Choice, Float, Option, OptionError
from netlab.runs import sweeps
from netlab.runs.axes import SweepError, axis, option_of

HELP = mark(
    "A list 16, 32, 64 is tried value by value. A range 1e-4..1e-1 is drawn from; 0..0.5/6 means six points of it."
)
PRUNE = mark("End hopeless trials early")
METHODS = {
    mark("Let NetLab choose"): None,
    mark("Grid: every combination"): "grid",
    mark("Random draws"): "random",
    mark("TPE: look where it was good"): "tpe",
}


def ask_sweep(session: Session, place: str, name: str) -> SweepDialog:
    """Open the dialog for one option, by its place in paths and its name."""
    parent = session.parent()
    dialog = SweepDialog(session, f"{place}.{name}", parent if isinstance(parent, QWidget) else None)
    dialog.open()
    return dialog


def proposal(value: Any, option: Option[Any] | None = None) -> str:
    """Values to try around the one that is set, or all choices there are."""
    if isinstance(option, Choice):
        return ", ".join(option.choices)
    if isinstance(option, Float) and value == 0 and option.max <= 1:
        return ", ".join(f"{share * option.max:g}" for share in (0, 0.1, 0.2, 0.5))
    if isinstance(value, bool):
        return "true, false"
    if isinstance(value, int) and value > 0:
        return ", ".join(str(each) for each in dict.fromkeys((max(1, value // 2), value, value * 2)))
    if isinstance(value, float) and value > 0:
        return f"{value / 10:g}..{value * 10:g}" if value <= 0.1 else f"{value / 2:g}, {value:g}"
    return json.dumps([value] if isinstance(value, list | tuple) else value)


class SweepDialog(QDialog):
    """What to vary, how to search, how long and how many at once."""

    def __init__(self, session: Session, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Sweep"))
        self.setMinimumWidth(520)
        self.session = session
        self.known = settings(session.project)
        self.axes: dict[str, QLineEdit] = {}
        self._build()
        self.add_axis(path)

    def _build(self) -> None:
        self.grid = QGridLayout()
        self.grid.setColumnStretch(1, 1)
        self.more = QComboBox()
        self.more.setAccessibleName(tr("Another setting to vary"))
        self.more.addItem(tr("Vary another setting too…"))
        self.more.addItems([path for path in self.known if path != "data.source"])
        self.more.activated.connect(self._another)
        self.method = QComboBox()
        for words, method in METHODS.items():
            self.method.addItem(tr(words), method)
        self.trials = _spin(20, 1, 10_000, tr(" trials at most"))
        self.jobs = _spin(1, 1, 64, tr(" at once"))
        self.steps = _spin(0, 0, 10**8, tr(" steps"))
        self.steps.setSpecialValueText(tr("as long as the project says"))
        self.objective = QLineEdit()
        self.objective.setPlaceholderText("val/loss")
        self.prune = QCheckBox(tr(PRUNE))
        has_optuna = find_spec("optuna") is not None
        self.prune.setChecked(has_optuna)
        self.prune.setEnabled(has_optuna)
        if not has_optuna:
            self.prune.setToolTip(tr("This needs the package optuna: pip install netlab[search]"))
        self.wrong = QLabel("")
        self.wrong.setProperty("error", True)
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, field in (
            (tr("Search"), self.method), (tr("Number"), self.trials), (tr("Side by side"), self.jobs),
            (tr("Length"), self.steps), (tr("Objective"), self.objective), ("", self.prune),
        ):  # fmt: skip
            field.setAccessibleName(text or tr(PRUNE))
            label = QLabel(text)
            label.setMinimumHeight(field.sizeHint().height())
            rows.addRow(label, field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = QPushButton(tr("Start"))
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._start)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addLayout(self.grid)
        layout.addWidget(muted(tr(HELP)))
        layout.addWidget(self.more)
        layout.addLayout(rows)
        layout.addWidget(self.wrong)
        layout.addWidget(buttons)

    def _another(self, index: int) -> None:
        if index > 0:
            self.add_axis(self.more.itemText(index))
        self.more.setCurrentIndex(0)

    def add_axis(self, path: str) -> None:
        """Vary one more setting."""
        if path in self.axes:
            return
        self.axes[path] = QLineEdit(proposal(self.known.get(path), option_of(self.session.project, path)))
        self._lay_out()
        self.axes[path].setFocus()

    def _remove(self, path: str) -> None:
        self.axes.pop(path).deleteLater()
        self._lay_out()

    def _lay_out(self) -> None:
        fields = list(self.axes.values())
        for i in reversed(range(self.grid.count())):
            item = self.grid.takeAt(i)
            widget = item.widget() if item is not None else None
            if widget is not None and widget not in fields:
                widget.hide()
                widget.deleteLater()
        for row, (path, field) in enumerate(self.axes.items()):
            field.setObjectName(f"axis/{path}")
            field.setAccessibleName(tr("Values of {path}", path=path))
            self.grid.addWidget(QLabel(path), row, 0)
            self.grid.addWidget(field, row, 1)
            if len(self.axes) > 1:
                away = QToolButton()
                away.setText("✕")
                away.setAccessibleName(tr("Do not vary {path}", path=path))
                away.clicked.connect(lambda _=False, path=path: self._remove(path))
                self.grid.addWidget(away, row, 2)

    def _start(self) -> None:
        session = self.session
        try:
            blocking = session.inferred.blocking
            if blocking:
                raise SweepError(tr("This cannot be trained yet. {problem}", problem=blocking[0].message))
            varied = [axis(session.project, f"{path}={field.text()}") for path, field in self.axes.items()]
            plan = sweeps.plan(
                varied, self.method.currentData(), self.trials.value(), jobs=self.jobs.value(),
                objective=self.objective.text().strip(), prune=self.prune.isChecked(),
                steps=self.steps.value() or None,
            )  # fmt: skip
            folder = sweeps.create(file.encode(session.project), plan, session.runs_folder())
        except (SweepError, EditError, OptionError, file.FileError) as error:
            self.wrong.setText(str(error))
            self.wrong.show()
            return
        session.jobs.sweep(folder)
        window: Any = self.parent()
        if window is not None:
            window.show_view("Sweeps")
        self.accept()


def _spin(value: int, low: int, high: int, suffix: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    spin.setValue(value)
    spin.setSuffix(suffix)
    spin.lineEdit().setTextMargins(7, 0, 0, 0)
    return spin
