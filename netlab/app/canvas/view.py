"""The view: zoom, pan, keys, drops, and the choice of the tool for a gesture."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAction,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QWidget

from netlab.app.canvas import editing, keyboard
from netlab.app.canvas.accessible import GraphAccess
from netlab.app.canvas.drawing import paint_grid, paint_hint
from netlab.app.canvas.fix_card import FixCard
from netlab.app.canvas.gestures import tool_for
from netlab.app.canvas.glide import Glide
from netlab.app.canvas.menu import menu_at
from netlab.app.canvas.minimap import Minimap
from netlab.app.canvas.preview import Preview
from netlab.app.canvas.quick_add import QuickAdd
from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.key_wire import KeyWireTool
from netlab.app.canvas.tools.pan import PanTool
from netlab.app.canvas.tools.tool import Tool
from netlab.app.canvas.value_editor import edit_value
from netlab.app.offered import offered
from netlab.app.palette import MIME
from netlab.app.preferences import preferences
from netlab.app.session import Session
from netlab.app.theme import themes
from netlab.compiler.fitting import fitting
from netlab.document.graph import BLOCK
from netlab.language import tr
from netlab.layers.layer import catalogue

ZOOM_RANGE = (0.05, 3.0)
STRIPS = 12  # parts that are drawn for themselves


class CanvasView(QGraphicsView):
    """Where a model is drawn."""

    zoomed = Signal(float)
    edit_requested = Signal(str)  # a node whose options are wanted
    frame_requested = Signal(str)  # a frame whose title, colour and note are wanted

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.scene_ = CanvasScene(session)
        self.setScene(self.scene_)
        self.tool: Tool | None = None
        self.space_down = False
        self.commands: Mapping[str, QAction] = {}  # the window's actions by id, for the menus
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Canvas"))
        self.minimap = Minimap(self, self.scene_)
        self.preview = Preview(self.scene_, self)
        self.quick_add = QuickAdd(self)
        self.quick_add.chosen.connect(self._add_chosen)
        self.quick_add.dismissed.connect(self._forget_loose_end)
        self.scene_.wire_dropped.connect(self._offer_what_fits)
        self.fix_card = FixCard(session, self, self.scene_)
        self._glide = Glide(self.scene_, self)
        self._loose_end: tuple[str, str, bool] | None = None  # a wire that waits for the layer it leads to
        self._replaced: str | None = None  # a node that waits for the layer that takes its place
        self.access: GraphAccess | None = None  # made when a screen reader asks
        session.selection_changed.connect(lambda _: self._tell_screen_reader())
        session.replaced.connect(self._start_anew)
        session.changed.connect(self._abandon)
        session.scope_changed.connect(lambda _: self._start_anew())
        themes.changed.connect(self._restyle)

    def _tell_screen_reader(self) -> None:
        if self.access is not None and QAccessible.isActive():
            self.access.tell_selection()

    def _start_anew(self) -> None:
        self.tool = None  # what it held is gone with the old document
        self.fit()

    def _abandon(self) -> None:
        """The document changed under a gesture (an undo by key): the gesture ends without effect."""
        self._glide.settle()
        tool, self.tool = self.tool, None
        if tool is not None:
            tool.cancel()

    def glide(self, before: Mapping[str, QPointF]) -> None:
        """Let nodes glide from these places to where they are now, unless the person wants no motion."""
        if not preferences().reduced_motion:
            self._glide.start(before)

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
        at = QPointF(about if about is not None else self.viewport().rect().center())
        zoom = min(max(zoom, ZOOM_RANGE[0]), ZOOM_RANGE[1])
        held = self.viewportTransform().inverted()[0].map(at)
        self.scene_.graph.hurry()
        self.resetTransform()
        self.scale(zoom, zoom)
        off = self.viewportTransform().map(held) - at
        for bar, way in ((self.horizontalScrollBar(), off.x()), (self.verticalScrollBar(), off.y())):
            bar.setValue(round(bar.value() + way))
        self.zoomed.emit(zoom)

    def fit(self) -> None:
        """Show all nodes, never larger than life."""
        self._show_rect(self.scene_.contents())

    def fit_selection(self) -> None:
        """Show what is selected as large as it fits, never larger than life."""
        rect = QRectF()
        for id in self.session.selection:
            if id in self.scene_.nodes:
                rect = rect.united(self.scene_.nodes[id].sceneBoundingRect())
        for id in self.scene_.frames.selected():
            rect = rect.united(self.scene_.frames.items[id].sceneBoundingRect())
        self._show_rect(rect if not rect.isEmpty() else self.scene_.contents())

    def _show_rect(self, rect: QRectF) -> None:
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

    def paintEvent(self, event: QPaintEvent) -> None:
        region = event.region()
        if region.rectCount() <= STRIPS:  # a push along both axes bares strips, around which lies the whole window
            parts = list(region)  # type: ignore[call-overload]
            self.scene_.graph.exposed = [self.mapToScene(part.adjusted(-1, -1, 1, 1)).boundingRect() for part in parts]
        super().paintEvent(event)
        self.scene_.graph.exposed = []

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.scene_.graph.hurry()
        if not self.minimap.isVisible():
            super().scrollContentsBy(dx, dy)
            return
        modes = QGraphicsView.ViewportUpdateMode  # with the usual one, Qt draws all anew because the map lies over it
        self.setViewportUpdateMode(modes.NoViewportUpdate)
        super().scrollContentsBy(dx, dy)
        self.setViewportUpdateMode(modes.SmartViewportUpdate)
        self.minimap.push_around(self.viewport(), dx, dy)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        if not self.scene_.nodes:
            paint_hint(painter, self.viewport().rect())

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.minimap.place()
        if not getattr(self, "_sized", False):
            self._sized = True
            self.fit()

    # --- gestures

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        self._abandon()
        self.fix_card.close_card()
        self.tool = tool_for(self, event)
        if isinstance(self.tool, PanTool):
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        event.accept()

    def wire_from(self, node: str, port: str, is_input: bool) -> None:
        """Begin a wire by keys at a port."""
        self._abandon()
        item = self.scene_.nodes[node]
        self.tool = KeyWireTool(self, self.scene_, item.port_pos(port, is_input), item, port, is_input)
        self.setFocus()

    def end_tool(self) -> None:
        """The gesture under way is done, without a button that goes up."""
        tool, self.tool = self.tool, None
        if tool is not None:
            tool.release(tool.start)

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
        self._abandon()
        if self.scene_.port_at(pos) is not None:
            pass
        elif (node := self.scene_.node_at(pos)) is not None:
            if edit_value(self, node, pos):
                pass
            elif node.node.type == BLOCK:
                self.session.enter(node.node.id)
            else:
                self.edit_requested.emit(node.node.id)
        elif (wire := self.scene_.wire_at(pos)) is not None:
            editing.add_dot(self, wire.id, pos)
        elif (frame := self.scene_.frames.title_at(pos)) is not None:
            self.frame_requested.emit(frame)
        else:
            self.open_quick_add(pos)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; two fingers on a touchpad, or Shift, push the canvas about instead."""
        touchpad = event.device() is not None and event.device().type() == QInputDevice.DeviceType.TouchPad
        held = event.modifiers()
        shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
        if (touchpad or shift) and not held & Qt.KeyboardModifier.ControlModifier:
            step = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 2
            if shift and not step.x():
                step = QPoint(step.y(), 0)
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - step.x())
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - step.y())
        else:
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
            if self.tool is None or not self.tool.key(Qt.Key.Key_Tab):
                self.open_quick_add(self.mapToScene(self.viewport().mapFromGlobal(self.cursor().pos())))
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.tool is not None and self.tool.key(Qt.Key(event.key())):
            return
        if event.key() == Qt.Key.Key_Escape and (self.tool is not None or not self.fix_card.isHidden()):
            self._abandon()
            self.fix_card.close_card()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_down = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif not keyboard.press(self, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_down = False
            self.unsetCursor()
        super().keyReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        cutting = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)  # a stroke with the right button
        if self.tool is None and not cutting:
            by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
            menu_at(self, None if by_key else self.mapToScene(event.pos())).popup(event.globalPos())
        event.accept()

    # --- adding

    def add_layer(self, key: str, pos: QPointF | None = None) -> str | None:
        """Put a new node at a point of the scene (the middle if None); on a wire it is inserted. Returns its id."""
        return editing.add_layer(self, key, pos)

    def open_quick_add(self, pos: QPointF) -> None:
        """Ask for a layer to put at a point of the scene."""
        self._loose_end = None
        if not self.mapToScene(self.viewport().rect()).boundingRect().contains(pos):
            pos = self.mapToScene(self.viewport().rect().center())
        self.quick_add.open_at(self.mapFromScene(pos), pos)

    def offer_replacements(self, node: str) -> None:
        """Ask for a layer to put in the place of a node."""
        self._replaced = node
        rect = self.node_rect(node)
        inside = self.session.project.graph.nodes[node]
        keys = {key for key, cls in catalogue().items() if cls.role not in ("block", "block_input", "block_output")}
        self.quick_add.open_at(rect.topLeft(), self.mapToScene(rect.center()), keys - {inside.type}, tr("Replace by…"))

    def _offer_what_fits(self, node: str, port: str, is_output: bool, pos: QPointF) -> None:
        """A wire was let go over nothing: offer the layers that take it (or, led back, all that could feed it)."""
        self._loose_end = (node, port, is_output)
        shape = self.session.inferred.outputs.get((node, port)) if is_output else None
        keys = fitting(shape) if is_output else [key for key, layer in offered().items() if layer.outputs()]
        self.quick_add.open_at(self.mapFromScene(pos), pos, set(keys), tr("What fits here…"))

    def _forget_loose_end(self) -> None:
        self._loose_end = self._replaced = None

    def _add_chosen(self, key: str, pos: QPointF) -> None:
        loose, replaced = self._loose_end, self._replaced
        self._forget_loose_end()
        nodes = self.session.project.graph.nodes
        if replaced in nodes:
            editing.replace(self, replaced, key)
        elif loose is not None and loose[0] in nodes:
            editing.add_and_wire(self, key, pos, *loose)
        else:
            self.add_layer(key, pos)
        self.setFocus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()
        else:  # files are the window's
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            wire = self.scene_.wire_at(self.mapToScene(event.position().toPoint()))
            self.scene_.clearSelection()
            if wire is not None:  # it will take the layer
                wire.setSelected(True)
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.scene_.clearSelection()

    def dropEvent(self, event: QDropEvent) -> None:
        key = bytes(event.mimeData().data(MIME).data()).decode("utf-8", "replace")
        if key in offered():
            self.add_layer(key, self.mapToScene(event.position().toPoint()))
            event.acceptProposedAction()
