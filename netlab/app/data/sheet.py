"""The import sheet: what a file holds, how it shall be read, and which model it shall train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from netlab.app.data.column import FormColumn
from netlab.app.data.looker import Looker
from netlab.app.data.options import is_decisive, source_form
from netlab.app.data.preview import AGAIN, CANCELLED, READ, PreviewView
from netlab.app.session import Session
from netlab.compiler.starters import Starter, adapted, starters, with_data
from netlab.data.dataset import DataError, catalogue
from netlab.data.findings import ERROR
from netlab.data.looking import Fetch, Look, Open, Refused, Request, Seen, Show
from netlab.data.remedies import Remedy
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.language import listing, mark, tr
from netlab.options import OptionError

REST_MS = 250
KEEP, ADAPT = "keep", "adapt"


class ImportSheet(QDialog):
    """Looks at a file off the window's thread; “Use this data” is one undo step."""

    used = Signal(str)

    def __init__(self, session: Session, wanted: Open | Fetch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name = wanted.name if isinstance(wanted, Fetch) else Path(wanted.path).name
        self.setWindowTitle(tr("Use {name}", name=self.name))
        self.resize(1040, 660)
        self.session = session
        self.key = ""
        self.options: dict[str, Any] = {}
        self._offered: dict[str, Starter] = {}
        self.looker = Looker(self)
        self._request: Request = wanted
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REST_MS)
        self._later.timeout.connect(self._ask)
        self._build()
        self.looker.progressed.connect(self.preview.progress)
        self.looker.seen.connect(self._show_seen)
        self.looker.refused.connect(self._show_refused)
        self.looker.busy_changed.connect(self._set_busy)
        self.preview.cancelled.connect(self._cancel)
        self.preview.remedy_chosen.connect(self._mend)
        self.finished.connect(self._end)
        self._ask()

    def _build(self) -> None:
        self.kind = QComboBox()
        self.kind.setObjectName("kind")
        self.kind.setAccessibleName(tr("Kind of data"))
        self.kind.setEnabled(False)
        self.kind.activated.connect(lambda _: self._choose_kind(str(self.kind.currentData())))
        head = QFormLayout()
        head.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        head.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        head.addRow(tr("Read as"), self.kind)
        self.column = FormColumn(head, margin=12)
        self.preview = PreviewView()
        split = QSplitter()
        split.addWidget(self.column)
        split.addWidget(self.preview)
        split.setSizes([330, 710])
        split.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(split, 1)
        layout.addWidget(self._foot())

    def _foot(self) -> QWidget:
        self.said = QLabel("")
        self.said.setProperty("muted", True)
        self.model = QComboBox()
        self.model.setObjectName("model")
        self.model.setAccessibleName(tr("Model"))
        self.model.setMinimumContentsLength(30)
        self.model.setEnabled(False)
        self.use = QPushButton(tr("Use this data"))
        self.use.setObjectName("use")
        self.use.setProperty("primary", True)
        self.use.setDefault(True)
        self.use.clicked.connect(self._use)
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(12, 10, 12, 10)
        row.addWidget(self.said, 1)
        row.addWidget(QLabel(tr("Model")))
        for widget in (self.model, cancel, self.use):
            row.addWidget(widget)
        return foot

    # --- asking

    def _ask(self) -> None:
        fetches = isinstance(self._request, Fetch)
        self.preview.wait(self.options, tr("Fetching {name}…", name=self.name) if fetches else "")
        self.looker.ask(self._request)

    def _set_busy(self, busy: bool) -> None:
        if not busy:
            self.preview.rest()
        self.use.setEnabled(not busy and self._is_usable())

    def _is_usable(self) -> bool:
        seen = self.preview.preview
        return seen is not None and not any(finding.severity == ERROR for finding in seen.findings)

    def _choose_kind(self, key: str) -> None:
        if key and key != self.key:
            self._request = Open(str(self.options["path"]), key)
            self._ask()

    def _set(self, name: str, value: Any) -> None:
        anew = is_decisive(catalogue()[self.key], name)
        self._look({**self.options, name: value}, anew)

    def _mend(self, remedy: Remedy) -> None:
        self._look({**self.options, **remedy.options}, remedy.anew)

    def _look(self, options: dict[str, Any], anew: bool) -> None:
        self.options = options
        still = isinstance(self._request, Look) and (self.looker.is_busy or self._later.isActive())
        self._request = Look(self.key, options) if anew or still else Show(self.key, options)
        self.use.setEnabled(False)
        self._later.start()

    def _cancel(self) -> None:
        self.looker.cancel()
        self.preview.say(tr(CANCELLED), {READ: self._ask})
        self.use.setEnabled(False)

    # --- answers

    def _show_seen(self, seen: Seen) -> None:
        fresh = seen.source != self.key
        learned = seen.options != self.options
        self.key, self.options = seen.source, seen.options
        if seen.suited:
            self._fill_kinds(seen.suited)
        self.preview.show_preview(seen.preview, seen.options)
        if fresh or learned:
            self._fill_form()
        self._fill_models()
        rows, parts = seen.preview.rows, seen.preview.splits
        told = listing(tr(words, count=parts[name]) for name, words in WORDS.items() if name in parts)
        counted = tr("{count:,} rows", count=rows)
        self.said.setText(tr("{rows}: {parts}", rows=counted, parts=told) if told else counted)
        self.use.setEnabled(self._is_usable())
        if not self._is_usable():
            self.preview.show_findings()

    def _show_refused(self, refused: Refused) -> None:
        self.preview.say(refused.message, {AGAIN: self._ask}, wrong=True)
        self.said.setText("")
        self.use.setEnabled(False)

    def _fill_kinds(self, keys: tuple[str, ...]) -> None:
        self.kind.clear()
        for key in dict.fromkeys([*keys, self.key]):
            self.kind.addItem(tr(catalogue()[key].title), key)
        self.kind.setCurrentIndex(self.kind.findData(self.key))
        self.kind.setEnabled(True)

    def _fill_form(self) -> None:
        source = catalogue()[self.key]
        self.column.fill(tr(source.about), source_form(source, self.options, self._set))

    def _fill_models(self) -> None:
        """What may become of the model; the usual choice is made until the user makes another."""
        try:
            found = starters(self.key, self.options)
        except (DataError, OptionError):
            found = ()
        chosen = self.model.currentData()
        self._offered = {starter.key: starter for starter in found}
        empty = not self.session.project.graph.nodes
        choices = {} if empty else {ADAPT: tr("Adapt the model to this data"), KEEP: tr("Keep the model as it is")}
        choices |= {starter.key: tr("Start with {model}", model=tr(starter.title)) for starter in found}
        choices = choices or {KEEP: tr("Keep the empty canvas")}
        self.model.clear()
        for key, words in choices.items():
            self.model.addItem(words, key)
        self.model.setCurrentIndex(max(self.model.findData(chosen), 0))
        self.model.setEnabled(True)

    # --- the end

    def _use(self) -> None:
        choice = str(self.model.currentData())
        label = tr("Use {name}", name=self.name)
        if self.session.apply(label, _used, self.key, plain(self.options), choice, self._offered):
            self.used.emit(str(self.options["path"]))
            self.accept()

    def _end(self) -> None:
        self._later.stop()
        self.looker.shutdown()
        self.preview.shutdown()


WORDS = {
    "train": mark("{count:,} to train"),
    "val": mark("{count:,} to validate"),
    "test": mark("{count:,} to test"),
}


def _used(project: Project, key: str, options: dict[str, Any], choice: str, offered: dict[str, Starter]) -> Project:
    """The edit: other data, and what was chosen for the model."""
    if choice == ADAPT:
        return adapted(project, key, options)
    return with_data(project, key, options, offered[choice].graph if choice in offered else None)
