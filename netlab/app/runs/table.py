"""A table of rows that come and go: filled anew, it keeps selection, scroll position and order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

KEY, VALUE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
MARK = 10
LONGEST = 200  # characters that a cell shows
CHARACTERS = 26  # of the widest column that is not the last


@dataclass(frozen=True)
class Row:
    """One row: what it stands for, and its cells; numbers are sorted as numbers and shown with four digits.

    Attributes:
        mark: a colour before the first cell, None for none.
    """

    key: str
    cells: tuple[Any, ...]
    tip: str = ""
    mark: QColor | None = None


class _Item(QTreeWidgetItem):
    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else 0
        return _order(self.data(column, VALUE)) < _order(other.data(column, VALUE))


class Table(QTreeWidget):
    """Rows under a header; a click on the header sorts."""

    delete_pressed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setProperty("table", True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.header().setStretchLastSection(True)
        self.header().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._columns: tuple[str, ...] = ()
        self._rows: list[Row] = []

    def show_rows(self, columns: Sequence[str], rows: list[Row], editable: Sequence[int] = ()) -> None:
        """Show these rows in place of those there are; not while somebody types into one, whose words would be gone."""
        if any(field.isVisible() for field in self.viewport().findChildren(QLineEdit)):
            return
        if tuple(columns) == self._columns and rows == self._rows:
            return
        fresh = tuple(columns) != self._columns
        self._columns, self._rows = tuple(columns), rows
        blocked = self.blockSignals(True)
        if fresh:
            self.setSortingEnabled(False)
            self.setColumnCount(len(columns))
            self.setHeaderLabels(list(columns))
        chosen = set(self.chosen())
        known = {item.data(0, KEY): item for item in self._items()}
        self.setSortingEnabled(False)
        for key in known.keys() - {row.key for row in rows}:
            self.takeTopLevelItem(self.indexOfTopLevelItem(known.pop(key)))
        for i, row in enumerate(rows):
            item = known.get(row.key)
            if item is None:
                item = _Item()
                self.insertTopLevelItem(i, item)
            _fill(item, row, editable)
            item.setSelected(row.key in chosen)
        if fresh:
            self._fit()
            self.header().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # as given, until somebody clicks
        self.setSortingEnabled(True)
        self.blockSignals(blocked)

    def _fit(self) -> None:
        widest = self.fontMetrics().averageCharWidth() * CHARACTERS
        for column in range(self.columnCount() - 1):
            self.resizeColumnToContents(column)
            room = 10 if column else 10 + MARK + 6  # a mark comes to the first one when it is chosen
            self.setColumnWidth(column, min(self.columnWidth(column) + room, widest))

    def event(self, event: QEvent) -> bool:
        """Take the key Delete before the window's menu does, where rows are selected."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
            return super().event(event)
        if event.key() == Qt.Key.Key_Delete and self.chosen():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.chosen():
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)

    def chosen(self) -> list[str]:
        """The keys of the selected rows, from top to bottom."""
        return [item.data(0, KEY) for item in self._items() if item.isSelected()]

    def choose(self, keys: Sequence[str]) -> None:
        """Select these rows, and no others."""
        for item in self._items():
            item.setSelected(item.data(0, KEY) in keys)

    def _items(self) -> list[QTreeWidgetItem]:
        items = (self.topLevelItem(i) for i in range(self.topLevelItemCount()))
        return [item for item in items if item is not None]


def shown(value: Any) -> str:
    """A value as a cell shows it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = " ".join(str(value)[: 2 * LONGEST].split())  # code, say, in one line
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _fill(item: QTreeWidgetItem, row: Row, editable: Sequence[int]) -> None:
    item.setData(0, KEY, row.key)
    if editable:
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
    for column, value in enumerate(row.cells):
        item.setText(column, shown(value))
        item.setData(column, VALUE, value)
        item.setToolTip(column, row.tip or shown(value))
    item.setIcon(0, QIcon() if row.mark is None else _square(row.mark))


def _square(color: QColor) -> QIcon:
    pixmap = QPixmap(MARK, MARK)
    pixmap.fill(color)
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # the same colour, whatever lies around it
    return icon


def _order(value: Any) -> tuple[int, float, str]:
    """Numbers before words, nothing last."""
    if isinstance(value, bool | int | float) and value == value:
        return 0, float(value), ""
    return (2, 0.0, "") if value is None else (1, 0.0, str(value))
