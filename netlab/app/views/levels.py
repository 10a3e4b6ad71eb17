"""Levels: one number a node on a logarithmic scale, so that what vanishes or explodes stands out."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from netlab.app.plot import Plot
from netlab.app.theme import color
from netlab.app.views._plotted import PlottedView
from netlab.language import mark, tr
from netlab.protocol.summaries import Levels
from netlab.runs.reader import Reading

SMALLEST = 1e-12
SHOWN_NAMES = 16
LETTERS, LABEL_WIDTH = 16, 120
TINY, HUGE = 1e-7, 1e3  # beyond these a gradient has vanished or exploded


class LevelsView(PlottedView):
    """A bar for every node, from the first to the last in the order in which the numbers flow; red where hardly any is
    left, or far too much.
    """

    summary = Levels
    title = mark("Gradients")
    together = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Plot(tr("log₁₀ of the gradient's root mean square")), parent)
        self.bars = pg.BarGraphItem(x0=[0], y=[0], width=[0], height=0.7)
        self.plot.item.addItem(self.bars)
        self.plot.item.invertY(True)  # the first node on top
        self.plot.item.getAxis("left").setWidth(LABEL_WIDTH)

    def show_reading(self, reading: Reading, name: str) -> None:
        told = reading.summary
        assert isinstance(told, Levels)
        values = np.nan_to_num(np.array(told.values, float), nan=0.0, posinf=1e30, neginf=0.0)
        heights = np.log10(np.maximum(values, SMALLEST))
        floor = float(np.floor(heights.min())) - 0.2 if len(heights) else 0.0
        brushes = [pg.mkBrush(color("error" if is_odd else "train")) for is_odd in (values < TINY) | (values > HUGE)]
        rows = np.arange(len(heights))
        self.bars.setOpts(x0=floor, y=rows, width=heights - floor, height=0.7, brushes=brushes, pen=None)
        every = max(1, -(-len(told.names) // SHOWN_NAMES))
        ticks = [(i, _short(told.names[i])) for i in range(0, len(told.names), every)]
        self.plot.item.getAxis("left").setTicks([ticks])
        self.plot.item.setYRange(-0.6, len(rows) - 0.4, padding=0)
        self.plot.item.setTitle(tr("Step {step:,}", step=reading.step), color=color("text").name(), size="10pt")


def _short(name: str) -> str:
    """The name that somebody gave a node, or what it is; long ones cut."""
    own = name.partition("“")[2].rstrip("”") or name
    return own if len(own) <= LETTERS else f"{own[: LETTERS - 1]}…"
