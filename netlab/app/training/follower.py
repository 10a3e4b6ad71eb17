"""Follows a run: polls its file, keeps whole curves in numpy, and tells the panels what is new."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from netlab.app.training.curve import Curve
from netlab.document.graph import Graph
from netlab.language import mark, tr
from netlab.protocol.commands import Command, Pause, Resume, Stop
from netlab.protocol.summaries import GRADIENTS, TIMES, Levels, Times
from netlab.runs.reader import LIVE, STRETCH, LogLine, Mark, Reading, RunReader, is_alive

POLL_MS = 40
START_SECONDS = 30.0
LOST = mark("The engine is gone without a word: it was killed or crashed. Nothing of the project is lost.")
UNBORN = mark("The engine did not start.")


class RunFollower(QObject):
    """Live view, replay and rejoining are this one class: it reads a folder.

    Attributes:
        asked: "pausing" or "stopping" from when the run was told to until it does, which takes the rest of a step.
    """

    metrics = Signal(object)  # names that have new points
    reading = Signal(object)
    gradients_changed = Signal()
    times_changed = Signal()
    rewound = Signal(int)  # the run went back to a checkpoint at this step
    status_changed = Signal(object)
    log = Signal(object)

    def __init__(self, folder: Path, parent: QObject | None = None, awaited: bool = False) -> None:
        """Follow `folder`; with `awaited`, an engine is just starting on it, so what it said before is past."""
        super().__init__(parent)
        self._awaited = awaited
        self.folder = Path(folder)
        self.reader = RunReader(self.folder)
        self.curves: dict[str, Curve] = {}
        self.readings: dict[tuple[str, str], Reading] = {}
        self.lines: list[LogLine] = []
        self.marks: list[Mark] = []
        self.status: dict[str, str] = {"state": "starting"}
        self.asked = ""
        self._since = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.poll)

    def start(self) -> None:
        """Read what is there and go on while the run lives."""
        self._timer.start()
        self.poll()

    def close(self) -> None:
        """Stop following."""
        self._timer.stop()
        self.reader.close()
        self.deleteLater()

    @property
    def is_live(self) -> bool:
        """Whether the run is starting, running or paused."""
        return self.status.get("state") in LIVE

    def note(self, command: Command) -> None:
        """Remember what the run has just been told."""
        if isinstance(command, Stop):
            self.asked = "stopping"
        elif isinstance(command, Pause | Resume) and self.asked != "stopping":
            self.asked = "pausing" if isinstance(command, Pause) else ""
        self.status_changed.emit(self.status)

    def curve(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """All steps and values of a metric so far."""
        found = self.curves.get(name, Curve())
        return found.steps, found.values

    def gradients(self) -> dict[str, float]:
        """How large the gradient of each node was last, by its id; empty before the first step."""
        found = self.readings.get((GRADIENTS, ""))
        told = found.summary if found is not None else None
        return dict(zip(told.nodes, told.values, strict=True)) if isinstance(told, Levels) else {}

    def times(self, graph: Graph) -> dict[str, float]:
        """How long each node of a graph took in a step, ms, forward and backward; of a block with all inside of it."""
        found = self.readings.get((TIMES, ""))
        told = found.summary if found is not None else None
        totals: dict[str, float] = {}
        if isinstance(told, Times):
            for node, forward, backward in zip(told.nodes, told.forward, told.backward, strict=True):
                while node in graph.nodes:
                    totals[node] = totals.get(node, 0.0) + forward + backward
                    node = graph.nodes[node].parent
        return totals

    def poll(self) -> None:
        """Take in what is new."""
        update = self.reader.poll(STRETCH)
        behind = sum(len(steps) for steps, _ in update.metrics.values()) == STRETCH
        self._timer.setInterval(0 if behind else POLL_MS)  # what is long over is read as fast as the window can bear
        if update.rewound_to is not None:
            for curve in self.curves.values():
                curve.forget_after(update.rewound_to)
            self.marks = [mark for mark in self.marks if mark.step <= update.rewound_to]
            self.rewound.emit(update.rewound_to)
        for name, (steps, values) in update.metrics.items():
            self.curves.setdefault(name, Curve()).append(steps, values)
        self.marks += update.marks
        if update.metrics or update.marks:
            self.metrics.emit(list(update.metrics))
        for reading in update.readings:
            self.readings[reading.probe, reading.node] = reading
            self.reading.emit(reading)
            if reading.probe == GRADIENTS:
                self.gradients_changed.emit()
            if reading.probe == TIMES:
                self.times_changed.emit()
        for line in update.log:
            self.lines.append(line)
            self.log.emit(line)
        self._take_status(update.status)
        if not self.is_live and not update.metrics and not update.readings:
            self._timer.stop()

    def _take_status(self, status: dict[str, str]) -> None:
        alive = status.get("state") in LIVE and is_alive(status)
        self._awaited = self._awaited and not alive and time.monotonic() - self._since < START_SECONDS
        if self._awaited:
            status = {**status, "state": "starting", "message": ""}
        elif status.get("state") in LIVE and not alive:
            status = {**status, "state": "lost", "message": self._with_last_words(tr(LOST))}
        elif not status:
            waited = time.monotonic() - self._since
            if waited < START_SECONDS:
                return
            status = {"state": "lost", "message": self._with_last_words(tr(UNBORN))}
        if status != self.status:
            waits = status.get("state") == "running" or (self.asked == "stopping" and status.get("state") in LIVE)
            self.asked = self.asked if waits else ""
            self.status = status
            self.status_changed.emit(status)

    def _with_last_words(self, sentence: str) -> str:
        """A sentence, and the end of what the engine said before it died."""
        try:
            lines = (self.folder / "engine.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return sentence
        if not lines:
            return sentence
        return tr("{sentence} Its last words: {words}", sentence=sentence, words=lines[-1][:300])
