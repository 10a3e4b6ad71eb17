"""The menu of an option's row: what the field offers by itself, and what can be done with the option."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QMenu, QWidget


class OptionMenu(QObject):
    """Opens on a right click on the label or the field, and on the menu key."""

    def __init__(self, row: list[QWidget], text: str, action: Callable[[], object]) -> None:
        super().__init__(row[-1])
        self._field = row[-1]
        self._text, self._action = text, action
        for widget in row:
            for part in (widget, *widget.findChildren(QAbstractSpinBox)):
                part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ContextMenu or not isinstance(event, QContextMenuEvent):
            return super().eventFilter(watched, event)
        line = watched.lineEdit() if isinstance(watched, QAbstractSpinBox) else watched
        menu = line.createStandardContextMenu() if isinstance(line, QLineEdit) else QMenu(self._field)
        menu.setObjectName("option menu")
        first = menu.actions()[0] if menu.actions() else None
        action = menu.addAction(self._text, self._action)
        if first is not None:
            menu.insertAction(first, action)
            menu.insertSeparator(first)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())
        return True
