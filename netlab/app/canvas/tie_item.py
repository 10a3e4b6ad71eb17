"""Dotted lines between nodes that use the same weights."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from netlab.app.canvas.geometry import WIDTH
from netlab.app.canvas.node_item import NodeItem
from netlab.app.theme import color
from netlab.document.graph import Graph
from netlab.language import mark, tr

BOW, DOT = 60.0, 3.5
TOLD_FROM = 0.6  # below this zoom the words on the line cannot be read
WORDS = mark("same weights")


class TieItem(QGraphicsItem):
    """All such lines of the scene in one item behind the nodes; no click ends here."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[NodeItem, NodeItem]] = []
        self._paths: list[QPainterPath] = []
        self._bounds = QRectF()
        self.setZValue(-0.5)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_ties(self, graph: Graph, nodes: Mapping[str, NodeItem]) -> None:
        """Take over which of these nodes share weights."""
        shown = ((id, graph.nodes[id].shares) for id in nodes if id in graph.nodes)
        self.pairs = [(nodes[id], nodes[owner]) for id, owner in shown if owner in nodes]
        self.lay()

    def lay(self) -> None:
        """Follow the nodes to where they are now."""
        if not self.pairs and not self._paths:
            return
        self.prepareGeometryChange()
        self._paths = [_bow(a, b) for a, b in self.pairs]
        self._bounds = QRectF()
        for path in self._paths:
            self._bounds = self._bounds.united(path.boundingRect().adjusted(-50, -12, 50, 12))
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        pen = QPen(color("text"), max(1.6, 1.0 / zoom), Qt.PenStyle.DotLine)
        font = painter.font()
        font.setPointSizeF(8.0)
        painter.setFont(font)
        for path in self._paths:
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)
            painter.setBrush(color("text"))
            for at in (0.0, 1.0):
                painter.drawEllipse(path.pointAtPercent(at), DOT, DOT)
            if zoom >= TOLD_FROM:
                self._paint_words(painter, path.pointAtPercent(0.5))

    def _paint_words(self, painter: QPainter, middle: QPointF) -> None:
        words = tr(WORDS)
        box = painter.fontMetrics().boundingRect(words).toRectF().adjusted(-6, -2, 6, 2)
        box.moveCenter(middle)
        painter.setPen(QPen(color("text"), 1))
        painter.setBrush(color("canvas"))
        painter.drawRoundedRect(box, 6, 6)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def _bow(a: NodeItem, b: NodeItem) -> QPainterPath:
    """Over two nodes that lie side by side; from the bottom of the upper to the top of the lower one otherwise."""
    upper, lower = sorted((item.layout_.rect.translated(item.pos()) for item in (a, b)), key=lambda rect: rect.top())
    beside = lower.top() - upper.top() < upper.height()
    start = QPointF(upper.center().x(), upper.top() if beside else upper.bottom())
    end = QPointF(lower.center().x(), lower.top())
    path = QPainterPath(start)
    aside = 0.0 if beside else WIDTH  # so that it does not run straight through what lies between
    path.cubicTo(start + QPointF(aside, -BOW if beside else BOW), end + QPointF(aside, -BOW), end)
    return path
