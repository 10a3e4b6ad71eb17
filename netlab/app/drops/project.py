"""A project: it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netlab.app.dropping import Drop
from netlab.language import mark, tr

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


class ProjectDrop(Drop):
    """Opens the first project; there is one document."""

    suffixes = (".netlab",)
    title = mark("projects (.netlab)")

    @classmethod
    def take(cls, window: MainWindow, paths: Sequence[Path]) -> None:
        window.open_path(paths[0])
        if len(paths) > 1:
            told = tr("Opened {name}; one project is open at a time.", name=paths[0].name)
            window.session.message.emit(told, "info")
