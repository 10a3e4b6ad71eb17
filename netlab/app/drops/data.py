"""Data: a sheet opens in which it is looked at and taken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netlab.app.dropping import Drop
from netlab.data.dataset import catalogue
from netlab.language import mark, tr

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

FOLDER = "/"
ONE = mark("{name} is looked at; a project has one set of data. Put several files into a folder.")


class DataDrop(Drop):
    """Opens the import sheet for the first file or folder; a project has one set of data."""

    suffixes = (FOLDER, *sorted({suffix for source in catalogue().values() for suffix in source.suffixes}))
    title = mark("data (tables, texts, images in folders, arrays)")

    @classmethod
    def take(cls, window: MainWindow, paths: Sequence[Path]) -> None:
        window.data.import_file(paths[0])
        if len(paths) > 1:
            told = tr(ONE, name=paths[0].name)
            window.session.message.emit(told, "info")
