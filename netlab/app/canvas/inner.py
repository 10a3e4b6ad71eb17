"""What lies inside of a block, in small: its nodes as rectangles, its wires as lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from netlab.app.canvas.drawing import draw_lines, draw_rects
from netlab.app.canvas.geometry import HEADER, WIDTH
from netlab.app.theme import category_color, color
from netlab.compiler.blocks import class_of
from netlab.document.graph import Graph

HEIGHT = 72.0


@dataclass(frozen=True)
class Inner:
    """Corners of the nodes inside, the category of each, and the wires as pairs of their places in the list."""

    corners: tuple[tuple[float, float], ...]
    categories: tuple[str, ...]
    wires: tuple[tuple[int, int], ...]


def inner_of(graph: Graph, block: str) -> Inner:
    """The content of a block."""
    nodes = graph.inside(block)
    place = {node.id: i for i, node in enumerate(nodes)}
    layers = [class_of(graph, node) for node in nodes]
    wires = (
        (place[e.source], place[e.target]) for e in graph.edges.values() if e.source in place and e.target in place
    )
    categories = tuple(layer.category if layer is not None else "" for layer in layers)
    return Inner(tuple((node.x, node.y) for node in nodes), categories, tuple(wires))


def paint_inner(painter: QPainter, inner: Inner, room: QRectF) -> None:
    """Draw the content of a block into a rectangle."""
    painter.setPen(QPen(color("border"), 1))
    painter.setBrush(color("canvas"))
    painter.drawRoundedRect(room, 5, 5)
    if not inner.corners:
        return
    corners = np.array(inner.corners)
    size = np.array([WIDTH, HEIGHT])
    low, high = corners.min(axis=0), corners.max(axis=0) + size
    room = room.adjusted(6, 5, -6, -5)
    scale = min(room.width() / (high[0] - low[0]), room.height() / (high[1] - low[1]), 0.3)
    centre = np.array([room.center().x(), room.center().y()])
    rects = np.concatenate([(corners - (low + high) / 2) * scale + centre, np.tile(size * scale, (len(corners), 1))], 1)
    ends = np.array(inner.wires, int).reshape(-1, 2)
    port = np.array([0, HEADER + 10]) * scale
    starts = rects[ends[:, 0], :2] + port + (WIDTH * scale, 0)
    painter.setPen(QPen(color("wire"), 0.8))
    draw_lines(painter, np.concatenate([starts, rects[ends[:, 1], :2] + port], 1))
    painter.setPen(Qt.PenStyle.NoPen)
    for category in set(inner.categories):
        painter.setBrush(category_color(category))
        draw_rects(painter, rects[[i for i, known in enumerate(inner.categories) if known == category]])
