"""A model: it is imported as a new project, a Python file after it was read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netlab.app.dropping import Drop
from netlab.app.importing import models
from netlab.protocol.arrivals import MODELS

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


class ModelDrop(Drop):
    """Imports the first model; there is one document."""

    suffixes = MODELS
    title = "models (.onnx, .pt2, .py)"

    @classmethod
    def take(cls, window: MainWindow, paths: Sequence[Path]) -> None:
        if len(paths) > 1:
            window.session.message.emit(f"{paths[0].name} is imported; one model at a time.", "info")
        models.bring(window, paths[0])
