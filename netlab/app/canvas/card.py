"""How a node looks: a card with a header in the colour of its category, its ports, its main options, what it weighs."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from netlab.app.canvas.geometry import FOOTER, HEADER, PORT, ROW, WIDTH
from netlab.app.canvas.inner import paint_inner
from netlab.app.canvas.node_item import NodeItem
from netlab.app.theme import color, wire_color

RADIUS = 9.0
TITLE_FROM = 0.15  # from far away only the title is left, in letters that can still be read
TITLE_POINTS = 5.6  # on the screen
TEXT_FROM = 0.4  # below this zoom letters cannot be read and are left out
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


def paint_card(painter: QPainter, item: NodeItem, zoom: float) -> None:
    """Draw a node in its own coordinates, with the detail that a zoom can show."""
    if item.layout_.is_dot:
        _paint_dot(painter, item)
        return
    painter.setOpacity(0.5 if item.node.bypassed else 1.0)
    _paint_body(painter, item)
    if zoom >= TEXT_FROM:
        _paint_header(painter, item)
        painter.setFont(font(8.6))
        _paint_rows(painter, item)
        _paint_footer(painter, item)
        if item.inner is not None:
            paint_inner(painter, item.inner, item.layout_.inside)
    else:
        _paint_title(painter, item, zoom)
    _paint_ports(painter, item)


def _paint_dot(painter: QPainter, item: NodeItem) -> None:
    """A bend in a wire."""
    state = "accent" if item.hot_port else "error" if item.problems else ""
    painter.setPen(QPen(color(state) if state else wire_color(item.through), 1.9))
    painter.drawLine(item.layout_.port("x", True), item.layout_.port("y", False))
    painter.setBrush(color("surface"))
    painter.drawEllipse(item.layout_.rect.center(), PORT + 1, PORT + 1)


def _paint_body(painter: QPainter, item: NodeItem) -> None:
    rect = item.layout_.rect
    if item.badge.startswith("×"):  # cards behind the card
        for step in (6.0, 3.0):
            painter.setPen(QPen(color("border"), 1))
            painter.setBrush(color("surface"))
            painter.drawRoundedRect(rect.adjusted(step, step, -step, step), RADIUS, RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 22))
    painter.drawRoundedRect(rect.translated(0, 2.5), RADIUS, RADIUS)
    edge = color("error" if item.is_faulty else "warning" if item.problems else "border")
    painter.setPen(QPen(edge, 2.0 if item.problems else 1.0))
    painter.setBrush(color("surface"))
    painter.drawRoundedRect(rect, RADIUS, RADIUS)
    painter.fillPath(_header(rect.height()), item.category_color)


@lru_cache(maxsize=64)
def _header(height: float) -> QPainterPath:
    """The upper part of a card of this height."""
    header = QPainterPath()
    header.addRoundedRect(QRectF(1, 1, WIDTH - 2, height - 2), RADIUS - 1, RADIUS - 1)
    below = QPainterPath()
    below.addRect(QRectF(0, HEADER, WIDTH, height))
    return header - below


def _paint_header(painter: QPainter, item: NodeItem) -> None:
    """The title, and from the right: what is wrong, frozen, how often a block runs."""
    right = WIDTH - 10.0
    if item.problems:
        _paint_warning(painter, item)
        right -= 20
    for mark in ("❄" if item.node.frozen else "", item.badge):
        if mark:
            painter.setFont(font(9.0, True))
            width = QFontMetricsF(painter.font()).horizontalAdvance(mark)
            if mark == item.badge:
                pill = QRectF(right - width - 12, 6, width + 12, HEADER - 12)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(255, 255, 255, 60))
                painter.drawRoundedRect(pill, 9, 9)
                right -= 6
            painter.setPen(QColor("#ffffff"))
            painter.drawText(QRectF(right - width, 0, width, HEADER), RIGHT, mark)
            right -= width + 8
    painter.setFont(font(10.0, True))
    painter.setPen(QColor("#ffffff"))
    painter.drawText(QRectF(10, 0, right - 10, HEADER), LEFT, elided(painter, item.title, right - 10))


def _paint_warning(painter: QPainter, item: NodeItem) -> None:
    box = QRectF(WIDTH - 25, 7, 16, 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#ffffff"))
    painter.drawEllipse(box)
    painter.setFont(font(10.0, True))
    painter.setPen(color("error" if item.is_faulty else "warning"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "!")


def _paint_rows(painter: QPainter, item: NodeItem) -> None:
    inputs = item.layout_.inputs
    several = len(inputs) > 1
    fields = item.rows()
    for row in range(item.layout_.rows):
        box = QRectF(12, HEADER + ROW * row + 2, WIDTH - 24, ROW)
        if several and row < len(inputs):
            painter.setPen(color("muted"))
            painter.drawText(box, LEFT, item.layout_.title(inputs[row]))
        if row < len(fields):
            field = fields[row]
            if field.value:
                pill = item.layout_.pill(row, field.value)
                _paint_value(painter, pill, field.value)
                box.setRight(pill.left() - 6)
            room = box.width() - (50 if several else 0)
            painter.setPen(color("muted" if field.value else "text"))
            painter.drawText(box, RIGHT if several else LEFT, elided(painter, field.label, room))


def _paint_value(painter: QPainter, pill: QRectF, value: str) -> None:
    """A value that can be changed on the spot."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("hover"))
    painter.drawRoundedRect(pill, 5, 5)
    painter.setPen(color("text"))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, elided(painter, value, pill.width() - 8))


