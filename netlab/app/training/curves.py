"""The curves of the watched run, a plot for each quantity."""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QMenu, QSlider, QVBoxLayout, QWidget

from netlab.app.session import Session
from netlab.app.theme import color, themes
from netlab.app.training.follower import RunFollower
from netlab.app.training.plot_grid import PlotGrid
from netlab.app.training.repeating import branch_off
from netlab.app.watching import Watching
from netlab.language import listing, mark, tr
from netlab.runs.store import checkpoints, step_of

if TYPE_CHECKING:
    from netlab.app.training.curve_plot import CurvePlot

REDRAW_MS = 33
LOOK_MS = 700  # for moments that were kept
EMPTY = mark("Press Train to see the loss move.")
GO_ON = mark("Go on from step {step:,} in a run of its own")
STOP_FIRST = mark("Stop the run to go on from step {step:,}")
READOUT = {"train": mark("train {value:.4g}"), "val": mark("validation {value:.4g}")}


class CurvesPanel(Watching):
    """The curves of the watched run, redrawn at most 30 times a second."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(LOOK_MS, parent)
        self.session = session
        self.run: RunFollower | None = None
        self.kept: list[int] = []
        self.plots: dict[str, CurvePlot] = {}
        self.redraws = 0
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self.redraw)
        session.run_changed.connect(self.follow)
        themes.changed.connect(self._restyle)

    def _build(self) -> None:
        self.log = QCheckBox(tr("Log scale"))
        self.log.toggled.connect(self.redraw)
        self.amount = QSlider(Qt.Orientation.Horizontal)
        self.amount.setRange(0, 100)
        self.amount.setValue(35)
        self.amount.setFixedWidth(90)
        self.amount.setAccessibleName(tr("Smoothing"))
        self.amount.valueChanged.connect(self.redraw)
        self.readout = QLabel("")
        self.readout.setProperty("muted", True)
        self.legend = QLabel()
        row = QHBoxLayout()
        row.setContentsMargins(10, 4, 10, 0)
        row.setSpacing(10)
        row.addWidget(self.legend)
        row.addStretch(1)
        for widget in (self.readout, QLabel(tr("Smoothing")), self.amount, self.log):
            row.addWidget(widget)
        self.empty = QLabel(tr(EMPTY))
        self.empty.setProperty("muted", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.area = PlotGrid()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.area, 1)
        self.area.hide()
        self._show_legend()

    def _show_legend(self) -> None:
        train, validation = color("train").name(), color("validation").name()
        self.legend.setText(
            f"<span style='color:{train}'>━</span> {tr('train')} &nbsp; "
            f"<span style='color:{validation}'>━</span> {tr('validation')}"
        )

    def follow(self, run: RunFollower | None) -> None:
        """Show another run."""
        self.run = run
        for plot in self.plots.values():
            self.area.remove(plot)
            plot.close()
            plot.deleteLater()
        self.plots.clear()
        self.kept = []
        self._show_plots(False)
        if run is not None:
            run.metrics.connect(self._new_points)
            fetch_plots()

    def _new_points(self, names: list[str]) -> None:
        from netlab.app.training.curve_plot import CurvePlot

        for name in names:
            part, _, quantity = name.partition("/")
            if part == "train" and quantity not in self.plots:
                self.plots[quantity] = CurvePlot(quantity)
                scene: Any = self.plots[quantity].scene()
                scene.sigMouseMoved.connect(self._point_at)
                self.plots[quantity].kept.sigClicked.connect(self._offer_branch)
                self.area.add(self.plots[quantity])
                self._show_plots(True)
        if not self._timer.isActive():
            self._timer.start()

    def _show_plots(self, on: bool) -> None:
        self.empty.setVisible(not on)
        self.area.setVisible(on)

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
            plot.show_run(self.run, self.amount.value() / 100, self.log.isChecked(), self.kept)

    def refresh(self) -> None:
        """Look for moments that were kept."""
        found = [step_of(path) for path in checkpoints(self.run.folder, "kept")] if self.run is not None else []
        if found != self.kept:
            self.kept = found
            self.redraw()

    def _offer_branch(self, _: object, spots: Any) -> None:
        """A click on a kept moment: go on from there."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        step = int(spots[0].data())
        busy = self.session.is_running
        text = tr(STOP_FIRST if busy else GO_ON, step=step)
        menu.addAction(text, lambda: branch_off(self.session, step)).setEnabled(not busy)
        menu.popup(QCursor.pos())

    def _point_at(self, pos: object) -> None:
        for plot in self.plots.values():
            if plot.underMouse() and self.run is not None:
                at = plot.item.vb.mapSceneToView(pos).x()
                told = []
                for part, words in READOUT.items():
                    steps, values = self.run.curve(f"{part}/{plot.quantity}")
                    if len(steps):
                        i = min(int(np.searchsorted(steps, at)), len(steps) - 1)
                        told.append(tr(words, value=values[i]))
                told += plot.marks_near(at) if told else []
                if plot.kept.pointsAt(plot.item.vb.mapSceneToView(pos)).size:
                    told.append(tr("kept: click to go on from there"))
                words = tr("step {step:.0f}: {values}", step=max(at, 0), values=listing(told))
                self.readout.setText(words if told else "")

    def _restyle(self) -> None:
        self._show_legend()
        for plot in self.plots.values():
            plot.restyle()
        self.redraw()


def fetch_plots() -> None:
    """Import what draws plots, which takes half a second, beside the event loop. Without a run nobody waits for it."""
    if "pyqtgraph" not in sys.modules:
        threading.Thread(target=import_module, args=("netlab.app.training.curve_plot",), name="fetch plots").start()
