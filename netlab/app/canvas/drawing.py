"""Many rectangles or lines in one call, and the dots behind everything."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from shiboken6 import Shiboken

from netlab.app.theme import color
from netlab.language import tr

GRID = 24.0


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


def paint_hint(painter: QPainter, view: QRect) -> None:
    """What to do where there is nothing yet, in the middle of the view."""
    painter.resetTransform()
    painter.setPen(color("muted"))
    font = painter.font()
    font.setPointSizeF(14)
    painter.setFont(font)
    painter.drawText(view, Qt.AlignmentFlag.AlignCenter, tr("Drag a layer here, or press Tab to search"))
