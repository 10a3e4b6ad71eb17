"""Every token of the vocabulary, to be searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QLineEdit, QTableView, QVBoxLayout, QWidget

from netlab.app.data.page import Page
from netlab.app.theme import monospace
from netlab.data.look import Preview
from netlab.language import mark, tr

Index = QModelIndex | QPersistentModelIndex


class VocabularyPage(Page):
    """Tokens with their ids."""

    title = mark("Vocabulary")
    place = 40

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = _Tokens()
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search tokens, or type an id"))
        self.search.setAccessibleName(tr("Search tokens"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._find)
        self.count = QLabel("")
        self.count.setProperty("muted", True)
        self.view = QTableView()
        self.view.setAccessibleName(tr("Vocabulary"))
        self.view.setModel(self.model)
        self.view.setFont(monospace())
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(22)
        self.view.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.view.setShowGrid(False)
        self.view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.setSpacing(10)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.view, 1)

    @classmethod
    def fits(cls, preview: Preview) -> bool:
        return bool(preview.vocabulary)

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        self.model.tokens = preview.vocabulary
        self._find(self.search.text())

    def _find(self, words: str) -> None:
        self.model.find(words)
        found, whole = len(self.model.shown), len(self.model.tokens)
        self.count.setText(
            tr("{count:,} tokens", count=whole)
            if found == whole
            else tr("{found:,} of {count:,} tokens", found=found, count=whole)
        )


class _Tokens(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.tokens: tuple[str, ...] = ()
        self.shown: list[int] = []

    def find(self, words: str) -> None:
        """Show the tokens that hold these words, or the one with this id; case does not matter."""
        self.beginResetModel()
        low = words.casefold()
        self.shown = [i for i, token in enumerate(self.tokens) if low in token.casefold() or words == str(i)]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        number = self.shown[index.row()]
        return self.tokens[number] if index.column() else number

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("Id"), tr("Token"))[section]
        return None
