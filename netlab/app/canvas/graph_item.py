"""Draws all nodes and wires in one pass, with as much detail as the zoom can show and the time allows.

Ten thousand items that each paint themselves take longer than a frame. So nodes and wires paint nothing; this one item
looks up what is in sight. From afar it draws rectangles and lines straight out of arrays, nearer it copies the pictures
of `sprites`. While the view moves, pictures of another zoom are stretched; when it rests they are made anew, a few at a
time, and then shown together.
"""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QMarginsF, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from netlab.app.canvas.card import RADIUS, TITLE_FROM
from netlab.app.canvas.drawing import draw_lines, draw_rects
from netlab.app.canvas.node_item import CATEGORIES, NodeItem
from netlab.app.canvas.sprites import Sprites, whole
from netlab.app.canvas.still import Still
from netlab.app.canvas.table import Table
from netlab.app.canvas.wire_item import LABEL_FROM, WireItem, paint_highlight, paint_label, style_pen
from netlab.app.theme import category_color, color

GLOW = 11.0  # how far a halo reaches
HALO = QMarginsF(GLOW, GLOW, GLOW, GLOW)
BELOW = 40.0  # how far a picture hangs below its node
REST_MS = 90  # so long after the last movement everything is drawn as well as it can be
HURRY, PATIENCE = 0.003, 0.006  # seconds for new pictures in a frame, and between frames when the view rests
ROUGH_FROM = 120  # so many wires in sight are drawn without smoothing while the view moves
SOFT_TO = 40  # so many halos fade away in four steps, more of them in two
SMOOTH_TO = 4000  # more wires in sight, seen from afar, are not smoothed either while the view moves
FLAT_FROM = 800  # so many nodes in sight are drawn as rectangles while the view moves


