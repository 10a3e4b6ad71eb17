"""The trials of a sweep as pictures: a line through all settings each, and one setting against the objective."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from netlab.app.metrics import metric
from netlab.app.plot import Plot
from netlab.app.runs.table import shown
from netlab.app.theme import color, themes
from netlab.language import tr
from netlab.runs.axes import Axis
from netlab.runs.compare import lower_is_better
from netlab.runs.sweeps import Trial

DOT = 9
BRIEF = 6  # characters of a number along a scale
MARKS = 4  # numbers along a scale
FEW = 50  # trials; lines of more are drawn one pixel wide, which is quick
LEFT, RIGHT = 14, 64  # pixels beside the first and the last upright line
ROW, ROWS = 0.075, 3  # height of a row of names, of which the lines take 1, and how many there are at most


class Scale:
    """Where the values of a setting lie between 0 and 1: by order where they are words, by logarithm where told."""

    def __init__(self, values: Sequence[Any], log: bool = False) -> None:
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)]
        self.log = log and bool(numbers) and min(numbers) > 0
        self._places: dict[str, float] | None = None
        self.ticks: list[tuple[float, str]]
        if values and len(numbers) == len(values):
            self._low, self._high = self._number(min(numbers)), self._number(max(numbers))
            whole = all(isinstance(value, int) for value in numbers)
            tried = sorted(set(numbers))
            marks = tried if len(tried) <= MARKS else [self._value(i / (MARKS - 1), whole) for i in range(MARKS)]
            self.ticks = [(self.at(value), _brief(value)) for value in dict.fromkeys(marks)]
        else:
            words = sorted({json.dumps(value) for value in values})
            last = max(1, len(words) - 1)
            self._places = {word: i / last if len(words) > 1 else 0.5 for i, word in enumerate(words)}
            self.ticks = [(at, word.strip('"')) for word, at in self._places.items()]

    def _number(self, value: float) -> float:
        return math.log(value) if self.log else float(value)

    def _value(self, share: float, whole: bool) -> int | float:
        number = self._low + share * (self._high - self._low)
        value = math.exp(number) if self.log else number
        return round(value) if whole else value

    def at(self, value: Any) -> float:
        """The place of a value."""
        if self._places is not None:
            return self._places[json.dumps(value)]
        width = self._high - self._low
        return (self._number(value) - self._low) / width if width else 0.5


def measured(trials: Sequence[Trial]) -> list[Trial]:
    """The trials whose objective is a number."""
    return [trial for trial in trials if trial.best is not None and math.isfinite(trial.best)]


def shades(trials: Sequence[Trial]) -> list[QColor]:
    """A colour for each trial: the better its rank, the stronger, and that of the table for the best.

    Many weak ones lie over each other, and have to stay weaker than a strong one.
    """
    order = np.argsort(np.array([trial.best for trial in trials], float))
    rank = np.empty(len(trials))
    rank[order] = np.linspace(1.0, 0.0, len(trials)) if len(trials) > 1 else [1.0]
    if trials and not lower_is_better(trials[0].objective):
        rank = 1.0 - rank
    faint = 90 if len(trials) <= FEW else 25
    return [color("good") if share == 1.0 else color("train", int(faint + (200 - faint) * share**3)) for share in rank]


class Parallel(Plot):
    """One upright line for each setting and one for the objective; each trial is a path through them."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: dict[int, Any] = {}
        self._shown: tuple[list[Axis], list[Trial], set[int]] = ([], [], set())
        self.item.hideAxis("left")
        self.item.hideAxis("bottom")
        self.item.setMouseEnabled(False, False)
        self._resized = QTimer(self)
        self._resized.setSingleShot(True)
        self._resized.timeout.connect(self._redraw)
        self.item.vb.sigResized.connect(lambda _: self._resized.start())  # other names fit beside each other now
        themes.changed.connect(self._redraw)

    def show_trials(self, axes: list[Axis], trials: list[Trial], chosen: set[int]) -> None:
        """Draw the trials; the chosen ones stand out."""
        self._shown = (axes, trials, chosen)
        self.restyle()
        self.item.showGrid(x=False, y=False)
        self.item.clear()
        self.paths = {}
        found = measured(trials)
        if not found:
            return
        scales = [Scale([trial.values[axis.path] for trial in found], _is_log(axis)) for axis in axes]
        losses = [trial.best for trial in found]
        scales.append(Scale(losses, _is_wide(losses)))
        step = max(1.0, (self.width() - LEFT - RIGHT) / len(axes))  # pixels from one upright line to the next
        for x, scale in enumerate(scales):
            self.item.plot([x, x], [0, 1], pen=pg.mkPen(color("border"), width=1))
            room = RIGHT if x == len(axes) else step
            for y, text in scale.ticks[:12]:
                text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room) - 4)
                self._write(text, "muted", x + 2 / step, y, (0.0, 0.5), fill=True)
        rows = self._name([*_short([axis.path for axis in axes]), metric(found[0].objective)], step)
        ranked = sorted(zip(found, shades(found), strict=True), key=lambda pair: pair[1].alpha())
        for trial, shade in sorted(ranked, key=lambda pair: pair[0].number in chosen):
            values = [*(trial.values[axis.path] for axis in axes), trial.best]
            ys = [scale.at(value) for scale, value in zip(scales, values, strict=True)]
            strong = trial.number in chosen
            width = 3 if strong else 2.5 if shade.alpha() == 255 else 1.5 if len(found) <= FEW else 1
            pen = pg.mkPen(color("validation") if strong else shade, width=width)
            line = self.paths[trial.number] = pg.PlotCurveItem(list(range(len(ys))), ys, pen=pen, antialias=True)
            self.item.addItem(line, ignoreBounds=True)
        self.item.setXRange(-LEFT / step, len(axes) + RIGHT / step, padding=0)
        self.item.setYRange(-0.06, 1.06 + ROW * (rows + 0.5), padding=0)

    def _name(self, titles: list[str], step: float) -> int:
        """Write what the upright lines are, in as many rows as it takes for the names not to meet; returns how many."""
        widths = [self.fontMetrics().horizontalAdvance(title) + 10 for title in titles]
        rows = min(ROWS, len(titles), max(1, math.ceil(max(widths[:-1]) / step)))
        for x, title in enumerate(titles):
            behind = len(titles) - 1 - x
            room = min(step * rows, step * behind + RIGHT) if behind and rows > 1 else step if behind else RIGHT + LEFT
            at, side = (x - LEFT / step, 0.0) if behind else (x + RIGHT / step, 1.0)
            self._write(self._cut(title, room - 8), "text", at, 1.06 + ROW * (behind % rows), (side, 1.0))
        return rows

    def _cut(self, text: str, room: float) -> str:
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, max(0, int(room)))

    def _redraw(self) -> None:
        self.show_trials(*self._shown)

    def _write(
        self, text: str, shade: str, x: float, y: float, anchor: tuple[float, float], fill: bool = False
    ) -> None:
        behind = color("surface", 190) if fill else None
        label = pg.TextItem(text, color=color(shade), anchor=anchor, fill=behind)
        label.setFont(self.font())
        label.setPos(x, y)
        label.setZValue(5)
        self.item.addItem(label)


