"""A model: it is imported as a new project, a Python file after it was read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netlab.app.dropping import Drop
from netlab.app.importing import models
from netlab.language import mark, tr
from netlab.protocol.arrivals import MODELS

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


class ModelDrop(Drop):
    """Imports the first model; there is one document."""

    suffixes = MODELS
    title = mark("models (.onnx, .pt2, .py)")

    @classmethod
    def take(cls, window: MainWindow, paths: Sequence[Path]) -> None:
        if len(paths) > 1:
            told = tr("{name} is imported; one model at a time.", name=paths[0].name)
            window.session.message.emit(told, "info")
        models.bring(window, paths[0])
