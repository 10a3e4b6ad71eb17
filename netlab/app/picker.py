"""A box to type in, with a list below of what fits: arrows choose, Enter takes, Escape leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from netlab.app.theme import color
from netlab.language import tr

ENTRY = Qt.ItemDataRole.UserRole + 1
ROW = 30
SHOWN = 200  # nobody scrolls further; a word more finds it


@dataclass(frozen=True)
class Entry:
    """One thing on offer.

    Attributes:
        key: what is handed back when it is chosen.
        title, hint: at the left, and muted at the right.
        tint: colour of the spot before it, "" for none.
        help: a sentence for the line below the list.
    """

    key: object
    title: str
    hint: str = ""
    tint: str = ""
    help: str = ""


class _Row(QStyledItemDelegate):
    """Draws an entry: spot, title, hint."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(ENTRY)
        box: QRect = option.rect.adjusted(2, 1, -2, -1)  # type: ignore[attr-defined]
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
                painter.setBrush(color("selection"))
                painter.drawRoundedRect(box, 6, 6)
            if entry.tint:
                painter.setBrush(QColor(entry.tint))
                painter.drawRoundedRect(box.left() + 8, box.center().y() - 5, 11, 11, 3.5, 3.5)
            inner = box.adjusted(28 if entry.tint else 10, 0, -10, 0)
            metrics = painter.fontMetrics()
            hint = metrics.elidedText(entry.hint, Qt.TextElideMode.ElideRight, inner.width() // 2)
            painter.setPen(color("muted"))
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, hint)
            room = inner.width() - metrics.horizontalAdvance(hint) - 12
            painter.setPen(color("text"))
            title = metrics.elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
        finally:
            painter.restore()


class Picker(QFrame):
    """Lies over its parent until something is chosen, or Escape. A subclass says what is found for a text."""

    dismissed = Signal()

    def __init__(self, parent: QWidget, size: QSize, title: str) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("picker")
        self.setProperty("raised", True)
        self.setFixedSize(size)
        self.field = QLineEdit()
        self.field.setAccessibleName(title)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("{title}: found", title=title))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.help = QLabel()
        self.help.setProperty("muted", True)
        self.help.setWordWrap(True)
        self.help.setFixedHeight(2 * self.help.fontMetrics().height() + 2)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 6)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        layout.addWidget(self.help)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._choose)
        self.list.currentItemChanged.connect(self._explain)
        self.hide()

    def found(self, text: str) -> Iterable[Entry]:
        """What to list for a text, best first."""
        raise NotImplementedError

    def choose(self, entry: Entry) -> None:
        """An entry was taken; the box is hidden already."""
        raise NotImplementedError

    def pop(self) -> None:
        """Show the box, empty, with the keyboard in it."""
        self.field.clear()
        self._fill("")
        self.show()
        self.raise_()
        self.field.setFocus()

    def _fill(self, text: str) -> None:
        self.list.clear()
        for number, entry in enumerate(self.found(text)):
            if number >= SHOWN:
                break
            item = QListWidgetItem(entry.title)
            item.setData(Qt.ItemDataRole.UserRole, entry.key)
            item.setData(ENTRY, entry)
            words = ", ".join(part for part in (entry.title, entry.hint, entry.help) if part)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        if not self.list.count():
            self.help.setText(tr("Nothing is called so. Try a shorter word, or what it is for."))

    def _explain(self, item: QListWidgetItem | None) -> None:
        words = item.data(ENTRY).help if item is not None else ""
        room = 2 * (self.width() - 60)  # two lines, of which the first is seldom full
        self.help.setText(self.help.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            row = self.list.currentRow()
            match event.key():
                case Qt.Key.Key_Escape:
                    self.hide()
                    self.dismissed.emit()
                    self._over.setFocus()
                    return True
                case Qt.Key.Key_Down | Qt.Key.Key_Tab:
                    self.list.setCurrentRow(min(row + 1, self.list.count() - 1))
                    return True
                case Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                    self.list.setCurrentRow(max(row - 1, 0))
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._choose(self.list.currentItem())
                    return True
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        return super().eventFilter(watched, event)

    def _choose(self, item: QListWidgetItem | None) -> None:
        self.hide()
        if item is not None:
            self.choose(item.data(ENTRY))
