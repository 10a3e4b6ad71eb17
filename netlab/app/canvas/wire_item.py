"""A wire: a curve from an output to an input, in the colour of what flows along it, dashed if no gradient flows back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from netlab.app.canvas.card import font
from netlab.app.theme import color, wire_color
from netlab.compiler.flows import KINDS, Flow
from netlab.language import tr

if TYPE_CHECKING:
    from netlab.app.canvas.graph_item import GraphItem

LABEL_FROM, LABEL_POINTS = 0.55, 8.0
FAULTY = 2 * len(KINDS)
SIDE, ASIDE, BEND = 18.0, 18.0, 9.0  # how far a wire that leads back keeps from the cards, and its corners
APART, NEAREST = 0.45, 40.0  # how far such wires keep from each other, in parts of how much deeper a port lies


def curve(start: QPointF, end: QPointF, card: QRectF | None = None) -> QPainterPath:
    """A soft S from an output to an input; a wire that leads back runs between the rows, around the target's card."""
    if end.x() < start.x() - 20:
        return _way_back(start, end, card or QRectF(end.x(), end.y() - 2 * SIDE, 0, 4 * SIDE))
    reach = max(30.0, min(140.0, abs(end.x() - start.x()) / 2))
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    return path


def _way_back(start: QPointF, end: QPointF, card: QRectF) -> QPainterPath:
    """Out to the right, over to the gap above the card (below it when it leads up), back, and in from the left.

    The deeper a port lies, the farther out its wire turns, so that the wires of a card neither cross nor cover each
    other.
    """
    down = end.y() > start.y()
    further = APART * max(0.0, (end.y() - card.top() if down else card.bottom() - end.y()) - NEAREST)
    lane = card.top() - ASIDE - further if down else card.bottom() + ASIDE + further
    if down and lane < start.y() + BEND:
        lane = (start.y() + end.y()) / 2
    out, into = start.x() + SIDE, end.x() - SIDE - further
    first, second = (BEND if lane > start.y() else -BEND), (BEND if end.y() > lane else -BEND)
    path = QPainterPath(start)
    path.lineTo(out - BEND, start.y())
    path.quadTo(out, start.y(), out, start.y() + first)
    path.lineTo(out, lane - first)
    path.quadTo(out, lane, out - BEND, lane)
    path.lineTo(into + BEND, lane)
    path.quadTo(into, lane, into, lane + second)
    path.lineTo(into, end.y() - second)
    path.quadTo(into, end.y(), into + BEND, end.y())
    path.lineTo(end)
    return path


