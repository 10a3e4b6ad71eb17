"""Histograms: how numbers are spread."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from netlab.app.plot import Plot
from netlab.app.theme import color
from netlab.app.views._plotted import PlottedView
from netlab.language import mark, tr
from netlab.protocol.summaries import Histogram
from netlab.runs.reader import Reading

TITLE = mark("{name}, step {step:,}: mean {mean:.3g}, std {std:.3g}")


class HistogramView(PlottedView):
    """Bars over the range of values, with mean and standard deviation."""

    summary = Histogram
    title = mark("Weights")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Plot(), parent)
        self.bars = pg.BarGraphItem(x=[0], height=[0], width=1)
        self.plot.item.addItem(self.bars)

    def show_reading(self, reading: Reading, name: str) -> None:
        told = reading.summary
        assert isinstance(told, Histogram)
        edges = np.linspace(told.low, told.high, len(told.counts) + 1)
        width = max(edges[1] - edges[0], 1e-12)
        self.bars.setOpts(
            x=edges[:-1] + width / 2, height=told.counts, width=width * 0.92, brush=color("train"), pen=None
        )
        title = tr(TITLE, name=name, step=reading.step, mean=told.mean, std=told.std)
        self.plot.item.setTitle(title, color=color("text").name(), size="10pt")
