"""One quantity of a run over steps: raw values thin, smoothed ones thick, validation with marks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent

from netlab.app.metrics import metric
from netlab.app.plot import Plot
from netlab.app.theme import color
from netlab.app.training.curve import Curve, smooth
from netlab.app.training.folded_line import FoldedLine
from netlab.app.training.follower import RunFollower
from netlab.language import tr
from netlab.runs.compare import lower_is_better
from netlab.runs.reader import Mark

MARKS = 100  # lines drawn for what was changed


class CurvePlot(Plot):
    """One quantity over steps, for training and validation."""

    def __init__(self, quantity: str) -> None:
        super().__init__()
        self.quantity = quantity
        self.falls = lower_is_better(quantity)
        self.raw, self.train, self.validation = FoldedLine(), FoldedLine(smooth=True), FoldedLine()
        for line in (self.raw, self.train, self.validation):
            self.item.addItem(line)
        self.best = self.item.plot()
        self.kept = pg.ScatterPlotItem(symbol="d", size=13, pxMode=True)
        self.kept.setZValue(10)
        self.item.addItem(self.kept)
        self.marks: list[Any] = []
        self._marked: list[Mark] = []
        self.setMinimumHeight(90)
        self.restyle()

    def restyle(self) -> None:
        """Take over the colours of the theme."""
        super().restyle()
        self.raw.setPen(pg.mkPen(color("train", 70), width=1))
        self.train.setPen(pg.mkPen(color("train"), width=2))
        self.validation.setPen(pg.mkPen(color("validation"), width=2))
        self.best.setData(symbol="star", symbolSize=13, symbolBrush=color("good"), symbolPen=None, pen=None)
        self.kept.setPen(pg.mkPen(color("surface"), width=1))
        self.kept.setBrush(pg.mkBrush(color("train")))
        self.item.setTitle(metric(self.quantity), color=color("text").name(), size="10pt")

    def show_run(self, run: RunFollower, amount: float, log: bool, kept: list[int] | None = None) -> None:
        """Draw what the run has so far, with a sign on the curve at the steps of `kept` moments."""
        train, validation = (run.curves.get(f"{part}/{self.quantity}", Curve()) for part in ("train", "val"))
        self.raw.show_curve(train)
        x, y = train.means()
        smoothed = smooth(y, amount)
        self.train.show_curve(Curve(x, smoothed) if amount > 0 else train)
        self._show_kept(kept or [], x, smoothed, log)
        x, y = validation.steps, validation.values
        marks = {"symbol": "o", "symbolSize": 5, "symbolBrush": color("validation"), "symbolPen": None}
        self.validation.show_curve(validation, **(marks if len(x) < 120 else {"symbol": None}))
        if len(y) > 1 and np.isfinite(y).any():
            at = int(np.nanargmin(y) if self.falls else np.nanargmax(y))
            self.best.setData([x[at]], [y[at]])
        else:
            self.best.setData([], [])
        self._show_marks(run.marks)
        self.item.setLogMode(y=log and self.falls)

    def _show_kept(self, kept: list[int], steps: np.ndarray, values: np.ndarray, log: bool) -> None:
        """A sign on the thick line."""
        known = [step for step in kept if len(steps) and steps[0] <= step]
        heights = np.interp(known, steps, values) if known else np.zeros(0)
        if log and self.falls:
            heights = np.log10(np.maximum(heights, 1e-30))
        self.kept.setData(known, heights, data=known)

    def _show_marks(self, marks: list[Mark]) -> None:
        """A dotted line where something was changed or noticed; what it was is said on hovering."""
        if marks == self._marked:
            return
        for line in self.marks:
            self.item.removeItem(line)
        self._marked = list(marks)
        self.marks = []
        for mark in marks[-MARKS:]:
            line = pg.InfiniteLine(mark.step, pen=pg.mkPen(color("muted"), width=1, style=Qt.PenStyle.DotLine))
            line.setToolTip(tr("{what}, at step {step:,}", what=mark.text, step=mark.step))
            self.item.addItem(line, ignoreBounds=True)
            self.marks.append(line)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """All of the curve again, and whatever comes."""
        super().mouseDoubleClickEvent(event)
        self.item.enableAutoRange()

    def marks_near(self, step: float) -> list[str]:
        """What was changed or noticed near a step, as far as a hand can tell it apart."""
        (low, high), _ = self.item.viewRange()
        return [mark.text for mark in self._marked if abs(mark.step - step) < (high - low) / 80]
