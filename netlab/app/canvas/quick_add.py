"""A small box to type in: finds a layer by name, other names and purpose, and puts it at the pointer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from netlab.app.search import search


class QuickAdd(QFrame):
    """Lies over the canvas until something is chosen, or Escape."""

    chosen = Signal(str, QPointF)
    dismissed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setProperty("card", True)
        self.setFixedSize(280, 300)
        self._pos = QPointF()
        self._only: set[str] | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search layers…")
        self.field.setAccessibleName("Search layers")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda item: self._choose(item))
        self.hide()

    def open_at(self, place: QPoint, scene_pos: QPointF, only: set[str] | None = None) -> None:
        """Show the box at a place of the parent; what is chosen goes to `scene_pos`. With `only`, just those keys."""
        self._pos, self._only = scene_pos, only
        self.field.setPlaceholderText("Search layers…" if only is None else "What fits here…")
        room = self._over.rect()
        x = max(4, min(place.x(), room.width() - self.width() - 4))
        y = max(4, min(place.y(), room.height() - self.height() - 4))
        self.move(x, y)
        self.field.clear()
        self._fill("")
        self.show()
        self.raise_()
        self.field.setFocus()

    def _fill(self, text: str) -> None:
        self.list.clear()
        for key, layer in search(text):
            if self._only is not None and key not in self._only:
                continue
            item = QListWidgetItem(f"{layer.title()}   ·   {layer.category}")
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setToolTip(layer.summary())
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            row = self.list.currentRow()
            match event.key():
                case Qt.Key.Key_Escape:
                    self.hide()
                    self.dismissed.emit()
                    self._over.setFocus()
                    return True
                case Qt.Key.Key_Down:
                    self.list.setCurrentRow(min(row + 1, self.list.count() - 1))
                    return True
                case Qt.Key.Key_Up:
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
            self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole)), self._pos)
