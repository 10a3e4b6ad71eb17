"""Times: how long each node takes in a step, forward and backward."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from netlab.app.plot import Plot
from netlab.app.theme import color
from netlab.app.views._plotted import SHOWN_NAMES, NodePlot
from netlab.language import mark, tr
from netlab.protocol.summaries import Times
from netlab.runs.reader import Reading


class TimesView(NodePlot):
    """A bar for each of the slowest nodes: what it takes forward, and behind that what it takes backward."""

    summary = Times
    title = mark("Time")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Plot(tr("ms a step")), parent)
        self.forward, self.backward = (pg.BarGraphItem(x0=[0], y=[0], width=[0], height=0.7) for _ in range(2))
        self.plot.item.addItem(self.forward)
        self.plot.item.addItem(self.backward)

    def show_reading(self, reading: Reading, name: str) -> None:
        told = reading.summary
        assert isinstance(told, Times)
        forward, backward = np.array(told.forward, float), np.array(told.backward, float)
        slowest = np.sort(np.argsort(-(forward + backward), kind="stable")[:SHOWN_NAMES])
        ahead, back, rows = forward[slowest], backward[slowest], np.arange(len(slowest))
        common = {"y": rows, "height": 0.7, "pen": None}
        self.forward.setOpts(x0=np.zeros(len(rows)), width=ahead, brush=color("train"), **common)
        self.backward.setOpts(x0=ahead, width=back, brush=color("validation"), **common)
        self.name_rows([told.names[i] for i in slowest])
        words = tr(
            "Step {step:,}: {forward} forward {ahead:.3g} ms, {backward} backward {back:.3g} ms",
            step=reading.step,
            forward=_square("train"),
            ahead=forward.sum(),
            backward=_square("validation"),
            back=backward.sum(),
        )
        self.plot.item.setTitle(words, color=color("text").name(), size="10pt")


def _square(role: str) -> str:
    """A sign in the colour of some bars."""
    return f"<span style='color: {color(role).name()}'>■</span>"
