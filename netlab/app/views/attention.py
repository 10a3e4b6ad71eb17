"""Attention maps: every layer and head as a tile, one of them large with tokens on both axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from netlab.app.theme import color, monospace, themes
from netlab.app.views.colors import picture
from netlab.app.views.view import View, numbers
from netlab.language import mark, tr
from netlab.protocol.summaries import Attention
from netlab.runs.reader import Reading

TILE_GAP = 6
NAME = 16
FILLER = "[PAD]"
HEADS, ONE_HEAD = mark("{name}, {count} heads"), mark("{name}, 1 head")
READOUT = mark("{query} → {key}: {value:.3f}  (positions {row} → {column})")
LETTERS, WORDS = 34.0, 58.0  # room for tokens beside the map: single letters, or words and marks such as [START]


@dataclass(frozen=True)
class Map:
    """One head of one layer."""

    node: str
    name: str
    head: int
    weights: np.ndarray
    image: QImage


class _Tiles(QWidget):
    """All maps small; a click chooses one."""

    chosen = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self.maps: dict[str, list[Map]] = {}
        self.current: tuple[str, int] | None = None
        self._boxes: list[tuple[QRectF, str, int]] = []
        self.setMinimumWidth(120)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), color("surface"))
        self._boxes.clear()
        rows = len(self.maps)
        if not rows:
            return
        heads = max(len(maps) for maps in self.maps.values())
        side = min((self.width() - TILE_GAP) / heads, (self.height() - TILE_GAP) / rows - NAME) - TILE_GAP
        side = max(10.0, min(side, 120.0))
        y = float(TILE_GAP)
        font = QFont()
        font.setPointSizeF(8.5)
        painter.setFont(font)
        for node, maps in self.maps.items():
            painter.setPen(color("muted"))
            words = tr(HEADS if len(maps) > 1 else ONE_HEAD, name=maps[0].name, count=len(maps))
            painter.drawText(QPointF(TILE_GAP, y + NAME - 5), words)
            for head, entry in enumerate(maps):
                box = QRectF(TILE_GAP + head * (side + TILE_GAP), y + NAME, side, side)
                painter.drawImage(box, entry.image)
                here = self.current == (node, head)
                painter.setPen(QPen(color("accent" if here else "border"), 2.5 if here else 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box)
                self._boxes.append((box, node, head))
            y += side + NAME + TILE_GAP

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for box, node, head in self._boxes:
            if box.contains(event.position()):
                self.chosen.emit(node, head)


class _Large(QWidget):
    """One map with tokens on its axes; hover tells the number."""

    hovered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.map: Map | None = None
        self.queries: list[str] = []
        self.keys: list[str] = []
        self.causal = False
        self.setMouseTracking(True)
        self.setMinimumSize(150, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _frame(self) -> QRectF:
        """Where the picture lies, square cells, room for tokens left and above."""
        assert self.map is not None
        rows, columns = self.map.weights.shape
        left, top = (LETTERS if _are_short(names) else WORDS for names in (self.queries, self.keys))
        cell = min((self.width() - left - 8) / columns, (self.height() - top - 8) / rows)
        return QRectF(left, top, cell * columns, cell * rows)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.fillRect(self.rect(), color("surface"))
            if self.map is not None:
                self._paint(painter, self.map)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, shown: Map) -> None:
        frame = self._frame()
        rows, columns = shown.weights.shape
        painter.drawImage(frame, shown.image)
        cell = frame.width() / columns
        if self.causal:  # what is masked is hatched, so that it is not mistaken for zero
            painter.setClipRect(frame)
            painter.setPen(Qt.PenStyle.NoPen)
            veil = QColor(color("surface"))
            veil.setAlpha(235)
            for row in range(min(rows, columns - 1)):
                left = frame.left() + (row + 1) * cell
                painter.fillRect(QRectF(left, frame.top() + row * cell, frame.right() - left, cell), veil)
                painter.fillRect(QRectF(left, frame.top() + row * cell, frame.right() - left, cell), _hatch())
            painter.setClipping(False)
        painter.setPen(QPen(color("border"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)
        self._paint_tokens(painter, frame, cell)

    def _paint_tokens(self, painter: QPainter, frame: QRectF, cell: float) -> None:
        every = max(1, int(np.ceil(9.0 / cell)))
        painter.setFont(monospace(max(6.0, min(9.0, cell * every * 0.75))))
        painter.setPen(color("muted"))
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        for i in range(0, len(self.queries), every):
            box = QRectF(0, frame.top() + i * cell, frame.left() - 4, cell)
            painter.drawText(box.adjusted(0, -6, 0, 6), middle | right, self.queries[i])
        short = _are_short(self.keys)
        for i in range(0, len(self.keys), every):
            x = frame.left() + (i + 0.5) * cell
            if short:
                painter.drawText(QRectF(x - 12, frame.top() - 18, 24, 16), Qt.AlignmentFlag.AlignCenter, self.keys[i])
            else:
                painter.save()
                painter.translate(x, frame.top() - 4)
                painter.rotate(-60)
                painter.drawText(QRectF(0, -8, 60, 16), middle, self.keys[i])
                painter.restore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.map is None:
            return
        frame = self._frame()
        rows, columns = self.map.weights.shape
        column = int((event.position().x() - frame.left()) / frame.width() * columns)
        row = int((event.position().y() - frame.top()) / frame.height() * rows)
        if 0 <= row < rows and 0 <= column < columns:
            value = float(self.map.weights[row, column])
            places = {"query": self.queries[row], "key": self.keys[column], "row": row + 1, "column": column + 1}
            self.hovered.emit(tr(READOUT, value=value, **places))


class AttentionView(View):
    """The attention of all watched layers."""

    summary = Attention
    title = mark("Attention")
    together = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tiles, self.large = _Tiles(), _Large()
        self.facts = QLabel("")
        self.facts.setProperty("muted", True)
        self.readout = QLabel("")
        self.readout.setProperty("muted", True)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.tiles)
        split.addWidget(self.large)
        split.setSizes([210, 260])
        row = QHBoxLayout()
        row.setContentsMargins(8, 2, 8, 0)
        row.addWidget(self.facts)
        row.addStretch(1)
        row.addWidget(self.readout)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(split, 1)
        self._summaries: dict[str, Attention] = {}
        self.tiles.chosen.connect(self.choose)
        self.large.hovered.connect(self.readout.setText)
        themes.changed.connect(self.update)

    def show_reading(self, reading: Reading, name: str) -> None:
        assert isinstance(reading.summary, Attention)
        self._summaries[reading.node] = told = reading.summary
        weights = numbers(told.weights)[:, : _written(told.queries), : _written(told.keys)]
        self.tiles.maps[reading.node] = [
            Map(reading.node, name, head, w, picture(_contrast(w))) for head, w in enumerate(weights)
        ]
        if self.tiles.current is None:
            self.tiles.current = (reading.node, 0)
        self.facts.setText(tr("step {step:,}", step=reading.step))
        self._refresh()

    def choose(self, node: str, head: int) -> None:
        """Show one head large."""
        self.tiles.current = (node, head)
        self._refresh()

    def _refresh(self) -> None:
        if self.tiles.current is not None and self.tiles.current[0] in self.tiles.maps:
            node, head = self.tiles.current
            told = self._summaries[node]
            self.large.map = self.tiles.maps[node][min(head, len(self.tiles.maps[node]) - 1)]
            rows, columns = self.large.map.weights.shape
            self.large.queries, self.large.keys, self.large.causal = (
                told.queries[:rows],
                told.keys[:columns],
                told.causal,
            )
        self.tiles.update()
        self.large.update()


def _written(tokens: list[str]) -> int:
    """How many tokens there are before the filler at the end; all of them if there is nothing else."""
    return max((i for i, token in enumerate(tokens, 1) if token != FILLER), default=len(tokens))


def _are_short(tokens: list[str]) -> bool:
    return all(len(token) == 1 for token in tokens)


def _contrast(weights: np.ndarray) -> np.ndarray:
    """Square roots, so that weak attention is seen beside strong."""
    return np.sqrt(weights.astype(np.float32))


def _hatch() -> QColor:
    return color("muted", 28)
