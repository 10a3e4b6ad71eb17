"""A small box to type in: finds a layer by name, other names and purpose, and puts it at the pointer."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QPointF, QSize, Signal
from PySide6.QtWidgets import QWidget

from netlab.app.picker import Entry, Picker
from netlab.app.search import search
from netlab.app.theme import CATEGORY, UNKNOWN_CATEGORY
from netlab.language import tr

SIZE = QSize(340, 340)


class QuickAdd(Picker):
    """Lies over the canvas until something is chosen, or Escape."""

    chosen = Signal(str, QPointF)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, SIZE, tr("Search layers"))
        self._pos = QPointF()
        self._only: set[str] | None = None

    def open_at(
        self,
        place: QPoint,
        scene_pos: QPointF,
        only: set[str] | None = None,
        asked: str = "",
    ) -> None:
        """Show the box at a place of the parent; what is chosen goes to `scene_pos`. With `only`, just those keys."""
        self._pos, self._only = scene_pos, only
        self.field.setPlaceholderText(asked or tr("Search layers, or what you want to do…"))
        room = self._over.rect()
        x = max(4, min(place.x(), room.width() - self.width() - 4))
        y = max(4, min(place.y(), room.height() - self.height() - 4))
        self.move(x, y)
        self.pop()

    def found(self, text: str) -> Iterator[Entry]:
        for key, layer in search(text):
            if self._only is None or key in self._only:
                tint = CATEGORY.get(layer.category, UNKNOWN_CATEGORY)
                yield Entry(key, tr(layer.title()), tr(layer.category), tint, tr(layer.summary()))

    def choose(self, entry: Entry) -> None:
        self.chosen.emit(str(entry.key), self._pos)
