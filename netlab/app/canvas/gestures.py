"""Which tool a press of the mouse makes: decided by the button, the keys that are held, and what lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGraphicsItem

from netlab.app.canvas.tools.box import BoxTool
from netlab.app.canvas.tools.cut import CutTool
from netlab.app.canvas.tools.frame import FrameSizeTool, FrameTool
from netlab.app.canvas.tools.lasso import LassoTool
from netlab.app.canvas.tools.move import MoveTool
from netlab.app.canvas.tools.pan import PanTool
from netlab.app.canvas.tools.scrub import ScrubTool, can_scrub
from netlab.app.canvas.tools.tool import Tool
from netlab.app.canvas.tools.wire import WireTool

if TYPE_CHECKING:
    from netlab.app.canvas.view import CanvasView

Keys = Qt.KeyboardModifier
Button = Qt.MouseButton


def tool_for(view: CanvasView, event: QMouseEvent) -> Tool | None:
    """The tool for a press; None if there is nothing to drag.

    Left: wire from a port, move a node or frame, box in the empty (Shift adds, Ctrl makes it a lasso, Alt cuts wires).
    Middle, or left with Space: pan. Right with Ctrl: cut wires.
    """
    pos = view.mapToScene(event.position().toPoint())
    held, button = event.modifiers(), event.button()
    if button == Button.MiddleButton or (view.space_down and button == Button.LeftButton):
        return PanTool(view, view.scene_, pos)
    if button == Button.RightButton and held & Keys.ControlModifier:
        return CutTool(view, view.scene_, pos)
    return _left(view, pos, held) if button == Button.LeftButton else None


def _left(view: CanvasView, pos: QPointF, held: Keys) -> Tool | None:
    scene = view.scene_
    shift = bool(held & Keys.ShiftModifier)
    adds = shift or bool(held & Keys.ControlModifier)
    if held & Keys.AltModifier:
        return CutTool(view, scene, pos)
    if (port := scene.port_at(pos)) is not None:
        return WireTool(view, scene, pos, *port)
    if (node := scene.node_at(pos)) is not None:
        _select(view, node, adds)
        field = node.field_at(pos)
        if field is not None and can_scrub(node, field[0].option):
            return ScrubTool(view, scene, pos, node, field[0].option)
        return MoveTool(view, scene, pos, node.node.id)
    if (wire := scene.wire_at(pos)) is not None:
        _select(view, wire, adds)
        return None
    if (frame := scene.frames.corner_at(pos)) is not None:
        _select(view, scene.frames.items[frame], adds)
        return FrameSizeTool(view, scene, pos, frame)
    if (frame := scene.frames.title_at(pos)) is not None:
        _select(view, scene.frames.items[frame], adds)
        return FrameTool(view, scene, pos, frame)
    if held & Keys.ControlModifier:
        return LassoTool(view, scene, pos, shift)
    return BoxTool(view, scene, pos, shift)


def _select(view: CanvasView, item: QGraphicsItem, adds: bool) -> None:
    """Select it alone, or add it to the selection and take it away again; one of several stays one of them."""
    if adds:
        item.setSelected(not item.isSelected())
    elif not item.isSelected():
        view.scene_.clearSelection()
        item.setSelected(True)
