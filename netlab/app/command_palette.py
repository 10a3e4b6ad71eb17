"""The command palette: one box that finds everything there is to do, and the search for nodes of the graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QListWidgetItem

from netlab.app.commands import NODES, Command, commands
from netlab.app.picker import ENTRY, Entry, Picker
from netlab.language import mark, tr

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

SIZE = QSize(560, 420)
ASKED = mark("Type what you want: an action, a layer, a node, a setting, an example…")


class CommandPalette(Picker):
    """Lies over the window, at the top."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window, SIZE, tr("Command palette"))
        self.window_ = window
        self._kinds: frozenset[str] = frozenset()
        self.dismissed.connect(window.canvas.setFocus)

    def open_all(self) -> None:
        """Find anything."""
        self._open(frozenset(), tr(ASKED))

    def open_nodes(self) -> None:
        """Find a node of the graph; the canvas shows each that is pointed at."""
        self._open(frozenset((NODES,)), tr("Find a node by its name, kind or options…"))

    def _open(self, kinds: frozenset[str], asked: str) -> None:
        self._kinds = kinds
        self.field.setPlaceholderText(asked)
        room = self.window_.rect()
        self.setFixedSize(SIZE.boundedTo(QSize(max(room.width() - 16, 60), max(room.height() - 60, 60))))
        self.move(max(0, (room.width() - self.width()) // 2), min(84, room.height()))
        self.pop()

    def found(self, text: str) -> Iterator[Entry]:
        for command in commands(self.window_, text, self._kinds):
            hint = "   ".join(part for part in (tr(command.kind), command.keys) if part)
            yield Entry(command, command.title, hint, command.tint, command.help)

    def choose(self, entry: Entry) -> None:
        assert isinstance(entry.key, Command)
        self.window_.canvas.setFocus()
        entry.key.run()

    def _explain(self, item: QListWidgetItem | None) -> None:
        super()._explain(item)
        if self._kinds and item is not None and self.isVisible() and self.field.text():
            self.window_.go_to(item.data(ENTRY).key.node)
            self.field.setFocus()
