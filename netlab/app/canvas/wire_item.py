"""A wire: a curve from an output to an input, with the shape of what flows along it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from netlab.app.theme import color

LABEL_FROM = 0.55


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """A soft S from an output to an input; a wire that leads back swings out further."""
    reach = max(40.0, min(140.0, abs(end.x() - start.x()) / 2))
    if end.x() < start.x():
        reach = max(reach, 90.0)
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
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
        if self.label and zoom >= LABEL_FROM:
            box = self._label_box()
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
