"""Drag a value on a node: to the right it grows, to the left it shrinks; one edit on release."""

from __future__ import annotations

from math import floor, log10
from typing import Any

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsView

from netlab.app.canvas.node_item import NodeItem
from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.tool import Tool
from netlab.app.form import setting
from netlab.document import edits
from netlab.options import Float, Int, Option

PIXELS = 6.0  # of the screen for one step
GROWTH = 1.05  # of a number with a point, for one step


class ScrubTool(Tool):
    """Shows the new value on the node while the pointer moves."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF, item: NodeItem, option: str) -> None:
        super().__init__(view, scene, start)
        self.node, self.name = item.node, option
        assert item.layer is not None
        self.option: Option[Any] = item.layer.options()[option]
        self.before = self.value = item.node.options.get(option, self.option.default)

    def move(self, pos: QPointF) -> None:
        steps = round((pos.x() - self.start.x()) * self.view.transform().m11() / PIXELS)
        self._show(scrubbed(self.option, self.before, steps))

    def _show(self, value: Any) -> None:
        item = self.scene.nodes.get(self.node.id)
        if item is not None and value != self.value and self.node.id in self.session.project.graph.nodes:
            self.value = value
            item.node = edits.set_option(self.session.project, self.node.id, self.name, value).graph.nodes[self.node.id]
            item.update()

    def release(self, pos: QPointF) -> None:
        if self.value != self.before:
            self.session.apply(setting(self.option), edits.set_option, self.node.id, self.name, self.value)

    def cancel(self) -> None:
        self._show(self.before)


def can_scrub(item: NodeItem, option: str) -> bool:
    """Whether an option is a number that can be dragged."""
    return item.layer is not None and isinstance(item.layer.options().get(option), Int | Float)


def scrubbed(option: Option[Any], start: Any, steps: int) -> Any:
    """A number so many steps away, within its limits; large whole numbers take larger steps."""
    if isinstance(option, Int):
        step = 1 if abs(start) < 20 else 10 ** (floor(log10(abs(start))) - 1)
        return min(max(int(start) + steps * step, option.min), option.max)
    if not isinstance(option, Float):
        return start
    value = float(start) * GROWTH**steps if start else 0.01 * steps
    return min(max(float(f"{value:.3g}"), option.min), option.max)
