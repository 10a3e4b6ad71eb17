"""The list of all keys, where they can be changed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from netlab.app import shortcuts
from netlab.app.actions import ACTIONS
from netlab.app.search import rank
from netlab.app.shortcuts import NATIVE, OF_THE_CANVAS, PORTABLE
from netlab.language import mark, tr

ID = Qt.ItemDataRole.UserRole


class ShortcutsDialog(QDialog):
    """Choose an action, press keys, OK. Two actions with the same keys are said, and cannot be kept."""

    def __init__(self, window) -> None:
        super().__init__(window)
        self.window_ = window
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 560)
        self.chosen = {record.id: shortcuts.keys_of(record.id) for record in ACTIONS}
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search actions…"))
        self.search.setAccessibleName(tr("Search actions"))
        self.search.textChanged.connect(self._filter)
        self.list = QTreeWidget()
        self.list.setAccessibleName(tr("Actions and their keys"))
        self.list.setHeaderLabels([tr("Action"), tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.currentItemChanged.connect(lambda *_: self._show_current())
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.setAccessibleName(tr("New keys"))
        self.keys.keySequenceChanged.connect(self._take)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setProperty("error", True)
        self.said.setMinimumHeight(self.said.fontMetrics().height())
        self._fill()
        self._lay_out()

    def _lay_out(self) -> None:
        reset = QPushButton(tr("Default"))
        reset.setToolTip(tr("Give the chosen action the keys that it came with."))
        reset.clicked.connect(self._reset)
        row = QHBoxLayout()
        for widget in (QLabel(tr("New keys:")), self.keys, reset):
            row.addWidget(widget, 1 if widget is self.keys else 0)
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        layout.addWidget(self.said)
        layout.addWidget(self.buttons)

    def _fill(self) -> None:
        for record in ACTIONS:
            item = QTreeWidgetItem(
                [tr("{menu}: {action}", menu=tr(record.menu), action=tr(record.text).rstrip("…")), ""]
            )
            item.setToolTip(0, tr(record.help))
            item.setData(0, ID, record.id)
            self.list.addTopLevelItem(item)
        for keys, words in OF_THE_CANVAS.items():
            item = QTreeWidgetItem([tr("{menu}: {action}", menu=tr("Canvas"), action=tr(words)), tr(keys)])
            item.setDisabled(True)
            self.list.addTopLevelItem(item)
        self._show_keys()
        self.list.setCurrentIndex(self.list.model().index(0, 0))

    def _show_keys(self) -> None:
        for row in range(len(ACTIONS)):
            item = self.list.topLevelItem(row)
            assert item is not None
            item.setText(1, QKeySequence(self.chosen[item.data(0, ID)]).toString(NATIVE))

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            assert item is not None
            item.setHidden(rank(words, item.text(0), (item.text(1),), item.toolTip(0)) < 0)

    def _current(self) -> str:
        item = self.list.currentItem()
        return str(item.data(0, ID) or "") if item is not None else ""

    def _show_current(self) -> None:
        self.keys.blockSignals(True)
        self.keys.setKeySequence(QKeySequence(self.chosen.get(self._current(), "")))
        self.keys.setEnabled(bool(self._current()))
        self.keys.blockSignals(False)

    def _take(self, keys: QKeySequence) -> None:
        if self._current():
            self.chosen[self._current()] = keys.toString(PORTABLE)
            self._show_keys()
            self._judge()

    def _reset(self) -> None:
        record = next((record for record in ACTIONS if record.id == self._current()), None)
        if record is not None:
            self.keys.setKeySequence(QKeySequence(record.shortcut))

    def _judge(self) -> None:
        """Say the first conflict."""
        self.said.setText("")
        for record in ACTIONS:
            other = shortcuts.conflict(record.id, self.chosen[record.id], self.chosen)
            if other:
                keys = QKeySequence(self.chosen[record.id]).toString(NATIVE)
                words = mark("{keys} would mean both “{action}” and “{other}”. Choose others for one.")
                self.said.setText(tr(words, keys=keys, action=tr(record.text).rstrip("…"), other=other))
                break
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not self.said.text())

    def accept(self) -> None:
        """Keep the keys, and let the window use them."""
        for action, keys in self.chosen.items():
            shortcuts.set_keys(action, keys)
        self.window_.use_shortcuts()
        super().accept()
