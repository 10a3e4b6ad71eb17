"""Texts as coloured tokens; the mouse tells the id of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QToolTip, QVBoxLayout, QWidget

from netlab.app.data.page import Page
from netlab.app.theme import color, monospace, series, themes
from netlab.data.look import Preview
from netlab.language import mark, tr

PAD, GAP, MARGIN, BETWEEN, COLOURS = 3, 2, 12, 12, 6
SHOWN = 160  # tokens of a text


@dataclass(frozen=True)
class Line:
    """One row of chips: what it is, the tokens, and their ids if they have any."""

    label: str
    tokens: tuple[str, ...]
    ids: tuple[int, ...] = ()


class TextPage(Page):
    """The first texts of the training part."""

    title = mark("Text")
    place = 10

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tokens = TokenFlow()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.tokens)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    @classmethod
    def fits(cls, preview: Preview) -> bool:
        return bool(preview.texts)

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        groups = []
        paired = bool(preview.answers)
        for place, text in enumerate(preview.texts):
            label = preview.captions[place] if place < len(preview.captions) else tr("source") if paired else ""
            lines = [Line(label, text[:SHOWN], preview.ids[place][:SHOWN])]
            if place < len(preview.answers):
                ids = preview.answer_ids[place][:SHOWN] if preview.answer_ids else ()
                lines.append(Line(tr("target") if ids else tr("label"), preview.answers[place][:SHOWN], ids))
            groups.append(lines)
        self.tokens.show_groups(groups)


class TokenFlow(QWidget):
    """Chips that flow like words on a page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Texts as tokens"))
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMouseTracking(True)
        self.groups: list[list[Line]] = []
        self.chips: list[tuple[QRect, str, int | None, int]] = []  # where, text, id, colour
        self.labels: list[tuple[QPoint, str]] = []
        themes.changed.connect(self.update)

    def show_groups(self, groups: list[list[Line]]) -> None:
        """Show groups of lines, in place of what there is."""
        self.groups = groups
        self.setAccessibleDescription("\n".join(" ".join(line.tokens) for lines in groups for line in lines))
        self._lay_out()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumHeight())

    def _lay_out(self) -> None:
        self.setFont(monospace())
        metrics = self.fontMetrics()
        tall = metrics.height() + 2 * PAD
        names = [line.label for lines in self.groups for line in lines if line.label]
        left = MARGIN + max((metrics.horizontalAdvance(name[:16]) + 10 for name in names), default=0)
        self.chips, self.labels = [], []
        y = MARGIN
        for lines in self.groups:
            for line in lines:
                x = left
                self.labels.append((QPoint(MARGIN, y + PAD + metrics.ascent()), line.label[:16]))
                for place, token in enumerate(line.tokens):
                    wide = metrics.horizontalAdvance(token) + 2 * PAD
                    if x + wide > self.width() - MARGIN and x > left:
                        x, y = left, y + tall + GAP
                    number = line.ids[place] if place < len(line.ids) else None
                    tint = number % COLOURS if number is not None else hash_of(token)
                    self.chips.append((QRect(x, y, wide, tall), token, number, tint))
                    x += wide + GAP
                y += tall + GAP
            y += BETWEEN
        self.setMinimumHeight(y)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(color("muted"))
            for at, text in self.labels:
                painter.drawText(at, text)
            for rect, token, _, tint in self.chips:
                if rect.intersects(event.rect()):
                    back = series(tint)
                    back.setAlpha(60)
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(back)
                    painter.drawRoundedRect(rect, 3, 3)
                    painter.setPen(color("text"))
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, token)
        finally:
            painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.told_at(event.pos()), self)
            return True
        return super().event(event)

    def told_at(self, at: QPoint) -> str:
        """What the tooltip says at a point, "" where there is no token."""
        for rect, token, number, _ in self.chips:
            if rect.contains(at):
                return token if number is None else tr("{token}\nid {number}", token=token, number=number)
        return ""


def hash_of(token: str) -> int:
    """A colour for a word that has no id, the same each time."""
    return sum(map(ord, token)) % COLOURS
