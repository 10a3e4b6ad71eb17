"""A frame as a tinted rectangle with a title bar and a note."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QAbstractTextDocumentLayout, QFont, QPainter, QPalette, QPen, QTextDocument
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from netlab.app.canvas.geometry import FAR, on_canvas
from netlab.app.theme import FRAME, color
from netlab.document.graph import Frame
from netlab.language import tr

TITLE = 30.0
CORNER = 18.0
SMALLEST = QSizeF(120, 80)
LARGEST = QSizeF(FAR, FAR)
NOTE_FROM = 0.4  # below this zoom a note cannot be read
TITLE_POINTS = 11.0


class FrameItem(QGraphicsItem):
    """Draws one frame; `show_frame` tells it what to draw."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.frame = frame
        self.size = QSizeF(frame.width, frame.height)
        self._note = QTextDocument()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setZValue(-2)
        self.show_frame(frame)

    def show_frame(self, frame: Frame) -> None:
        """Take over a changed frame."""
        self.frame = frame
        self.setPos(on_canvas(frame.x, frame.y))
        self._note.setDefaultFont(_font(9.5))
        self._note.setMarkdown(frame.note)
        self.resize(QSizeF(frame.width, frame.height))
        self.setToolTip(frame.title)

    def resize(self, size: QSizeF) -> None:
        """Draw it this large, while a corner is dragged; never smaller than its title needs."""
        self.prepareGeometryChange()
        self.size = size.expandedTo(SMALLEST).boundedTo(LARGEST)
        self._note.setTextWidth(self.size.width() - 24)
        area = self.size.width() * self.size.height()
        self.setZValue(-2 - area / (area + 1e6))  # larger ones lie lower
        self.update()

    def rect(self) -> QRectF:
        """The whole frame."""
        return QRectF(QPointF(), self.size)

    def title_rect(self) -> QRectF:
        """The bar by which it is moved."""
        return QRectF(0, 0, self.size.width(), TITLE)

    def corner_rect(self) -> QRectF:
        """The corner by which its size is changed."""
        corner = QPointF(self.size.width(), self.size.height())
        return QRectF(corner - QPointF(CORNER, CORNER), corner)

    def boundingRect(self) -> QRectF:
        return self.rect().adjusted(-3, -3, 3, 3)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        tint = FRAME.get(self.frame.color, FRAME["blue"])
        rect = self.rect()
        selected = self.isSelected()
        painter.setPen(QPen(color("accent" if selected else tint, 255 if selected else 150), 2.2 if selected else 1.4))
        painter.setBrush(color(tint, 26))
        painter.drawRoundedRect(rect, 10, 10)
        painter.save()
        try:
            painter.setClipRect(rect.adjusted(4, 0, -4, -4))
            painter.setPen(color("text"))
            painter.setFont(_font(max(TITLE_POINTS, min(TITLE_POINTS / max(zoom, 0.01) * 0.55, 40.0)), bold=True))
            metrics = painter.fontMetrics()
            title = metrics.elidedText(
                self.frame.title or tr("Frame"), Qt.TextElideMode.ElideRight, int(rect.width()) - 24
            )
            bar = QRectF(12, 0, rect.width() - 24, max(TITLE, metrics.height() + 4))
            painter.drawText(bar, Qt.AlignmentFlag.AlignVCenter, title)
            if self.frame.note and zoom >= NOTE_FROM:
                self._paint_note(painter)
        finally:
            painter.restore()
        painter.setPen(QPen(color(tint, 190), 1.6))
        corner = rect.bottomRight() - QPointF(5, 5)
        for step in (4.0, 9.0):
            painter.drawLine(corner - QPointF(step, 0), corner - QPointF(0, step))

    def _paint_note(self, painter: QPainter) -> None:
        painter.translate(12, TITLE + 2)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(QPalette.ColorRole.Text, color("text"))  # type: ignore[attr-defined]
        self._note.documentLayout().draw(painter, context)


def _font(points: float, bold: bool = False) -> QFont:
    font = QFont()
    font.setPointSizeF(points)
    font.setBold(bold)
    return font
