"""The data at a glance: parts, balance of the classes, lengths, fields, licence and origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from netlab.app.data.page import Page
from netlab.app.form import clear, heading
from netlab.app.theme import color, themes
from netlab.data.look import Histogram, Preview
from netlab.data.task import TASKS
from netlab.language import listing, mark, tr

PARTS = {
    "train": (mark("Training"), "train"),
    "val": (mark("Validation"), "validation"),
    "test": (mark("Test"), "good"),
}
KINDS = {
    "image": mark("image"), "tokens": mark("tokens"), "segments": mark("segments"), "points": mark("points"),
    "features": mark("feature vector"), "series": mark("series"), "label": mark("label"), "labels": mark("labels"),
    "target": mark("target"),
}  # fmt: skip
SHOWN_CLASSES = 40
ROW, BAR, LABEL, TALL = 22, 12, 110, 90


class SummaryPage(Page):
    """Everything that can be said in a few lines and bars."""

    title = mark("Summary")
    place = 30

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        body = QWidget()
        body.setProperty("panel", True)
        self._body = QVBoxLayout(body)
        self._body.setContentsMargins(14, 10, 14, 10)
        self._body.setSpacing(6)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        clear(self._body)
        self._body.addWidget(_facts(preview))
        if preview.splits:
            self._body.addWidget(heading(tr("Parts")))
            parts = [(*PARTS[part], count) for part, count in preview.splits.items()]
            named = [(tr(title), tint, count) for title, tint, count in parts]
            self._body.addWidget(Bars(tr("Rows of each part"), named))
        if preview.classes:
            self._body.addWidget(heading(tr("Classes")))
            items = list(preview.classes.items())
            self._body.addWidget(
                Bars(tr("Rows of each class"), [(n, "accent", count) for n, count in items[:SHOWN_CLASSES]])
            )
            if len(items) > SHOWN_CLASSES:
                self._body.addWidget(QLabel(tr("and {count:,} more classes", count=len(items) - SHOWN_CLASSES)))
        if preview.lengths is not None:
            self._body.addWidget(heading(tr("Tokens in a row")))
            self._body.addWidget(Columns(tr("Lengths"), preview.lengths))
        self._body.addStretch(1)


def _facts(preview: Preview) -> QWidget:
    task = TASKS.get(preview.task)
    asked = tr("{task}: {question}", task=tr(task.title), question=tr(task.asks)) if task else preview.task
    told = [(tr("Task"), asked), (tr("Rows"), f"{preview.rows:,}")]
    for field in preview.fields:
        size = [tr("{count:,} values", count=field.classes)] if field.classes else []
        shape = str(field.shape) if field.shape else tr("one number")
        told.append((field.name, listing([tr(KINDS.get(field.kind, field.kind)), shape, *size])))
    sources = ((tr("Licence"), preview.licence), (tr("Origin"), preview.origin))
    told += [(name, tr(text)) for name, text in sources if text]
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 4)
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    for row, (name, text) in enumerate(told):
        left, right = QLabel(name), QLabel(text)
        left.setProperty("muted", True)
        left.setAlignment(Qt.AlignmentFlag.AlignTop)
        right.setWordWrap(True)
        right.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(left, row, 0)
        grid.addWidget(right, row, 1)
    return widget


class Bars(QWidget):
    """A bar for each name, with its count and share."""

    def __init__(self, name: str, rows: list[tuple[str, str, int]]) -> None:
        super().__init__()
        self.rows = rows
        self.setAccessibleName(name)
        self.setAccessibleDescription(listing(f"{label} {count:,}" for label, _, count in rows))
        self.setMinimumHeight(ROW * len(rows))
        themes.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            most = max((count for _, _, count in self.rows), default=0) or 1
            whole = sum(count for _, _, count in self.rows) or 1
            told = [f"{count:,}  ({count / whole:.1%})" for _, _, count in self.rows]
            right = max(map(self.fontMetrics().horizontalAdvance, told), default=0) + 10
            room = max(self.width() - LABEL - right, 20)
            for place, (label, tint, count) in enumerate(self.rows):
                top = place * ROW
                line = QRect(0, top, LABEL - 8, ROW)
                painter.setPen(color("text"))
                shown = self.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, line.width())
                painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
                wide = round(room * count / most)
                painter.fillRect(LABEL, top + (ROW - BAR) // 2, max(wide, 1 if count else 0), BAR, color(tint))
                painter.setPen(color("muted"))
                painter.drawText(LABEL + wide + 8, top, right, ROW, Qt.AlignmentFlag.AlignVCenter, told[place])
        finally:
            painter.end()


class Columns(QWidget):
    """A histogram with its ends named."""

    def __init__(self, name: str, spread: Histogram) -> None:
        super().__init__()
        self.spread = spread
        self.setAccessibleName(name)
        self.setAccessibleDescription(tr("from {low:g} to {high:g}", low=spread.edges[0], high=spread.edges[-1]))
        self.setMinimumHeight(TALL + ROW)
        themes.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, TALL + ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            counts, edges = self.spread.counts, self.spread.edges
            most, wide = max(counts, default=0) or 1, min(self.width(), 520) / max(len(counts), 1)
            for place, count in enumerate(counts):
                tall = round(TALL * count / most)
                left, right = round(place * wide), round((place + 1) * wide)
                painter.fillRect(left, TALL - tall, max(right - left - 1, 1), tall, color("train", 190))
            painter.setPen(color("border"))
            end = round(len(counts) * wide)
            painter.drawLine(0, TALL, end, TALL)
            painter.setPen(color("muted"))
            line = QRect(0, TALL + 2, end, ROW - 2)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, f"{edges[0]:.4g}")
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, f"{edges[-1]:.4g}")
        finally:
            painter.end()