class Scatter(QWidget):
    """A setting across, the objective upwards; a choice of setting above."""

    def __init__(self) -> None:
        super().__init__()
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Setting"))
        self.choice.activated.connect(lambda _: self.redraw())
        self.plot = Plot()
        self.points: Any = None
        self._shown: tuple[list[Axis], list[Trial], set[int]] = ([], [], set())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 8, 0)
        layout.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.plot, 1)
        themes.changed.connect(self.redraw)

    def show_trials(self, axes: list[Axis], trials: list[Trial], chosen: set[int]) -> None:
        """Draw the trials; the chosen ones stand out."""
        self._shown = (axes, trials, chosen)
        paths = [axis.path for axis in axes]
        if paths != [self.choice.itemText(i) for i in range(self.choice.count())]:
            self.choice.clear()
            self.choice.addItems(paths)
        self.redraw()

    def redraw(self) -> None:
        """Draw now, in the colours of the theme."""
        axes, trials, chosen = self._shown
        self.plot.restyle()
        self.plot.item.clear()
        found = measured(trials)
        axis = next((axis for axis in axes if axis.path == self.choice.currentText()), None)
        if axis is None or not found:
            return
        values = [trial.values[axis.path] for trial in found]
        scale = Scale(values, _is_log(axis))
        self.plot.item.getAxis("bottom").setTicks([scale.ticks])
        self.plot.set_labels(axis.path, metric(found[0].objective))
        x = [scale.at(value) for value in values]
        self.plot.item.setXRange(-0.1, 1.1, padding=0)
        brushes = [
            pg.mkBrush(color("validation") if trial.number in chosen else shade)
            for trial, shade in zip(found, shades(found), strict=True)
        ]
        self.plot.item.setLogMode(y=_is_wide([trial.best for trial in found]))
        self.points = self.plot.item.plot(
            x, [trial.best for trial in found], pen=None, symbol="o", symbolSize=DOT, symbolPen=None,
            symbolBrush=brushes,
        )  # fmt: skip


def _short(paths: list[str]) -> list[str]:
    """The last part of each path, or all of it where that would be said twice."""
    lasts = [path.rpartition(".")[2] for path in paths]
    return [last if lasts.count(last) == 1 else path for last, path in zip(lasts, paths, strict=True)]


def _brief(value: float) -> str:
    """A number along a scale, where there is little room."""
    if not isinstance(value, float):
        return shown(value)
    text = f"{value:.3g}"
    text = text if len(text) <= BRIEF else f"{value:.1e}"
    return text.replace("e-0", "e-").replace("e+0", "e")


def _is_log(axis: Axis) -> bool:
    """A list is on a logarithmic scale by the same rule as a range: if its ends are a factor of 100 apart."""
    numbers = [v for v in axis.values if isinstance(v, int | float) and not isinstance(v, bool)]
    if not axis.values or len(numbers) < len(axis.values):
        return axis.log
    return _is_wide(numbers)


def _is_wide(values: Sequence[Any]) -> bool:
    """Whether values are a factor of 100 apart: on an even scale most of them would lie on one spot."""
    return min(values) > 0 and max(values) / min(values) >= 100
