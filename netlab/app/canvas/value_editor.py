"""Change a value of a node where it is written: type a number, choose from a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QMenu

from netlab.app.canvas.card import font
from netlab.app.canvas.node_item import NodeItem, short
from netlab.app.form import setting
from netlab.document import edits
from netlab.language import tr
from netlab.options import Choice, Float, Int, Option, OptionError

if TYPE_CHECKING:
    from netlab.app.canvas.view import CanvasView

KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def edit_value(view: CanvasView, item: NodeItem, pos: QPointF) -> bool:
    """Open an editor for the value under a point of the scene; False if there is none."""
    found = item.field_at(pos)
    if found is None or item.layer is None:
        return False
    field, place = found
    option = item.layer.options()[field.option]
    rect = view.mapFromScene(place).boundingRect()
    suggested = list(view.session.inferred.fields) if getattr(option, "suggests", "") == "fields" else []
    choices = list(option.choices) if isinstance(option, Choice) else suggested
    if choices:
        menu = QMenu(view)
        for choice in choices:
            menu.addAction(str(choice), lambda choice=choice: _put(view, item.node.id, option, choice))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(view.viewport().mapToGlobal(rect.bottomLeft()))
        return True
    if not isinstance(option, Int | Float):
        return False
    editor = ValueEditor(view, item.node.id, option, short(item.node.options.get(option.name)))
    editor.setGeometry(rect.adjusted(-14, -4, 4, 4))
    editor.show()
    editor.selectAll()
    editor.setFocus()
    return True


def _put(view: CanvasView, node: str, option: Option[Any], value: Any) -> bool:
    try:
        value = option.check(value)
    except OptionError as error:
        view.session.message.emit(str(error), "error")
        return False
    return view.session.apply(setting(option), edits.set_option, node, option.name, value)


class ValueEditor(QLineEdit):
    """A line over the value; Enter takes it, Escape and a click elsewhere leave it."""

    def __init__(self, view: CanvasView, node: str, option: Option[Any], text: str) -> None:
        super().__init__(text, view.viewport())
        self.view, self.node, self.option = view, node, option
        self.setFont(font(8.6))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(tr(option.label))
        self.setStyleSheet("QLineEdit { padding: 0 4px; min-height: 0; border-radius: 4px; }")
        self.installEventFilter(self)

    def _take(self) -> None:
        try:
            number = int(self.text()) if isinstance(self.option, Int) else float(self.text())
        except ValueError:
            self.view.session.message.emit(
                tr("{text!r} is not a number for {option}.", text=self.text(), option=tr(self.option.label)), "error"
            )
            return
        if _put(self.view, self.node, self.option, number):
            self._end()

    def _end(self) -> None:
        self.hide()
        self.deleteLater()
        self.view.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() in KEYS:  # a line would hand them on to the canvas
            if event.type() == QEvent.Type.KeyPress:
                self._end() if event.key() == Qt.Key.Key_Escape else self._take()
            return event.type() != QEvent.Type.ShortcutOverride
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self._end()
        return False
