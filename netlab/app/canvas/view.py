"""The view: zoom, pan, keys, drops, and the choice of the tool for a gesture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QWidget

from netlab.app.canvas.arrange import arrange
from netlab.app.canvas.geometry import HEADER, WIDTH
from netlab.app.canvas.graph_item import paint_grid
from netlab.app.canvas.menu import node_menu
from netlab.app.canvas.new_node import add_wired, new_node
from netlab.app.canvas.quick_add import QuickAdd
from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.box import BoxTool
from netlab.app.canvas.tools.move import MoveTool
from netlab.app.canvas.tools.pan import PanTool
from netlab.app.canvas.tools.tool import Tool
from netlab.app.canvas.tools.wire import WireTool
from netlab.app.palette import MIME
from netlab.app.session import Session
from netlab.app.theme import color, themes
from netlab.compiler.fitting import fitting
from netlab.document import edits
from netlab.document.graph import BLOCK
from netlab.layers.layer import catalogue

ZOOM_RANGE = (0.05, 3.0)
HINT = "Drag a layer here, or press Tab to search"
STEPS = {Qt.Key.Key_Left: (-10, 0), Qt.Key.Key_Right: (10, 0), Qt.Key.Key_Up: (0, -10), Qt.Key.Key_Down: (0, 10)}


class CanvasView(QGraphicsView):
    """Where a model is drawn."""

    zoomed = Signal(float)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.scene_ = CanvasScene(session)
        self.setScene(self.scene_)
        self.tool: Tool | None = None
        self.space_down = False
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setAccessibleName("Canvas")
        self.quick_add = QuickAdd(self)
        self.quick_add.chosen.connect(self._add_chosen)
        self.quick_add.dismissed.connect(self._forget_loose_end)
        self.scene_.wire_dropped.connect(self._offer_what_fits)
        self._loose_end: tuple[str, str, bool] | None = None  # a wire that waits for the layer it leads to
        session.replaced.connect(self._start_anew)
        session.changed.connect(self._abandon)
        session.scope_changed.connect(lambda _: self._start_anew())
        themes.changed.connect(self._restyle)

    def _start_anew(self) -> None:
        self.tool = None  # what it held is gone with the old document
        self.fit()

    def _abandon(self) -> None:
        """The document changed under a gesture (an undo by key): the gesture ends without effect."""
        tool, self.tool = self.tool, None
        if tool is not None:
            tool.cancel()

    def _restyle(self) -> None:
        self.resetCachedContent()
        self.viewport().update()

    # --- looking

    @property
    def zoom(self) -> float:
        """Screen pixels for one pixel of the scene."""
        return self.transform().m11()

    def set_zoom(self, zoom: float, about: QPoint | None = None) -> None:
        """Zoom, keeping the point under `about` (in the viewport) where it is."""
        about = about if about is not None else self.viewport().rect().center()
        zoom = min(max(zoom, ZOOM_RANGE[0]), ZOOM_RANGE[1])
        before = self.mapToScene(about)
        self.scene_.graph.hurry()
        self.resetTransform()
        self.scale(zoom, zoom)
        after = self.mapToScene(about)
        centre = self.mapToScene(self.viewport().rect().center())
        self.centerOn(centre + before - after)
        self.zoomed.emit(zoom)

    def fit(self) -> None:
        """Show all nodes, never larger than life."""
        rect = self.scene_.contents()
        if rect.isEmpty():
            self.set_zoom(1.0)
            self.centerOn(0, 0)
            return
        rect.adjust(-24, -24, 24, 24)
        room = self.viewport().rect()
        self.set_zoom(min(room.width() / rect.width(), room.height() / rect.height(), 1.0))
        self.centerOn(rect.center())

    def centre_on(self, ids: list[str]) -> None:
        """Bring nodes into sight."""
        rect = QRectF()
        for id in ids:
            if id in self.scene_.nodes:
                rect = rect.united(self.scene_.nodes[id].sceneBoundingRect())
        if not rect.isEmpty():
            self.ensureVisible(rect, 40, 40)

    def port_position(self, node: str, port: str) -> QPoint:
        """Where a port is, in the viewport."""
        item = self.scene_.nodes[node]
        return self.mapFromScene(item.port_pos(port, port in item.layout_.inputs))

    def node_rect(self, node: str) -> QRect:
        """Where a node is, in the viewport."""
        item = self.scene_.nodes[node]
        return self.mapFromScene(item.mapRectToScene(item.layout_.rect)).boundingRect()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        paint_grid(painter, QRectF(rect), self.zoom)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.scene_.graph.hurry()
        super().scrollContentsBy(dx, dy)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        if self.scene_.nodes:
            return
        painter.resetTransform()
        painter.setPen(color("muted"))
        font = self.font()
        font.setPointSizeF(14)
        painter.setFont(font)
        painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, HINT)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if not getattr(self, "_sized", False):
            self._sized = True
            self.fit()

    # --- gestures

    def mousePressEvent(self, event: QMouseEvent) -> None:
        pos = self.mapToScene(event.position().toPoint())
        self.setFocus()
        if event.button() == Qt.MouseButton.MiddleButton or (
            self.space_down and event.button() == Qt.MouseButton.LeftButton
        ):
            self.tool = PanTool(self, self.scene_, pos)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.tool = self._tool_at(pos, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        event.accept()

    def _tool_at(self, pos: QPointF, shift: bool) -> Tool | None:
        port = self.scene_.port_at(pos)
        if port is not None:
            return WireTool(self, self.scene_, pos, *port)
        node = self.scene_.node_at(pos)
        if node is not None:
            if shift:
                node.setSelected(not node.isSelected())
            elif not node.isSelected():
                self.scene_.clearSelection()
                node.setSelected(True)
            return MoveTool(self, self.scene_, pos, node.node.id)
        wire = self.scene_.wire_at(pos)
        if wire is not None:
            self.scene_.clearSelection()
            wire.setSelected(True)
            return None
        return BoxTool(self, self.scene_, pos, shift)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.tool is not None:
            self.tool.move(self.mapToScene(event.position().toPoint()))
            event.accept()
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        tool, self.tool = self.tool, None
        if tool is not None:
            tool.release(self.mapToScene(event.position().toPoint()))
        self.unsetCursor()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pos = self.mapToScene(event.position().toPoint())
        node = self.scene_.node_at(pos)
        if node is None and self.scene_.port_at(pos) is None:
            self.open_quick_add(pos)
        elif node is not None and node.node.type == BLOCK:
            self.tool = None
            self.session.enter(node.node.id)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.set_zoom(self.zoom * 1.0015 ** event.angleDelta().y(), event.position().toPoint())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.set_zoom(self.zoom * (1 + event.value()), event.position().toPoint())
            return True
        return super().viewportEvent(event)

    def event(self, event: QEvent) -> bool:
        tab = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab
        if tab:  # Qt would move the focus
            self.open_quick_add(self.mapToScene(self.viewport().mapFromGlobal(self.cursor().pos())))
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.tool is not None:
            self._abandon()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_selection()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_down = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif event.key() in STEPS and self.session.selection:
            self._nudge(*STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_down = False
            self.unsetCursor()
        super().keyReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.scene_.node_at(self.mapToScene(event.pos()))
        if item is not None:
            if item.node.id not in self.session.selection:
                self.session.select([item.node.id])
            menu = node_menu(self.session, item.node.id, self)
            menu.exec(event.globalPos())

    # --- editing

    def _nudge(self, dx: float, dy: float) -> None:
        nodes = self.session.project.graph.nodes
        places = {id: (nodes[id].x + dx, nodes[id].y + dy) for id in self.session.selection}
        self.session.apply("Nudge", edits.move, places, merge="nudge")

    def delete_selection(self) -> None:
        """Remove the selected nodes and wires."""
        ids = self.scene_.selected_ids()
        if ids:
            self.session.apply("Delete", edits.remove, ids)

    def arrange(self) -> None:
        """Lay out the selection, or everything that is shown, along its wires."""
        ids = self.session.selection if len(self.session.selection) > 1 else list(self.scene_.nodes)
        heights = {id: self.scene_.nodes[id].layout_.rect.height() for id in ids}
        places = arrange(self.session.project.graph, ids, heights)
        if places:
            self.session.apply("Arrange", edits.move, places)
            if len(ids) == len(self.scene_.nodes):
                self.fit()

    def open_quick_add(self, pos: QPointF) -> None:
        """Ask for a layer to put at a point of the scene."""
        self._loose_end = None
        if not self.mapToScene(self.viewport().rect()).boundingRect().contains(pos):
            pos = self.mapToScene(self.viewport().rect().center())
        self.quick_add.open_at(self.mapFromScene(pos), pos)

    def _offer_what_fits(self, node: str, port: str, is_output: bool, pos: QPointF) -> None:
        """A wire was let go over nothing: offer the layers that take it (or, led back, all that could feed it)."""
        self._loose_end = (node, port, is_output)
        shape = self.session.inferred.outputs.get((node, port)) if is_output else None
        keys = fitting(shape) if is_output else [key for key, layer in catalogue().items() if layer.outputs()]
        self.quick_add.open_at(self.mapFromScene(pos), pos, set(keys))

    def _forget_loose_end(self) -> None:
        self._loose_end = None

    def _add_chosen(self, key: str, pos: QPointF) -> None:
        loose, self._loose_end = self._loose_end, None
        if loose is None or loose[0] not in self.session.project.graph.nodes:
            self.add_layer(key, pos)
        else:
            self._add_wired(key, pos, *loose)
        self.setFocus()

    def _add_wired(self, key: str, pos: QPointF, node: str, port: str, is_output: bool) -> None:
        layer = catalogue()[key]
        y = round(pos.y() - HEADER)
        x = round(pos.x() if is_output else pos.x() - WIDTH)
        new = new_node(self.session.project, key, x, y, self.session.scope)
        own = next(iter(layer.inputs() if is_output else layer.outputs()))
        wire = (node, port, new.id, own) if is_output else (new.id, own, node, port)
        if self.session.apply(f"Add {layer.title()}", add_wired, new, *wire):
            self.session.select([new.id])

    def add_layer(self, key: str, pos: QPointF | None = None) -> str | None:
        """Put a new node at a point of the scene (the middle if None); on a wire it is inserted. Returns its id."""
        at = pos if pos is not None else self._free_place()
        node = new_node(
            self.session.project, key, round(at.x() - WIDTH / 2), round(at.y() - HEADER), self.session.scope
        )
        layer = catalogue()[key]
        wire = self.scene_.wire_at(at) if pos is not None else None
        inputs, outputs = list(layer.inputs()), list(layer.outputs())
        if wire is not None and inputs and outputs:
            done = self.session.apply(
                f"Insert {layer.title()}", edits.insert_on_edge, wire.id, node, inputs[0], outputs[0]
            )
        else:
            done = self.session.apply(f"Add {layer.title()}", edits.add_node, node)
        if not done:
            return None
        self.session.select([node.id])
        return node.id

    def _free_place(self) -> QPointF:
        """The middle of the view, or below what is there already."""
        at = self.mapToScene(self.viewport().rect().center())
        while self.scene_.node_at(at) is not None:
            at += QPointF(30, 40)
        return at

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        key = bytes(event.mimeData().data(MIME).data()).decode("utf-8", "replace")
        if key in catalogue():
            self.add_layer(key, self.mapToScene(event.position().toPoint()))
            event.acceptProposedAction()
