"""Loss and metric curves: raw values thin, smoothed ones thick, validation with marks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from netlab.app.session import Session
from netlab.app.theme import color, themes
from netlab.app.training.curve import Curve
from netlab.app.training.folded_line import FoldedLine
from netlab.app.training.follower import RunFollower
from netlab.runs.reader import Mark

REDRAW_MS = 33
MARKS = 100  # lines drawn for what was changed
EMPTY = "Press Train to see the loss move."


def smooth(values: np.ndarray, amount: float) -> np.ndarray:
    """Exponential moving average with the bias of its start taken out; `amount` from 0 (none) to 1. Gaps are bridged."""
    if amount <= 0 or len(values) < 3:
        return values
    keep = 1 - 1 / (1 + amount * max(1.0, len(values) / 12))
    total, weight = np.nan_to_num(values), (~np.isnan(values)).astype(float)
    reach = 1
    while reach < len(values) and keep**reach > 1e-4:  # each round doubles how far an average looks back
        total[reach:] += keep**reach * total[:-reach].copy()
        weight[reach:] += keep**reach * weight[:-reach].copy()
        reach *= 2
    return total / np.where(weight > 0, weight, np.nan)


class _Plot(pg.PlotWidget):
    """One quantity over steps, for training and validation."""

    def __init__(self, quantity: str) -> None:
        super().__init__()
        self.quantity = quantity
        self.item: Any = self.getPlotItem()  # pyqtgraph is not typed
        self.raw, self.train, self.validation = FoldedLine(), FoldedLine(smooth=True), FoldedLine()
        for line in (self.raw, self.train, self.validation):
            self.item.addItem(line)
        self.best = self.item.plot()
        self.marks: list[Any] = []
        self._marked: list[Mark] = []
        self.item.hideButtons()
        self.item.setMenuEnabled(False)
        self.setMinimumHeight(90)
        self.restyle()

    def restyle(self) -> None:
        """Take over the colours of the theme."""
        self.setBackground(color("surface"))
        self.raw.setPen(pg.mkPen(color("train", 70), width=1))
        self.train.setPen(pg.mkPen(color("train"), width=2))
        self.validation.setPen(pg.mkPen(color("validation"), width=2))
        self.best.setData(symbol="star", symbolSize=13, symbolBrush=color("good"), symbolPen=None, pen=None)
        for name in ("left", "bottom"):
            axis = self.item.getAxis(name)
            axis.setPen(color("border"))
            axis.setTextPen(color("muted"))
            axis.setStyle(maxTickLevel=1)  # a third level of grid lines takes longer than the curves
        self.item.setTitle(self.quantity, color=color("text").name(), size="10pt")
        self.item.showGrid(x=True, y=True, alpha=0.12)

    def show_run(self, run: RunFollower, amount: float, log: bool) -> None:
        """Draw what the run has so far."""
        train, validation = (run.curves.get(f"{part}/{self.quantity}", Curve()) for part in ("train", "val"))
        self.raw.show_curve(train)
        x, y = train.means()
        self.train.show_curve(Curve(x, smooth(y, amount)) if amount > 0 else train)
        x, y = validation.steps, validation.values
        marks = {"symbol": "o", "symbolSize": 5, "symbolBrush": color("validation"), "symbolPen": None}
        self.validation.show_curve(validation, **(marks if len(x) < 120 else {"symbol": None}))
        if len(y) > 1 and np.isfinite(y).any():
            at = int(np.nanargmin(y) if self.quantity in ("loss", "mae") else np.nanargmax(y))
            self.best.setData([x[at]], [y[at]])
        else:
            self.best.setData([], [])
        self._show_marks(run.marks)
        self.item.setLogMode(y=log and self.quantity in ("loss", "mae"))

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
            line.setToolTip(f"{mark.text}, at step {mark.step:,}")
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


class CurvesPanel(QWidget):
    """The curves of the watched run, redrawn at most 30 times a second."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.run: RunFollower | None = None
        self.plots: dict[str, _Plot] = {}
        self.redraws = 0
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self.redraw)
        session.run_changed.connect(self.follow)
        themes.changed.connect(self._restyle)

    def _build(self) -> None:
        self.log = QCheckBox("Log scale")
        self.log.toggled.connect(self.redraw)
        self.amount = QSlider(Qt.Orientation.Horizontal)
        self.amount.setRange(0, 100)
        self.amount.setValue(35)
        self.amount.setFixedWidth(90)
        self.amount.setAccessibleName("Smoothing")
        self.amount.valueChanged.connect(self.redraw)
        self.readout = QLabel("")
        self.readout.setProperty("muted", True)
        self.legend = QLabel()
        row = QHBoxLayout()
        row.setContentsMargins(10, 4, 10, 0)
        row.setSpacing(10)
        row.addWidget(self.legend)
        row.addStretch(1)
        for widget in (self.readout, QLabel("Smoothing"), self.amount, self.log):
            row.addWidget(widget)
        self.empty = QLabel(EMPTY)
        self.empty.setProperty("muted", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.area = QHBoxLayout()
        self.area.setContentsMargins(4, 0, 8, 2)
        self.area.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addLayout(self.area, 1)
        self._show_legend()

    def _show_legend(self) -> None:
        train, validation = color("train").name(), color("validation").name()
        self.legend.setText(
            f"<span style='color:{train}'>━</span> train &nbsp; <span style='color:{validation}'>━</span> validation"
        )

    def follow(self, run: RunFollower | None) -> None:
        """Show another run."""
        self.run = run
        for plot in self.plots.values():
            self.area.removeWidget(plot)
            plot.close()
            plot.deleteLater()
        self.plots.clear()
        self.empty.setVisible(True)
        if run is not None:
            run.metrics.connect(self._new_points)

    def _new_points(self, names: list[str]) -> None:
        for name in names:
            part, _, quantity = name.partition("/")
            if part == "train" and quantity not in self.plots:
                self.plots[quantity] = _Plot(quantity)
                scene: Any = self.plots[quantity].scene()
                scene.sigMouseMoved.connect(self._point_at)
                self.area.addWidget(self.plots[quantity], 1)
                self.empty.setVisible(False)
        if not self._timer.isActive():
            self._timer.start()

    def drawn_points(self, name: str) -> int:
        """How many points of a metric are on the screen."""
        part, _, quantity = name.partition("/")
        plot = self.plots.get(quantity)
        if plot is None:
            return 0
        drawn = (plot.raw if part == "train" else plot.validation).getData()[0]
        return 0 if drawn is None else len(drawn)

    def redraw(self) -> None:
        """Draw now."""
        if self.run is None:
            return
        self.redraws += 1
        for plot in self.plots.values():
            plot.show_run(self.run, self.amount.value() / 100, self.log.isChecked())

    def _point_at(self, pos: object) -> None:
        for plot in self.plots.values():
            if plot.underMouse() and self.run is not None:
                at = plot.item.vb.mapSceneToView(pos).x()
                told = []
                for part in ("train", "val"):
                    steps, values = self.run.curve(f"{part}/{plot.quantity}")
                    if len(steps):
                        i = min(int(np.searchsorted(steps, at)), len(steps) - 1)
                        told.append(f"{part} {values[i]:.4g}")
                told += plot.marks_near(at) if told else []
                self.readout.setText(f"step {max(at, 0):.0f}: {', '.join(told)}" if told else "")

    def _restyle(self) -> None:
        self._show_legend()
        for plot in self.plots.values():
            plot.restyle()
        self.redraw()
