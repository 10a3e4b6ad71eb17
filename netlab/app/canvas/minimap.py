"""The whole graph in a corner of the canvas, coloured by what one wants to know; a click or a drag moves the view."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QGraphicsView, QMenu, QToolButton, QWidget

from netlab.app.canvas.card import count, font
from netlab.app.canvas.drawing import draw_lines, draw_rects
from netlab.app.canvas.node_item import CATEGORIES
from netlab.app.canvas.scene import CanvasScene
from netlab.app.session import Session
from netlab.app.theme import category_color, color, themes
from netlab.app.views.colors import TABLE
from netlab.language import mark, tr

WIDTH, HEIGHT, HEAD, FOOT, EDGE = 240, 172, 24, 18, 12
DRAW_MS = 60
SHADES = 16
Values = Mapping[str, float]


def _parameters(session: Session) -> Values:
    ids = session.project.graph.nodes
    return {id: float(session.inferred.parameters(id)) for id in ids}


def _memory(session: Session) -> Values:
    return {id: float(cost.activations) for id, cost in session.forecast.nodes.items()}


def _operations(session: Session) -> Values:
    return {id: float(cost.flops) for id, cost in session.forecast.nodes.items()}


def _gradient(session: Session) -> Values:
    return session.run.gradients() if session.run is not None else {}


def _time(session: Session) -> Values:
    return session.run.times(session.project.graph) if session.run is not None else {}


COLORINGS: dict[str, tuple[str, Callable[[Session], Values] | None]] = {
    mark("Category"): ("", None),
    mark("Parameters"): (mark("parameters"), _parameters),
    mark("Memory"): (mark("bytes a sample"), _memory),
    mark("Operations"): (mark("FLOP a sample"), _operations),
    mark("Time"): (mark("ms a step"), _time),
    mark("Gradient"): (mark("gradient size"), _gradient),
}
"""What the nodes can be coloured by: the unit, and where the numbers come from."""
EMPTY = {"Time": mark("no times yet; a compiled model gives none"), "Gradient": mark("no run gives gradients yet")}


class Minimap(QWidget):
    """Lies over the lower right corner of the canvas while it is switched on."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene) -> None:
        super().__init__(view)
        self.view, self.canvas, self.session = view, scene, scene.session
        self.coloring = "Category"
        self.setFixedSize(WIDTH, HEIGHT)
        self.setAccessibleName(tr("Minimap"))
        self.setToolTip(tr("Click or drag to move the view."))
        self._picture: QPixmap | None = None
        self._legend = ""
        self._drawing = QTimer(self)
        self._drawing.setSingleShot(True)
        self._drawing.setInterval(DRAW_MS)
        self._drawing.timeout.connect(self._draw_anew)
        self._build_button()
        self.hide()
        for bar in (view.horizontalScrollBar(), view.verticalScrollBar()):
            bar.valueChanged.connect(self.update)
        for signal in (self.session.changed, self.session.replaced, self.session.scope_changed, themes.changed):
            signal.connect(self._outdate)
        self.session.inferred_changed.connect(self._outdate)
        self.session.run_changed.connect(self._follow)

    def _build_button(self) -> None:
        self.menu = QMenu(self)
        group = QActionGroup(self)
        for name in COLORINGS:
            action = QAction(tr(name), self, checkable=True, checked=name == self.coloring)
            action.triggered.connect(lambda _=False, name=name: self.color_by(name))
            group.addAction(action)
            self.menu.addAction(action)
        self.button = QToolButton(self)
        self.button.setToolTip(tr("What the nodes are coloured by"))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        self.button.setFont(font(8.5))
        self.button.setStyleSheet("QToolButton { padding: 1px 5px; } QToolButton::menu-indicator { image: none; }")
        self.button.setCursor(Qt.CursorShape.ArrowCursor)
        self.color_by(self.coloring)

    def toggle(self) -> None:
        """Show it, or hide it."""
        self.setVisible(not self.isVisible())

    def color_by(self, name: str) -> None:
        """Colour the nodes by one of `COLORINGS`."""
        self.coloring = name
        self.button.setText(tr("Colour: {what}", what=tr(name)) + " ▾")
        self.button.adjustSize()
        self.button.move(WIDTH - self.button.width() - 4, 2)
        self._outdate()

    def _follow(self, run: object) -> None:
        self._outdate()
        if self.session.run is not None:
            self.session.run.gradients_changed.connect(self._outdate)
            self.session.run.times_changed.connect(self._outdate)

    def _outdate(self, *_: object) -> None:
        if self.isVisible() and not self._drawing.isActive():
            self._drawing.start()

    def _draw_anew(self) -> None:
        self._picture = None
        self.update()

    def showEvent(self, event: object) -> None:
        self.place()
        self._draw_anew()

    def place(self) -> None:
        """Go to the corner of the canvas, wherever it is now."""
        room = self.view.viewport().geometry()
        self.move(room.right() - WIDTH - EDGE, room.bottom() - HEIGHT - EDGE)

    def push_around(self, port: QWidget, dx: int, dy: int) -> None:
        """Push the picture beside and above the map; what lies beneath it is drawn anew."""
        all_of_it, own = port.rect(), self.geometry().translated(-port.pos())
        beside, above, below = QRect(all_of_it), QRect(all_of_it), QRect(all_of_it)
        beside.setRight(own.left() - 1)
        above.setLeft(own.left())
        above.setBottom(own.top() - 1)
        below.setTopLeft(own.topLeft())
        port.scroll(dx, dy, beside)
        port.scroll(dx, dy, above)
        port.update(below)

    # --- drawing

    def _area(self) -> QRectF:
        return QRectF(6, HEAD, WIDTH - 12, HEIGHT - HEAD - FOOT)

    def _scale(self) -> tuple[float, QPointF]:
        """Pixels of the map to one of the scene, and where the scene's origin is."""
        content, area = self.canvas.contents(), self._area()
        if content.isEmpty():
            return 0.01, area.center()
        scale = min(area.width() / content.width(), area.height() / content.height(), 0.25)
        return scale, area.center() - content.center() * scale

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._draw()
        painter = QPainter(self)
        try:
            painter.drawPixmap(0, 0, self._picture)
            scale, origin = self._scale()
            seen = self.view.mapToScene(self.view.viewport().rect()).boundingRect()
            frame = QRectF(seen.topLeft() * scale + origin, seen.size() * scale)
            painter.setClipRect(self._area())
            painter.setPen(QPen(color("accent"), 1.4))
            painter.setBrush(color("accent", 26))
            painter.drawRect(frame)
        finally:
            painter.end()

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(color("border"), 1))
            painter.setBrush(color("surface", 235))
            painter.drawRoundedRect(QRectF(0.5, 0.5, WIDTH - 1, HEIGHT - 1), 8, 8)
            painter.save()
            scale, origin = self._scale()
            painter.translate(origin)
            painter.scale(scale, scale)
            self._draw_wires(painter)
            low, high = self._draw_nodes(painter)
            painter.restore()
            self._draw_legend(painter, low, high)
        finally:
            painter.end()
        return picture

    def _draw_wires(self, painter: QPainter) -> None:
        wires = self.canvas.graph.wires
        painter.setPen(QPen(color("wire", 110), 0))
        draw_lines(painter, wires.shapes[: len(wires.items)])

    def _draw_nodes(self, painter: QPainter) -> tuple[float, float]:
        """Draw them, and return the smallest and largest number that a colour stands for; 0 if none does."""
        nodes = self.canvas.graph.nodes
        rects, styles = nodes.shapes[: len(nodes.items)], nodes.styles[: len(nodes.items)]
        low = high = 0.0
        names = list(CATEGORIES)
        shades: dict[int, QColor] = {style: category_color(names[style]) for style in set(styles.tolist())}
        _, source = COLORINGS[self.coloring]
        if source is not None:
            values = source(self.session)
            numbers = np.array([values.get(item.node.id, 0.0) for item in nodes.items])
            styles, low, high = _shades(numbers)
            shades = {-1: color("border")} | {
                i: QColor(*TABLE[i * 255 // (SHADES - 1)].tolist()) for i in range(SHADES)
            }
        painter.setPen(Qt.PenStyle.NoPen)
        for style in set(styles.tolist()):
            painter.setBrush(shades[style])
            draw_rects(painter, rects[styles == style])
        return low, high

    def _draw_legend(self, painter: QPainter, low: float, high: float) -> None:
        unit, source = COLORINGS[self.coloring]
        painter.setFont(font(7.6))
        painter.setPen(color("muted"))
        foot = QRectF(8, HEIGHT - FOOT - 1, WIDTH - 16, FOOT)
        if source is None:
            return
        if high <= 0:
            empty = tr(EMPTY[self.coloring]) if self.coloring in EMPTY else tr("no {what} yet", what=tr(unit))
            painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, empty)
            return
        left, right = _amount(low), f"{_amount(high)} {tr(unit)}"
        painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, left)
        painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, right)
        metrics = painter.fontMetrics()
        start, end = (
            foot.left() + metrics.horizontalAdvance(left) + 6,
            foot.right() - metrics.horizontalAdvance(right) - 6,
        )
        painter.setPen(Qt.PenStyle.NoPen)
        for i in range(SHADES):
            painter.setBrush(QColor(*TABLE[i * 255 // (SHADES - 1)].tolist()))
            step = (end - start) / SHADES
            painter.drawRect(QRectF(start + i * step, foot.center().y() - 3, step + 0.5, 6))

    # --- moving the view

    def _go(self, at: QPointF) -> None:
        scale, origin = self._scale()
        self.view.centerOn((at - origin) / scale)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu.exec(event.globalPos())


def _shades(numbers: np.ndarray) -> tuple[np.ndarray, float, float]:
    """A shade for each number, on a logarithmic scale, −1 for those that are not above 0; and the ends of the scale."""
    there = numbers > 0
    shades = np.full(len(numbers), -1)
    if not there.any():
        return shades, 0.0, 0.0
    low, high = float(numbers[there].min()), float(numbers[there].max())
    span = np.log(high / low) or 1.0
    shades[there] = (np.log(numbers[there] / low) / span * (SHADES - 1)).round()
    return shades, low, high


def _amount(number: float) -> str:
    return count(round(number)) if number >= 10 else f"{number:.2g}"
