"""Keys of the actions: those that the list of actions names, or those that a person chose instead."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QWidget

from netlab.app import recent
from netlab.app.actions import ACTIONS
from netlab.language import mark, tr

NATIVE = QKeySequence.SequenceFormat.NativeText
PORTABLE = QKeySequence.SequenceFormat.PortableText
OF_THE_CANVAS = {
    "Tab": mark("Add a layer at the pointer"),
    mark("Arrows"): mark("Nudge what is selected, with Shift by a pixel; with nothing selected, go to a node"),
    mark("Alt+Arrows"): mark("Go to the next node in that direction"),
    mark("Page Down, Page Up"): mark("Go to the next node along the wires, or back"),
    mark("Return"): mark("Options of the node, content of the block, or the fix on offer"),
    mark("Space"): mark("Push the canvas about while it is held"),
    mark("Escape"): mark("End what is under way, or select nothing"),
}
"""Keys with a fixed meaning on the canvas, for the list."""


def keys_of(action: str) -> str:
    """The keys of an action, "" for none."""
    stored = recent.settings().value(f"shortcuts/{action}")
    return str(stored) if stored is not None else _default(action)


def set_keys(action: str, keys: str) -> None:
    """Choose other keys for an action; the ones it came with are no choice, and are forgotten."""
    settings, name = recent.settings(), f"shortcuts/{action}"
    if QKeySequence(keys) == QKeySequence(_default(action)):
        settings.remove(name)
    else:
        settings.setValue(name, QKeySequence(keys).toString(PORTABLE))


def conflict(action: str, keys: str, chosen: Mapping[str, str]) -> str:
    """The text of another action that has these keys already, "" if none has."""
    wanted = QKeySequence(keys)
    for record in ACTIONS:
        other = QKeySequence(chosen.get(record.id, ""))
        if record.id != action and not wanted.isEmpty() and other == wanted:
            return tr(record.text).rstrip("…")
    return ""


def is_typed_into_a_list(window: QWidget, event: QEvent) -> bool:
    """Whether a key is one that a list, a tree or a choice that has the focus searches its entries by."""
    if not isinstance(event, QKeyEvent) or not event.text().isprintable() or not event.text():
        return False
    held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    return not held and isinstance(window.focusWidget(), QComboBox | QAbstractItemView)


def _default(action: str) -> str:
    return next((record.shortcut for record in ACTIONS if record.id == action), "")
