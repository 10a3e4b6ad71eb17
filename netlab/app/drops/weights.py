"""Weights: they are matched with the nodes that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netlab.app.dropping import Drop
from netlab.app.importing import weights
from netlab.language import mark, tr
from netlab.protocol.arrivals import WEIGHTS

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


ONE = mark("{name} is looked at. Import the others afterwards; each adds to what was there.")


class WeightsDrop(Drop):
    """Shows where the weights of the first file would go; ``.bin`` is left to data, which is what it mostly is."""

    suffixes = tuple(suffix for suffix in WEIGHTS if suffix != ".bin")
    title = mark("weights (.safetensors, .pt)")

    @classmethod
    def take(cls, window: MainWindow, paths: Sequence[Path]) -> None:
        if len(paths) > 1:
            told = tr(ONE, name=paths[0].name)
            window.session.message.emit(told, "info")
        weights.bring(window, paths[0])