class WireItem(QGraphicsItem):
    """One edge, which `GraphItem` draws, or a wire that is just being drawn (`id` is then "") and draws itself.

    Attributes:
        graph: the item that draws it, None before it lies in a scene.
        row: where it stands in the table of wires.
        path: its curve in the scene.
        leads_back: from right to left, around the nodes.
    """

    def __init__(self, id: str = "") -> None:
        super().__init__()
        self.id = id
        self.graph: GraphItem | None = None
        self.row = -1
        self.flow = Flow()
        self._label = ""
        self.faulty = False
        self.hovered = False
        self.leads_back = False
        self.pending = not id
        self.path = QPainterPath()
        self._box = QRectF()
        self._label_box: QRectF | None = None
        if id:
            self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
            self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.setAcceptHoverEvents(bool(id))
        self.setZValue(0 if id else 5)

    @property
    def label(self) -> str:
        """The shape of what flows."""
        return self._label

    @property
    def style(self) -> int:
        """The number of its colour and dashes, for `style_pen`."""
        return FAULTY if self.faulty else 2 * KINDS.index(self.flow.kind) + self.flow.learns

    def set_ends(self, start: QPointF, end: QPointF, card: QRectF | None = None) -> None:
        """Lay the wire between two points of the scene, around the card of its target where it leads back."""
        self.prepareGeometryChange()
        before = self._box
        self.path = curve(start, end, card)
        self.leads_back = end.x() < start.x() - 20
        self._box = self.path.controlPointRect().adjusted(-10, -14, 10, 14)
        self._label_box = None
        if self.graph is not None:
            self.graph.update(before)
            self._place()

    def _place(self) -> None:
        if self.graph is not None and self.isVisible():
            start, end = self.path.pointAtPercent(0), self.path.currentPosition()
            self.graph.wires.put(self, self._box, (start.x(), start.y(), end.x(), end.y()))
            self.update()

    def set_faulty(self, faulty: bool) -> None:
        """Turn red, or back."""
        if faulty != self.faulty:
            self.faulty = faulty
            self.update()

    def show_facts(self, flow: Flow, faulty: bool) -> None:
        """Take over what flows; redraws only if it is new."""
        if (flow, faulty) != (self.flow, self.faulty):
            self.flow, self.faulty = flow, faulty
            self._label = str(flow.shape) if flow.shape is not None else ""
            self._label_box = None
            self.setToolTip(f"{tr(flow.kind)}  {flow.shape}" if flow.shape is not None else "")
            self.update()

    def update(self) -> None:  # type: ignore[override]
        """Draw it anew."""
        if self.graph is None:
            super().update()
        elif self.row >= 0:
            self.graph.wires.styles[self.row] = self.style
            self.graph.wires.special[self.row] = self.leads_back
            self.graph.update(self._box)

    def setVisible(self, visible: bool) -> None:
        super().setVisible(visible)
        if self.graph is not None and visible != (self.row >= 0):
            self.graph.update(self._box)
            if visible:
                self._place()
            else:
                self.graph.wires.drop(self)

    def boundingRect(self) -> QRectF:
        return self._box

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(12)
        return stroker.createStroke(self.path)

    def label_box(self) -> QRectF:
        """Where the shape is written; empty if there is no room."""
        if self._label_box is None:
            self._label_box = self._room_for_label()
        return self._label_box

    def _room_for_label(self) -> QRectF:
        if not self.label:
            return QRectF()
        box = QFontMetricsF(font(LABEL_POINTS)).boundingRect(self.label).adjusted(-6, -2, 6, 2)
        way = self.path.pointAtPercent(1) - self.path.pointAtPercent(0)
        if -20 <= way.x() < box.width() + (16 if abs(way.y()) < 60 else -50):
            return QRectF()  # it would lie under the nodes; pointing at the wire still tells it
        box.moveCenter(self.path.pointAtPercent(0.5))
        return box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = QPen(color("error" if self.faulty else "accent"), 2.2)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path)

    def hoverEnterEvent(self, event: object) -> None:
        self.hovered = True
        self.update()

    def hoverLeaveEvent(self, event: object) -> None:
        self.hovered = False
        self.update()


def style_pen(style: int, width: float) -> QPen:
    """The pen of a style of wires; width 0 is one pixel at any zoom. Dashes where no gradient flows back."""
    if style == FAULTY:
        return QPen(color("error"), 1.3 * width)
    kind, learns = KINDS[style // 2], style % 2
    pen = QPen(wire_color(kind), width)
    if kind and not learns:
        pen.setColor(wire_color(kind))
        if width:
            pen.setDashPattern([4.0, 2.5])
    return pen


def paint_highlight(painter: QPainter, wire: WireItem, zoom: float) -> None:
    """A wire that is selected or pointed at."""
    shade = color("error" if wire.faulty else "accent" if wire.isSelected() else "text")
    painter.setPen(QPen(shade, max(2.8, 1.6 / zoom)))
    painter.drawPath(wire.path)


def paint_label(painter: QPainter, wire: WireItem, parts: list[QRectF], plain: bool) -> None:
    """The shape on the wire, if it lies in one of these parts of the scene; without its rounded edge if `plain`."""
    box = wire.label_box()
    if not any(part.intersects(box) for part in parts):
        return
    if plain:
        painter.fillRect(box, color("canvas"))
    else:
        painter.setPen(QPen(color("error" if wire.faulty else "border"), 1))
        painter.setBrush(color("canvas"))
        painter.drawRoundedRect(box, 6, 6)
    painter.setFont(font(LABEL_POINTS))
    painter.setPen(color("error" if wire.faulty else "muted"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, wire.label)
