"""Real data at every node: asks another process what one sample becomes on its way, and lays small pictures below."""

from __future__ import annotations

import sys

import numpy as np
from PySide6.QtCore import QObject, QProcess, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSpinBox, QWidget

from netlab.app.canvas.geometry import WIDTH
from netlab.app.canvas.scene import CanvasScene
from netlab.app.theme import color
from netlab.app.views.colors import picture
from netlab.app.views.view import numbers
from netlab.compiler.consent import unread
from netlab.document import file
from netlab.language import tr
from netlab.protocol.preview import Ask, Shown, decode_shown, encode
from netlab.protocol.summaries import Array

ASK_MS, LIVE_MS = 250, 2_000
HEIGHT, GAP = 30, 2


class Preview(QObject):
    """Off until it is switched on; then it follows the document, the run and the chosen sample."""

    def __init__(self, scene: CanvasScene, parent: QWidget) -> None:
        super().__init__(parent)
        self.canvas, self.session = scene, scene.session
        self.is_on = False
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._number = self._answered = 0
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.timeout.connect(self._ask)
        self.bar = _Bar(parent)
        self.bar.sample.valueChanged.connect(self.soon)
        self.session.inferred_changed.connect(self.soon)
        self.session.run_changed.connect(self.soon)
        self.session.replaced.connect(self._forget)
        scene.rebuilt.connect(self._forget)

    def toggle(self) -> None:
        """Show what nodes make of a sample, or no longer."""
        self.is_on = not self.is_on
        self.bar.setVisible(self.is_on)
        if self.is_on:
            self._process.start(sys.executable, ["-m", "netlab.engine", "preview"])
            self.bar.say(tr("loading…"))
            self.soon()
        else:
            self.shutdown()
            self._forget()

    def shutdown(self) -> None:
        """End the process."""
        self._asking.stop()
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(2000)

    def _forget(self) -> None:
        self.canvas.graph.set_pictures({})
        self.soon()

    def soon(self, *_: object) -> None:
        """Ask when the hands rest."""
        if self.is_on:
            self._asking.start(ASK_MS)

    def _ask(self) -> None:
        if self._answered < self._number and self._process.state() != QProcess.ProcessState.NotRunning:
            self._asking.start(ASK_MS)  # one question at a time
            return
        if self.session.inferred.blocking:
            self.bar.say(tr("fix the problems first"))
            self.canvas.graph.set_pictures({})
            return
        if unread(self.session.inferred):  # a stranger's code runs only after it was read
            self.bar.say(tr("train once, and read the custom code, first"))
            return
        run = self.session.run
        trained = run is not None and any((run.folder / "checkpoints").glob("*.safetensors"))
        self._number += 1
        project = file.encode(self.session.project)
        folder = str(run.folder.resolve()) if trained and run is not None else ""
        self._process.write(encode(Ask(self._number, project, folder, self.bar.sample.value())))
        if run is not None and run.is_live:
            self._asking.start(LIVE_MS)

    def _read(self) -> None:
        while self._process.canReadLine():
            shown = decode_shown(bytes(self._process.readLine().data()))
            self._answered = shown.number
            if self.is_on:
                self._show(shown)

    def _show(self, shown: Shown) -> None:
        weights = tr("weights of the run") if self.session.run is not None else tr("fresh weights")
        self.bar.say(shown.problem or " · ".join(part for part in (shown.caption, weights) if part))
        self.bar.sample.setMaximum(max(shown.rows - 1, 0))
        self.canvas.graph.set_pictures({node: strip(values) for node, values in shown.values.items()})


class _Bar(QFrame):
    """Which sample is shown, in the upper left corner of the canvas."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.sample = QSpinBox()
        self.sample.setPrefix(tr("Sample") + " ")
        self.sample.setMaximum(0)
        self.sample.setMinimumWidth(110)
        self.sample.setAccessibleName(tr("Sample of the preview"))
        self.label = QLabel()
        self.label.setProperty("muted", True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 4, 10, 4)
        layout.addWidget(self.sample)
        layout.addWidget(self.label)
        self.move(12, 12)
        self.hide()

    def say(self, text: str) -> None:
        """A few words beside the number."""
        self.label.setText(text if len(text) < 90 else text[:88] + "…")
        self.label.setToolTip(text)
        self.adjustSize()


def strip(values: Array) -> QImage:
    """Numbers as a strip below a node: maps side by side on one scale, or a row as bars."""
    found = np.asarray(numbers(values), np.float32)
    width = int(WIDTH)
    image = QImage(2 * width, 2 * HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(2)
    painter = QPainter(image)
    try:
        if found.ndim == 1:
            _paint_bars(painter, found, width)
        else:
            _paint_maps(painter, found, width)
    finally:
        painter.end()
    return image


def _paint_maps(painter: QPainter, maps: np.ndarray, width: int) -> None:
    low, high = float(maps.min()), float(maps.max())
    count, rows, columns = maps.shape
    room = (width - GAP * (count - 1)) / count
    each = min(room, max(HEIGHT * columns / max(rows, 1), HEIGHT))
    for i, one in enumerate(maps):
        shown = picture(one, low, high)
        scaled = shown.scaled(
            round(2 * each), 2 * HEIGHT, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.FastTransformation
        )
        scaled.setDevicePixelRatio(2)
        painter.drawImage(round(i * (each + GAP)), 0, scaled)


def _paint_bars(painter: QPainter, row: np.ndarray, width: int) -> None:
    low, high = min(float(row.min()), 0.0), max(float(row.max()), 0.0)
    scale = HEIGHT / ((high - low) or 1.0)
    step = width / len(row)
    zero = high * scale
    for i, value in enumerate(row.tolist()):
        top, height = (zero - value * scale, value * scale) if value > 0 else (zero, -value * scale)
        shade: QColor = color("train" if value > 0 else "validation")
        painter.fillRect(round(i * step), round(top), max(round(step * 0.86), 1), max(round(height), 1), shade)
