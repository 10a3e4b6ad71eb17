"""Push the canvas about, by the middle button or with the space bar."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsView

from netlab.app.canvas.scene import CanvasScene
from netlab.app.canvas.tools.tool import Tool


class PanTool(Tool):
    """Keeps the point that was grabbed under the pointer."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF) -> None:
        super().__init__(view, scene, start)
        self.bars = (view.horizontalScrollBar(), view.verticalScrollBar())
        self.grabbed = view.mapFromScene(start)
        self.before = [bar.value() for bar in self.bars]

    def move(self, pos: QPointF) -> None:
        offset = self.view.mapFromScene(pos) - self.grabbed
        for bar, step in zip(self.bars, (offset.x(), offset.y()), strict=True):
            bar.setValue(bar.value() - step)

    def cancel(self) -> None:
        for bar, value in zip(self.bars, self.before, strict=True):
            bar.setValue(value)
