"""Levels: one number a node on a logarithmic scale, so that what vanishes or explodes stands out."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from netlab.app.plot import Plot
from netlab.app.theme import color
from netlab.app.views._plotted import NodePlot
from netlab.language import mark, tr
from netlab.protocol.summaries import Levels
from netlab.runs.reader import Reading

SMALLEST = 1e-12
TINY, HUGE = 1e-7, 1e3  # beyond these a gradient has vanished or exploded


class LevelsView(NodePlot):
    """A bar for every node; red where hardly any is left, or far too much."""

    summary = Levels
    title = mark("Gradients")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Plot(tr("log₁₀ of the gradient's root mean square")), parent)
        self.bars = pg.BarGraphItem(x0=[0], y=[0], width=[0], height=0.7)
        self.plot.item.addItem(self.bars)

    def show_reading(self, reading: Reading, name: str) -> None:
        told = reading.summary
        assert isinstance(told, Levels)
        values = np.nan_to_num(np.array(told.values, float), nan=0.0, posinf=1e30, neginf=0.0)
        heights = np.log10(np.maximum(values, SMALLEST))
        floor = float(np.floor(heights.min())) - 0.2 if len(heights) else 0.0
        brushes = [pg.mkBrush(color("error" if is_odd else "train")) for is_odd in (values < TINY) | (values > HUGE)]
        rows = np.arange(len(heights))
        self.bars.setOpts(x0=floor, y=rows, width=heights - floor, height=0.7, brushes=brushes, pen=None)
        self.name_rows(told.names)
        self.plot.item.setTitle(tr("Step {step:,}", step=reading.step), color=color("text").name(), size="10pt")
