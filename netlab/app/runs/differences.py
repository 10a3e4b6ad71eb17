"""What differs between runs: settings, what their metrics came to, and their graphs."""

from __future__ import annotations

import time
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from netlab.app.metrics import metric
from netlab.app.runs.curves import READ_SECONDS
from netlab.app.runs.table import shown
from netlab.app.theme import color, series, themes
from netlab.language import mark, sentences, tr
from netlab.runs.again import Alike
from netlab.runs.compare import compare, graph_differences, project_of
from netlab.runs.store import RunInfo

EMPTY = mark("Select a run to see what differs from the one before it, or several.")
SAME = mark("They have the same settings and the same graph.")
LINES = 12


class Differences(QScrollArea):
    """A table with a column for each run, and below it what the graphs do not have in common."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.text = QLabel("")
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.same = QLabel("")
        self.same.setProperty("muted", True)
        self.same.setWordWrap(True)
        body = QWidget()
        body.setProperty("panel", True)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(10, 6, 10, 8)
        layout.addWidget(self.text)
        layout.addWidget(self.same)
        layout.addStretch(1)
        self.setWidget(body)
        self._runs: list[RunInfo] = []
        self._alike: dict[tuple[Path, Path], Alike] = {}
        self._going_on = QTimer(self)
        self._going_on.setSingleShot(True)
        self._going_on.timeout.connect(self._compare_on)
        themes.changed.connect(self._write)
        self._write()

    def show_runs(self, runs: list[RunInfo]) -> None:
        """Compare these runs."""
        paths = {run.path for run in runs}
        self._alike = {pair: alike for pair, alike in self._alike.items() if paths.issuperset(pair)}
        self._runs = runs
        self._write()

    def _write(self) -> None:
        if len(self._runs) < 2:
            self.text.setText("")
            self.same.setText(tr(EMPTY))
            return
        compared = compare([run.path for run in self._runs])
        paths = list(dict.fromkeys(path for one in compared for path in one.settings))
        metrics = sorted({name for one in compared for name in one.final if not name.startswith(("lr", "epoch"))})
        head = "".join(
            f"<th align='left' style='color:{series(i).name()}; padding-right:18px'>{escape(run.title)}</th>"
            for i, run in enumerate(self._runs)
        )
        lines = [_line(path, [one.settings.get(path) for one in compared]) for path in paths]
        lines += [_line(metric(name), [one.final.get(name) for one in compared], best=True) for name in metrics]
        graphs = self._graphs()
        self.text.setText(f"<table cellspacing='0'><tr><td></td>{head}</tr>{''.join(lines)}</table>{graphs}")
        self._going_on.stop()
        self.same.setText("")
        if not paths and not graphs:
            self._compare_on()

    def _compare_on(self) -> None:
        """Hold the numbers of runs that are the same against each other for a moment, and go on later."""
        until = time.monotonic() + READ_SECONDS
        first, *others = self._runs
        told, more = {}, False
        for run in others:
            alike = self._alike.setdefault((first.path, run.path), Alike(first.path, run.path))
            while not more and alike.go_on():
                more = time.monotonic() > until
            told[run.title] = alike.sentence(more)
        self.same.setText(sentences(tr(SAME), _together(told)))
        if more:
            self._going_on.start(0)

    def _graphs(self) -> str:
        base = project_of(self._runs[0].path)
        told = []
        for run in self._runs[1:]:
            other = project_of(run.path)
            found = graph_differences(base, other) if base is not None and other is not None else []
            if found:
                left = len(found) - LINES
                more = f"<br>{tr('… and {count} more', count=left)}" if left > 0 else ""
                shorter = "<br>".join(escape(line) for line in found[:LINES])
                title = escape(tr("{run} beside {other}", run=run.title, other=self._runs[0].title))
                told.append(f"<p><b>{title}</b><br>{shorter}{more}</p>")
        return "".join(told)


def _together(told: dict[str, str]) -> str:
    """What is said of each run; once where it is said of all."""
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "\n".join(f"{title}: {sentence}" for title, sentence in told.items() if sentence)


def _line(name: str, values: list[object], best: bool = False) -> str:
    """A row of the table; settings that differ look different, however many digits that takes."""
    words = [shown(value) for value in values]
    if not best and len(set(words)) < len({repr(value) for value in values}):
        words = [repr(value) if isinstance(value, float) else word for value, word in zip(values, words, strict=True)]
    cells = "".join(f"<td style='padding-right:18px'>{escape(word)}</td>" for word in words)
    muted = color("muted").name()
    weight = "" if best else "font-weight:600;"
    return f"<tr><td style='color:{muted}; padding-right:18px; {weight}'>{escape(name)}</td>{cells}</tr>"
