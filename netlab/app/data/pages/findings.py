"""What is wrong with the data: a card for each thing that can be done something about, and every bad row with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from netlab.app.data.page import Page
from netlab.app.form import clear, muted
from netlab.app.theme import color, monospace
from netlab.data.dataset import DataError, source_of
from netlab.data.findings import ERROR, NOTE, WARNING, Finding
from netlab.data.look import Preview
from netlab.data.remedies import Remedy, remedies
from netlab.language import mark, tr
from netlab.options import OptionError

Index = QModelIndex | QPersistentModelIndex
COLUMNS = (mark("What"), mark("Line"), mark("Column"), mark("Original line"))
SEVERITIES = {ERROR: mark("error"), WARNING: mark("warning"), NOTE: mark("note")}
SHOWN_CARDS = 30


class FindingsPage(Page):
    """Cards above, the rows that are left out below."""

    title = mark("Findings")
    place = 50
    remedy_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        body = QWidget()
        body.setProperty("panel", True)
        self._cards = QVBoxLayout(body)
        self._cards.setContentsMargins(10, 10, 10, 10)
        self.cards = QScrollArea()
        self.cards.setWidgetResizable(True)
        self.cards.setWidget(body)
        self.model = _BadRows()
        self.view = QTableView()
        self.view.setAccessibleName(tr("Rows that are left out"))
        self.view.setModel(self.model)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(24)
        self.view.setWordWrap(False)
        header = self.view.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place, width in enumerate((64, 110, 190), 1):
            self.view.setColumnWidth(place, width)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.cards)
        split.addWidget(self.view)
        split.setSizes([160, 260])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        rows = [finding for finding in preview.findings if finding.costs]
        whole = [finding for finding in preview.findings if not finding.costs]
        self.model.show_rows(rows)
        self.view.setVisible(bool(rows))
        self.view.setColumnHidden(1, not any(finding.line for finding in rows))
        self.view.setColumnHidden(3, not any(finding.text for finding in rows))
        self.cards.setVisible(bool(whole) or not rows)
        clear(self._cards)
        if not preview.findings:
            self._cards.addWidget(muted(tr("Nothing is wrong with this data.")))
        for finding in whole[:SHOWN_CARDS]:
            self._cards.addWidget(self._card(preview.source, options, finding))
        if len(whole) > SHOWN_CARDS:
            self._cards.addWidget(muted(tr("and {count:,} more", count=len(whole) - SHOWN_CARDS)))
        self._cards.addStretch(1)

    def _card(self, key: str, options: Mapping[str, Any], finding: Finding) -> QFrame:
        card = QFrame()
        card.setProperty("card", True)
        text = QLabel(finding.message)
        text.setWordWrap(True)
        text.setProperty("error", finding.severity == ERROR)
        row = QHBoxLayout(card)
        row.setContentsMargins(10, 6, 8, 6)
        row.addWidget(_dot(finding.severity))
        row.addWidget(text, 1)
        for remedy in _remedies(key, options, finding):
            button = QPushButton(remedy.label)
            button.setObjectName("remedy")
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, remedy=remedy: self.remedy_chosen.emit(remedy))
            row.addWidget(button)
        return card


def _remedies(key: str, options: Mapping[str, Any], finding: Finding) -> tuple[Remedy, ...]:
    try:
        return remedies(source_of(key, options), finding)
    except (DataError, OptionError):
        return ()


def _dot(severity: str) -> QLabel:
    dot = QLabel("●")
    tint = {ERROR: "error", WARNING: "warning"}.get(severity, "muted")
    dot.setStyleSheet(f"color: {color(tint).name()}")
    dot.setAccessibleName(tr(SEVERITIES[severity]))
    return dot


class _BadRows(QAbstractTableModel):
    """As many as there are; only those in sight are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Finding] = []
        self._code = monospace(9.5)

    def show_rows(self, rows: list[Finding]) -> None:
        """Show these in place of what there is."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        finding = self.rows[index.row()]
        cells = (finding.message, finding.line or "–", finding.column or "–", finding.text)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cells[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                return f"{finding}\n{finding.text}"
            case Qt.ItemDataRole.FontRole if index.column() == len(COLUMNS) - 1:
                return self._code
            case _:
                return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section])
        return None
