"""The curves of several runs on the same axes."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from netlab.app.metrics import metric
from netlab.app.plot import Plot
from netlab.app.theme import series, themes
from netlab.app.training.curve import Curve, smooth
from netlab.app.training.folded_line import FoldedLine
from netlab.language import mark, tr
from netlab.runs.compare import lower_is_better
from netlab.runs.reader import LIVE, RunReader
from netlab.runs.store import RunInfo

FIRST = ("val/loss", "train/loss")
SMOOTHING = 0.35
NAMED = 8  # as many as there are colours
LINES, NAME_WIDTH = 2, 170  # of the legend; pixels of one name at most
EMPTY = mark("Select runs to see their curves on the same axes.")


class Overlay(QWidget):
    """One metric of the selected runs; a choice of metric above, a legend in the colours of the curves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: list[RunInfo] = []
        self._kept: dict[tuple[Path, str], Curve] = {}
        self.curves: dict[str, Any] = {}
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Metric"))
        self.choice.setMinimumWidth(130)
        self.choice.activated.connect(lambda _: self.redraw())
        self.log = QCheckBox(tr("Log scale"))
        self.log.toggled.connect(lambda _: self.redraw())
        self.plot = Plot(tr("step"))
        self.legend = QLabel("")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setContentsMargins(8, 0, 8, 2)
        self.empty = QLabel(tr(EMPTY))
        self.empty.setProperty("muted", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout()
        row.setContentsMargins(6, 4, 8, 0)
        row.setSpacing(12)
        row.addWidget(self.choice)
        row.addWidget(self.log)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.legend)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.plot, 1)
        themes.changed.connect(self.redraw)
        self.redraw()

    def show_runs(self, runs: list[RunInfo]) -> None:
        """Draw these runs; a run that is over is read once."""
        live = {run.path for run in runs if run.state in LIVE}
        known = {run.path: run.step for run in self._runs}
        stale = live | {run.path for run in runs if known.get(run.path) != run.step}
        self._kept = {key: curve for key, curve in self._kept.items() if key[0] not in stale and key[0] in known}
        self._runs = runs
        self._fill_metrics()
        self.redraw()

    def _fill_metrics(self) -> None:
        names: dict[str, None] = {}
        for run in self._runs:
            reader = RunReader(run.path)
            names |= dict.fromkeys(reader.names())
            reader.close()
        present = [self.choice.itemData(i) for i in range(self.choice.count())]
        if sorted(names) == present:
            return
        wanted = self.choice.currentData()
        self.choice.clear()
        for name in sorted(names):
            self.choice.addItem(metric(name), name)
        choice = next((name for name in (wanted, *FIRST) if name in names), None)
        if choice is not None:
            self.choice.setCurrentIndex(self.choice.findData(choice))

    def redraw(self) -> None:
        """Draw now, in the colours of the theme."""
        name = self.choice.currentData() or ""
        self.empty.setVisible(not name)
        self.plot.setVisible(bool(name))
        self.choice.setVisible(bool(name))
        self.log.setVisible(bool(name) and lower_is_better(name))
        self.plot.restyle()
        self.plot.item.clear()
        self.curves = {}
        named: list[tuple[str, str]] = []
        for i, run in enumerate(self._runs):
            curve = self._curve(run.path, name)
            if not curve.size:
                continue
            training = name.startswith("train/")
            if training:
                x, y = curve.means()
                curve = Curve(x, smooth(y, SMOOTHING))
            line = self.curves[run.name] = FoldedLine(curve, training, pen=pg.mkPen(series(i), width=2))
            self.plot.item.addItem(line)
            named.append((series(i).name(), run.title))
        self.plot.item.setLogMode(y=self.log.isChecked() and lower_is_better(name))
        self._write_legend(named)

    def _write_legend(self, named: list[tuple[str, str]]) -> None:
        """As many names as two lines hold, and how many more there are: the curves need the room."""
        metrics = self.legend.fontMetrics()
        room = LINES * max(self.width(), NAME_WIDTH) - NAME_WIDTH
        told: list[str] = []
        for shade, title in named[:NAMED]:
            short = metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, NAME_WIDTH)
            room -= metrics.horizontalAdvance(short) + 30
            if room < 0 and told:
                break
            told.append(f"<span style='color:{shade}'>━</span>&nbsp;{escape(short).replace(' ', '&nbsp;')}")
        if len(named) > len(told):
            told.append(escape(tr("… and {count} more", count=len(named) - len(told))))
        self.legend.setText(" &nbsp; ".join(told))
        self.legend.setVisible(bool(told))

    def _curve(self, folder: Path, name: str) -> Curve:
        if (folder, name) not in self._kept:
            reader = RunReader(folder)
            self._kept[folder, name] = Curve(*reader.metrics(name))
            reader.close()
        return self._kept[folder, name]
