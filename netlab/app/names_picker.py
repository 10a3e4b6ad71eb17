"""A button with a menu in which some of many names are ticked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from netlab.language import listing, mark, tr

NONE = mark("automatic")
TOLD, WIDEST = 3, 24


class NamesPicker(QPushButton):
    """Says which names are chosen; the menu stays open while they are ticked."""

    def __init__(
        self,
        known: Sequence[str],
        chosen: Sequence[str],
        changed: Callable[[Any], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._changed = changed
        self.chosen = list(chosen)
        self._menu = _Menu(self)
        names = [name for name in dict.fromkeys([*known, *chosen]) if name]
        self.boxes = {name: self._menu.addAction(name.replace("&", "&&")) for name in names}
        for name, box in self.boxes.items():
            box.setCheckable(True)
            box.setChecked(name in self.chosen)
            box.toggled.connect(lambda _, name=name: self._toggle(name))
        self._menu.aboutToHide.connect(self._tell)
        self._before = list(self.chosen)
        self.setMenu(self._menu)
        self.setStyleSheet("text-align: left")
        self._say()

    def _toggle(self, name: str) -> None:
        ticked = self.boxes[name].isChecked()
        self.chosen = [*self.chosen, name] if ticked else [other for other in self.chosen if other != name]
        self._say()

    def _tell(self) -> None:
        if self.chosen != self._before:
            self._before = list(self.chosen)
            self._changed(list(self.chosen))

    def _say(self) -> None:
        told = listing(self.chosen[:TOLD])
        if self.chosen[TOLD:]:
            told = tr("{names} and {count} more", names=told, count=len(self.chosen) - TOLD)
        self.setText((told if len(told) <= WIDEST else told[: WIDEST - 1] + "…") or tr(NONE))


class _Menu(QMenu):
    """Stays open when a tick is set by the mouse, so that several can be set."""

    def mouseReleaseEvent(self, event: Any) -> None:
        action: QAction | None = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable():
            action.trigger()
            return
        super().mouseReleaseEvent(event)