def _paint_footer(painter: QPainter, item: NodeItem) -> None:
    footer = QRectF(10, item.layout_.rect.bottom() - FOOTER, WIDTH - 20, FOOTER - 3)
    painter.setPen(color("muted"))
    room = footer.width()
    if item.parameters:
        weight = count(item.parameters)
        painter.drawText(footer, RIGHT, weight)
        room -= QFontMetricsF(painter.font()).horizontalAdvance(weight) + 8
    painter.drawText(footer, LEFT, elided(painter, item.kind, room))


def _paint_title(painter: QPainter, item: NodeItem, zoom: float) -> None:
    """The title in the body of the card, as large as on the screen it has to be."""
    painter.setFont(font(round(min(TITLE_POINTS / zoom, 30.0), 1), True))
    painter.setPen(color("text"))
    box = item.layout_.rect.adjusted(8, HEADER, -8, -2)
    painter.drawText(box, LEFT, elided(painter, item.title, box.width()))


def _paint_ports(painter: QPainter, item: NodeItem) -> None:
    open_ports = {problem.port for problem in item.problems if problem.code == "open_port"}
    for is_input, names in ((True, item.layout_.inputs), (False, item.layout_.outputs)):
        for name in names:
            hot = item.hot_port == (name, is_input)
            missing = is_input and name in open_ports
            edge = color("accent" if hot else "error" if missing else "wire")
            painter.setPen(QPen(edge, 2.2 if hot or missing else 1.6))
            painter.setBrush(color("accent" if hot else "surface"))
            size = PORT + 2 if hot else PORT
            painter.drawEllipse(item.layout_.port(name, is_input), size, size)


@lru_cache(maxsize=128)
def font(points: float, bold: bool = False) -> QFont:
    """The font of the canvas in a size."""
    made = QFont()
    made.setPointSizeF(points)
    made.setBold(bold)
    return made


def elided(painter: QPainter, text: str, room: float) -> str:
    """As much of a text as there is room for, in the font of the painter."""
    metrics = QFontMetricsF(painter.font())
    return (
        text if metrics.horizontalAdvance(text) <= room else metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    )


def count(number: int) -> str:
    """Parameters in few letters: 640, 37.2 k, 1.3 M."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= limit:
            return f"{number / (1e3 if unit == 'k' else limit):.1f} {unit}"
    return f"{number:,}"
