"""The curves of several runs on the same axes."""

from __future__ import annotations

import time
from html import escape
from pathlib import Path
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from netlab.app.metrics import metric
from netlab.app.plot import Plot
from netlab.app.theme import series, themes
from netlab.app.training.curve import Curve, smooth
from netlab.app.training.folded_line import FoldedLine
from netlab.language import mark, tr
from netlab.runs.compare import lower_is_better
from netlab.runs.reader import RunReader
from netlab.runs.store import RunInfo
from netlab.runs.strand import Strand

FIRST = ("val/loss", "train/loss")
SMOOTHING = 0.35
READ_SECONDS, DRAW_SECONDS = 0.03, 0.25  # a run of a million steps takes seconds to read
NAMED = 8  # as many as there are colours
LINES, NAME_WIDTH = 2, 170  # of the legend; pixels of one name at most
EMPTY = mark("Select runs to see their curves on the same axes.")


class _Kept:
    """What was read of one metric of a run."""

    def __init__(self, folder: Path, name: str) -> None:
        self.curve, self._strand = Curve(), Strand(folder, name)

    def read(self) -> bool:
        """Read the next stretch; False if there is no more for now."""
        found = self._strand.read()
        if self._strand.anew:
            self.curve = Curve()
        if found is not None:
            self.curve.append(*found)
        return found is not None


class Overlay(QWidget):
    """One metric of the selected runs; a choice of metric above, a legend in the colours of the curves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: list[RunInfo] = []
        self._kept: dict[tuple[Path, str], _Kept] = {}
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.timeout.connect(self._read_on)
        self.curves: dict[str, Any] = {}
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Metric"))
        self.choice.setMinimumWidth(130)
        self.choice.activated.connect(lambda _: self._read_on())
        self.log = QCheckBox(tr("Log scale"))
        self.log.toggled.connect(lambda _: self._draw())
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
        themes.changed.connect(self._draw)
        self._draw()

    def show_runs(self, runs: list[RunInfo]) -> None:
        """Draw these runs; of one that was drawn before, only what is new is read."""
        paths = {run.path for run in runs}
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] in paths}
        self._runs = runs
        self._fill_metrics()
        self._read_on()

    def _read_on(self) -> None:
        """Read for a moment, draw what there is, and go on when the window has done what else it has to do."""
        name = self.choice.currentData() or ""
        until = time.monotonic() + READ_SECONDS
        all_read = True
        for run in self._runs:
            kept = self._kept.setdefault((run.path, name), _Kept(run.path, name))
            while all_read and kept.read():
                all_read = time.monotonic() < until
        if all_read or time.monotonic() > self._drawn + DRAW_SECONDS:
            self._draw()
        if not all_read:
            self._reading.start(0)

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

    def _draw(self) -> None:
        """Draw what was read, in the colours of the theme."""
        self._drawn = time.monotonic()
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
            kept = self._kept.get((run.path, name))
            if kept is None or not kept.curve.size:
                continue
            curve = kept.curve
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