class GraphItem(QGraphicsItem):
    """The picture of the graph; has no shape, so that no click ends here."""

    def __init__(self, resting: QTimer) -> None:
        """`resting` belongs to the scene, which calls `rest` when it has run out."""
        super().__init__()
        self.nodes, self.wires = Table[NodeItem](), Table[WireItem]()
        self.sprites, self._still = Sprites(), Still()
        self._bounds = QRectF()
        self.exposed: list[QRectF] = []  # the parts of the scene that are wanted, where the view knows better than Qt
        self._pictures: dict[str, QImage] = {}
        self._moving = False
        self._resting = resting
        self._stale = QRectF()
        self._poor: list[NodeItem] = []  # drawn with a picture of another zoom, or none, at this zoom and ratio
        self._scale = (1.0, 1.0)
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
        self._still.drop()
        self._poor.clear()
        self._stale = QRectF()  # when it rests, everything is drawn anyway
        self._resting.start(REST_MS)

    @property
    def is_finished(self) -> bool:
        """Whether what is on the screen is as good as it can be."""
        return not self._moving and self._stale.isEmpty()

    def rest(self) -> None:
        """Draw what was drawn in a hurry as well as it can be."""
        if self._sharpen():
            self._resting.start(0)
        elif self._moving:
            self._moving = False
            self.update()
            self._still.wanted = bool(self.nodes.levels[: len(self.nodes.items)].any())  # the next halos have it then
        elif not self._stale.isEmpty():
            self.update(self._stale)

    def _sharpen(self) -> bool:
        """Make better pictures of some nodes that were drawn with a poor one; whether more are left."""
        until, (zoom, ratio) = time.perf_counter() + PATIENCE, self._scale
        while self._poor and time.perf_counter() < until:
            item = self._poor.pop()
            if item.graph is self and item.sprite_scale != zoom * ratio:
                self.sprites.make(item, zoom, ratio)
        return bool(self._poor)

    def drop(self, item: NodeItem | WireItem) -> None:
        """Draw it no longer."""
        if isinstance(item, NodeItem):
            self.sprites.forget(item)
            self.nodes.drop(item)
        elif item.row >= 0:
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
        parts = self.exposed or [seen]
        ratio = widget.devicePixelRatioF() if widget is not None else 1.0
        painter.save()
        try:
            self._paint_glow(painter, self.nodes.within([part.marginsAdded(HALO) for part in parts]))
            if self._still.wanted and widget is not None and not self._moving:
                seen = painter.worldTransform().inverted()[0].mapRect(QRectF(widget.rect()))
                self._still.paint(painter, widget, lambda own: self._paint_graph(own, [seen], seen, zoom, ratio))
            else:
                self._paint_graph(painter, parts, seen, zoom, ratio)
        finally:
            painter.restore()

    def _paint_graph(self, painter: QPainter, parts: list[QRectF], seen: QRectF, zoom: float, ratio: float) -> None:
        """Wires, nodes and what is selected, in some parts of the scene."""
        if seen.contains(self._stale):
            self._stale = QRectF()
        below = [part.adjusted(0, -BELOW, 0, 0) for part in parts] if self._pictures else parts
        nodes, wires = self.nodes.within(below), self.wires.within(parts)
        if zoom < TITLE_FROM or (self._moving and len(nodes) > FLAT_FROM):
            self._paint_lines(painter, wires)
            self._paint_boxes(painter, nodes)
        else:
            self._paint_wires(painter, wires, zoom, parts)
            if self._pictures:
                self._paint_pictures(painter, nodes)
            self._stale |= seen & self._paint_nodes(painter, nodes, zoom, ratio)
            if not self._stale.isEmpty() and not self._resting.isActive():
                self._resting.start(0)
        self._paint_selection(painter, zoom)

    # --- from afar

    def _paint_boxes(self, painter: QPainter, rows: np.ndarray) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        rects, styles = self.nodes.shapes[rows], self.nodes.styles[rows]
        for style in np.bincount(styles).nonzero()[0]:
            painter.setBrush(category_color(list(CATEGORIES)[style]))
            draw_rects(painter, rects[styles == style])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for row in rows[self.nodes.special[rows]]:
            item = self.nodes.items[row]
            painter.setPen(QPen(color("error" if item.is_faulty else "warning"), 0))
            painter.drawRect(item.layout_.rect.translated(item.pos()))

    def _paint_lines(self, painter: QPainter, rows: np.ndarray) -> None:
        around = rows[self.wires.special[rows]]
        rows = rows[~self.wires.special[rows]]
        lines, styles = self.wires.shapes[rows], self.wires.styles[rows]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not (self._moving and len(rows) > SMOOTH_TO))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for style in np.bincount(styles).nonzero()[0]:
            painter.setPen(style_pen(int(style), 0.0))
            draw_lines(painter, lines[styles == style])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for row in around:
            painter.setPen(style_pen(int(self.wires.styles[row]), 0.0))
            painter.drawPath(self.wires.items[row].path)

    # --- near enough to read

    def _paint_wires(self, painter: QPainter, rows: np.ndarray, zoom: float, parts: list[QRectF]) -> None:
        rough = self._moving and len(rows) > ROUGH_FROM
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not rough)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 0.0 if rough else max(1.9, 1.0 / zoom)
        styles, lines = self.wires.styles[rows], self.wires.shapes[rows]
        level = (abs(lines[:, 3] - lines[:, 1]) * zoom < 1.0) & ~self.wires.special[rows]
        for style in np.bincount(styles).nonzero()[0]:
            painter.setPen(style_pen(int(style), width))
            draw_lines(painter, lines[level & (styles == style)])
            for row in rows[~level & (styles == style)].tolist():
                painter.drawPath(self.wires.items[row].path)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in rows.tolist():
            wire = self.wires.items[row]
            if wire.hovered:
                paint_highlight(painter, wire, zoom)
            if zoom >= LABEL_FROM:
                paint_label(painter, wire, parts, plain=rough)

    def _paint_nodes(self, painter: QPainter, rows: np.ndarray, zoom: float, ratio: float) -> QRectF:
        """Copy the pictures of these nodes; returns where better ones are wanted."""
        transform = painter.worldTransform()
        scale, until = zoom * ratio, time.perf_counter() + HURRY
        places = self.nodes.boxes[rows, :2] * zoom + (transform.dx(), transform.dy())
        places = (places * ratio).round() / ratio  # on whole pixels, or letters blur
        stale, bare = [], []
        painter.resetTransform()
        for row, (x, y) in self._in_order(rows, places.tolist()):
            item = self.nodes.items[row]
            if item.sprite_scale != scale and time.perf_counter() < until:
                self.sprites.make(item, zoom, ratio)
            picture = item.sprite
            if picture is None:
                bare.append(row)
            elif item.sprite_scale == scale:
                painter.drawPixmap(QPointF(x, y), picture)
            else:
                box = item.layout_.box
                painter.drawPixmap(QRectF(x, y, box.width() * zoom, box.height() * zoom), picture, whole(picture))
                stale.append(row)
        painter.setTransform(transform)
        self._paint_boxes(painter, np.array(bare, int))
        if self._scale != (zoom, ratio):
            self._poor.clear()
        self._poor += [self.nodes.items[row] for row in stale + bare]
        self._scale = zoom, ratio
        return self.nodes.bounds(stale + bare)

    def _in_order(self, rows: np.ndarray, places: list[list[float]]) -> list[tuple[int, list[float]]]:
        """Rows with their places, the selected ones last, so that they lie on top."""
        placed = list(zip(rows.tolist(), places, strict=True))
        scene = self.scene()
        chosen = {item.row for item in scene.selectedItems() if isinstance(item, NodeItem)} if scene is not None else ()
        return sorted(placed, key=lambda pair: pair[0] in chosen) if chosen else placed

    def _paint_glow(self, painter: QPainter, rows: np.ndarray) -> None:
        """A warm halo around the nodes that learn: the stronger, the larger their gradient."""
        rows = rows[self.nodes.levels[rows] > 0]
        rects, levels = self.nodes.shapes[rows], self.nodes.levels[rows]
        few = len(rows) < ROUGH_FROM
        rings = 4 if len(rows) < SOFT_TO else 2 if few else 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, few)
        painter.setPen(Qt.PenStyle.NoPen)
        for level in set(levels.tolist()):
            painter.setBrush(color("glow", round((60 if rings == 4 else 120) * level)))
            for reach in (GLOW * ring / rings for ring in range(rings, 0, -1)):
                wide = rects[levels == level] + (-reach, -reach, 2 * reach, 2 * reach)
                if not few:
                    draw_rects(painter, wide)
                    continue
                for rect in wide.tolist():
                    painter.drawRoundedRect(QRectF(*rect), RADIUS + reach, RADIUS + reach)

    def update(self, *rect: QRectF) -> None:  # type: ignore[override]
        """Draw a part of the scene anew, or all of it."""
        self._still.drop()
        super().update(*(part.adjusted(0, 0, 0, BELOW) for part in rect) if self._pictures else rect)

    def set_pictures(self, pictures: dict[str, QImage]) -> None:
        """What lies below each node, by its id."""
        if pictures or self._pictures:
            self._pictures = pictures
            self.update()

    def _paint_pictures(self, painter: QPainter, rows: np.ndarray) -> None:
        for row in rows.tolist():
            item = self.nodes.items[row]
            image = self._pictures.get(item.node.id)
            if image is not None:
                painter.drawImage(item.pos() + item.layout_.rect.bottomLeft() + QPointF(0, 3), image)

    def set_glow(self, glow: dict[str, float]) -> None:
        """How strong the halo of each node is, from 0 to 1; the others have none."""
        count = len(self.nodes.items)
        before = self.nodes.levels[:count].copy()
        self.nodes.levels[:count] = [glow.get(item.node.id, 0.0) for item in self.nodes.items]
        changed = (self.nodes.levels[:count] != before).nonzero()[0]
        if not glow:
            self._still.drop()
        if len(changed):
            self._still.wanted = bool(glow)
            super().update(self.nodes.bounds(changed).marginsAdded(HALO))

    def _paint_selection(self, painter: QPainter, zoom: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        scene = self.scene()
        for item in scene.selectedItems() if scene is not None else ():
            if isinstance(item, NodeItem):
                painter.setPen(QPen(color("accent"), max(2.4, 1.5 / zoom)))
                painter.drawRoundedRect(item.layout_.rect.translated(item.pos()), RADIUS, RADIUS)
            elif isinstance(item, WireItem):
                paint_highlight(painter, item, zoom)
