"""A wire: a curve from an output to an input, with the shape of what flows along it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from netlab.app.theme import color

LABEL_FROM = 0.55
SIDE, LANE, BEND = 18.0, 56.0, 9.0  # how far a wire that leads back keeps from the nodes, and its corners


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """A soft S from an output to an input; a wire that leads back runs between the rows."""
    if end.x() < start.x() - 20:
        return _way_back(start, end)
    reach = max(30.0, min(140.0, abs(end.x() - start.x()) / 2))
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    return path


def _way_back(start: QPointF, end: QPointF) -> QPainterPath:
    """Out to the right, over to the gap above the target (below it when it leads up), back, and in from the left."""
    out, into = start.x() + SIDE, end.x() - SIDE
    down = end.y() > start.y()
    lane = end.y() - LANE if down else end.y() + LANE
    if down and lane < start.y() + BEND:
        lane = (start.y() + end.y()) / 2
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
    """Draws one edge, or a wire that is just being drawn (`id` is then "")."""

    def __init__(self, id: str = "") -> None:
        super().__init__()
        self.id = id
        self.label = ""
        self.faulty = False
        self.pending = not id
        self._path = QPainterPath()
        if id:
            self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setAcceptHoverEvents(bool(id))
        self._hovered = False
        self.setZValue(0 if id else 5)

    def set_ends(self, start: QPointF, end: QPointF) -> None:
        """Lay the wire between two points of the scene."""
        self.prepareGeometryChange()
        self._path = curve(start, end)

    def set_faulty(self, faulty: bool) -> None:
        """Turn red, or back."""
        if faulty != self.faulty:
            self.faulty = faulty
            self.update()

    def show_facts(self, label: str, faulty: bool) -> None:
        """Take over the shape on the wire; redraws only if it is new."""
        if (label, faulty) != (self.label, self.faulty):
            self.prepareGeometryChange()
            self.label, self.faulty = label, faulty
            self.setToolTip(label)
            self.update()

    def boundingRect(self) -> QRectF:
        return self._path.boundingRect().adjusted(-10, -12, 10, 12).united(self._label_box().adjusted(-2, -2, 2, 2))

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(12)
        return stroker.createStroke(self._path)

    def _label_box(self) -> QRectF:
        if not self.label:
            return QRectF()
        box = QFontMetricsF(_font()).boundingRect(self.label).adjusted(-6, -2, 6, 2)
        way = self._path.pointAtPercent(1) - self._path.pointAtPercent(0)
        if -20 <= way.x() < box.width() + 16 and abs(way.y()) < 60:
            return QRectF()  # it would lie under the nodes; pointing at the wire still tells it
        box.moveCenter(self._path.pointAtPercent(0.5))
        return box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        name = "error" if self.faulty else "accent" if self.isSelected() or self._hovered or self.pending else "wire"
        pen = QPen(color(name), 2.6 if self.isSelected() or self._hovered else 1.9)
        if self.pending:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)
        box = self._label_box() if zoom >= LABEL_FROM else QRectF()
        if not box.isEmpty():
            painter.setPen(QPen(color("error" if self.faulty else "border"), 1))
            painter.setBrush(color("canvas"))
            painter.drawRoundedRect(box, 6, 6)
            painter.setFont(_font())
            painter.setPen(color("error" if self.faulty else "muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.label)

    def hoverEnterEvent(self, event: object) -> None:
        self._hovered = True
        self.update()

    def hoverLeaveEvent(self, event: object) -> None:
        self._hovered = False
        self.update()


def _font() -> QFont:
    font = QFont()
    font.setPointSizeF(8.0)
    return font
