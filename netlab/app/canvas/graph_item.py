"""Draws all nodes and wires in one pass, with as much detail as the zoom can show and the time allows.

Ten thousand items that each paint themselves take longer than a frame. So nodes and wires paint nothing; this one item
looks up what is in sight. From afar it draws rectangles and lines straight out of arrays, nearer it copies the pictures
of `sprites`. While the view moves, pictures of another zoom are stretched; when it rests they are made anew, a few in
each frame.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shiboken6 import Shiboken

from netlab.app.canvas.card import RADIUS, TITLE_FROM
from netlab.app.canvas.node_item import CATEGORIES, NodeItem
from netlab.app.canvas.sprites import Sprites, whole
from netlab.app.canvas.table import Table
from netlab.app.canvas.wire_item import LABEL_FROM, WireItem, paint_highlight, paint_label, style_pen
from netlab.app.theme import category_color, color

REST_MS = 90  # so long after the last movement everything is drawn as well as it can be
HURRY, PATIENCE = 0.003, 0.006  # seconds a frame may spend on new pictures, moving and at rest
ROUGH_FROM = 400  # so many wires in sight are drawn without smoothing while the view moves
GRID = 24.0
FLAT_FROM = 1_500  # so many nodes in sight are drawn as rectangles while the view moves


class GraphItem(QGraphicsItem):
    """The picture of the graph; has no shape, so that no click ends here."""

    def __init__(self, resting: QTimer) -> None:
        """`resting` belongs to the scene, which calls `rest` when it has run out."""
        super().__init__()
        self.nodes, self.wires = Table[NodeItem](), Table[WireItem]()
        self.sprites = Sprites()
        self._bounds = QRectF()
        self._moving = False
        self._resting = resting
        self._stale = QRectF()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_bounds(self, rect: QRectF) -> None:
        """Cover this part of the scene."""
        if rect != self._bounds:
            self.prepareGeometryChange()
            self._bounds = QRectF(rect)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def hurry(self) -> None:
        """The view moves: until it rests, speed counts more than beauty."""
        self._moving = True
        self._stale = QRectF()  # when it rests, everything is drawn anyway
        self._resting.start(REST_MS)

    @property
    def is_finished(self) -> bool:
        """Whether what is on the screen is as good as it can be."""
        return not self._moving and self._stale.isEmpty()

    def rest(self) -> None:
        """Draw what was drawn in a hurry as well as it can be."""
        if self._moving:
            self._moving = False
            self.update()
        elif not self._stale.isEmpty():
            self.update(self._stale)

    def drop(self, item: NodeItem | WireItem) -> None:
        """Draw it no longer."""
        if isinstance(item, NodeItem):
            self.sprites.forget(item)
            self.nodes.drop(item)
        else:
            self.wires.drop(item)
        self.update(item.boundingRect().translated(item.pos()))
        item.graph = None

    def refresh(self) -> None:
        """Draw everything anew, in other colours."""
        self.sprites.clear()
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        seen = option.exposedRect  # type: ignore[attr-defined]
        if seen.contains(self._stale):
            self._stale = QRectF()
        nodes = self.nodes.within(seen)
        flat = zoom < TITLE_FROM or (self._moving and len(nodes) > FLAT_FROM)
        painter.save()
        try:
            if flat:
                self._paint_lines(painter, seen)
                self._paint_boxes(painter, nodes)
            else:
                self._paint_wires(painter, seen, zoom)
                self._stale |= seen & self._paint_nodes(
                    painter, nodes, zoom, widget.devicePixelRatioF() if widget else 1.0
                )
                if not self._stale.isEmpty() and not self._resting.isActive():
                    self._resting.start(0)
            self._paint_selection(painter, seen, zoom)
        finally:
            painter.restore()

    # --- from afar

    def _paint_boxes(self, painter: QPainter, rows: np.ndarray) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        rects, styles = self.nodes.shapes[rows], self.nodes.styles[rows]
        for style in np.unique(styles):
            painter.setBrush(category_color(list(CATEGORIES)[style]))
            draw_rects(painter, rects[styles == style])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for row in rows[self.nodes.special[rows]]:
            item = self.nodes.items[row]
            painter.setPen(QPen(color("error" if item.is_faulty else "warning"), 0))
            painter.drawRect(item.layout_.rect.translated(item.pos()))

    def _paint_lines(self, painter: QPainter, seen: QRectF) -> None:
        rows = self.wires.within(seen)
        around = rows[self.wires.special[rows]]
        rows = rows[~self.wires.special[rows]]
        lines, styles = self.wires.shapes[rows], self.wires.styles[rows]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for style in np.unique(styles):
            painter.setPen(style_pen(int(style), 0.0))
            draw_lines(painter, lines[styles == style])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for row in around:
            painter.setPen(style_pen(int(self.wires.styles[row]), 0.0))
            painter.drawPath(self.wires.items[row].path)

    # --- near enough to read

    def _paint_wires(self, painter: QPainter, seen: QRectF, zoom: float) -> None:
        wires = [wire for wire in self.wires.near(seen) if wire.isVisible()]
        rough = self._moving and len(wires) > ROUGH_FROM
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not rough)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 0.0 if rough else max(1.9, 1.0 / zoom)
        last = -1
        for wire in sorted(wires, key=_style):
            if wire.style != last:
                last = wire.style
                painter.setPen(style_pen(last, width))
            painter.drawPath(wire.path)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for wire in wires:
            if wire.hovered:
                paint_highlight(painter, wire, zoom)
            if zoom >= LABEL_FROM:
                paint_label(painter, wire)

    def _paint_nodes(self, painter: QPainter, rows: np.ndarray, zoom: float, ratio: float) -> QRectF:
        """Copy the pictures of these nodes; returns where a better one is wanted."""
        stale = QRectF()
        transform = painter.worldTransform()
        dx, dy, scale = transform.dx(), transform.dy(), zoom * ratio
        painter.resetTransform()
        until = time.perf_counter() + (HURRY if self._moving else PATIENCE)
        for item in self._in_order(rows):
            picture = item.sprite
            if (picture is None or item.sprite_scale != scale) and time.perf_counter() < until:
                picture = self.sprites.make(item, zoom, ratio)
            box = item.boundingRect()
            at = item.pos() + box.topLeft()
            x, y = round((at.x() * zoom + dx) * ratio) / ratio, round((at.y() * zoom + dy) * ratio) / ratio
            if picture is not None and item.sprite_scale == scale:
                painter.drawPixmap(QPointF(x, y), picture)
                continue
            stale |= box.translated(item.pos())
            if picture is not None:
                painter.drawPixmap(QRectF(x, y, box.width() * zoom, box.height() * zoom), picture, whole(picture))
            else:
                rect = item.layout_.rect
                painter.fillRect(
                    QRectF(x - box.left() * zoom, y - box.top() * zoom, rect.width() * zoom, rect.height() * zoom),
                    item.category_color,
                )
        painter.setTransform(transform)
        return stale

    def _in_order(self, rows: np.ndarray) -> Iterator[NodeItem]:
        """The nodes of these rows, the selected ones on top."""
        items = [self.nodes.items[row] for row in rows]
        yield from (item for item in items if not item.isSelected())
        yield from (item for item in items if item.isSelected())

    def _paint_selection(self, painter: QPainter, seen: QRectF, zoom: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        scene = self.scene()
        for item in scene.selectedItems() if scene is not None else ():
            if isinstance(item, NodeItem):
                painter.setPen(QPen(color("accent"), max(2.4, 1.5 / zoom)))
                painter.drawRoundedRect(item.layout_.rect.translated(item.pos()), RADIUS, RADIUS)
            elif isinstance(item, WireItem):
                paint_highlight(painter, item, zoom)


def _style(wire: WireItem) -> int:
    return wire.style


def draw_lines(painter: QPainter, lines: np.ndarray) -> None:
    """Draw lines, rows of x, y, x, y, without making an object of each."""
    if len(lines):
        lines = np.ascontiguousarray(lines, np.float64)
        painter.drawLines(Shiboken.wrapInstance(lines.ctypes.data, QLineF), len(lines))  # type: ignore[arg-type]


def draw_rects(painter: QPainter, rects: np.ndarray) -> None:
    """Draw rectangles, rows of x, y, width and height, without making an object of each."""
    if len(rects):
        rects = np.ascontiguousarray(rects, np.float64)
        painter.drawRects(Shiboken.wrapInstance(rects.ctypes.data, QRectF), len(rects))  # type: ignore[arg-type]


def paint_grid(painter: QPainter, rect: QRectF, zoom: float) -> None:
    """The canvas with a dot every so often, always about as far apart on the screen."""
    painter.fillRect(rect, color("canvas"))
    step = GRID
    while step * zoom < 14:
        step *= 2
    size = 2 / zoom
    xs = np.arange(rect.left() // step * step, rect.right() + step, step) - size / 2
    ys = np.arange(rect.top() // step * step, rect.bottom() + step, step) - size / 2
    dots = np.empty((len(ys), len(xs), 4))
    dots[..., 0], dots[..., 1], dots[..., 2:] = xs, ys[:, None], size
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("grid"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    draw_rects(painter, dots.reshape(-1, 4))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
