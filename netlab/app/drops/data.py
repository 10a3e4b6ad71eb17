"""Data: a sheet opens in which it is looked at and taken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netlab.app.dropping import Drop
from netlab.data.dataset import catalogue

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

FOLDER = "/"


class DataDrop(Drop):
    """Opens the import sheet for the first file or folder; a project has one set of data."""

    suffixes = (FOLDER, *sorted({suffix for source in catalogue().values() for suffix in source.suffixes}))
    title = "data (tables, texts, images in folders, arrays)"

    @classmethod
    def take(cls, window: MainWindow, paths: Sequence[Path]) -> None:
        window.data.import_file(paths[0])
        if len(paths) > 1:
            told = f"{paths[0].name} is looked at; a project has one set of data. Put several files into a folder."
            window.session.message.emit(told, "info")
