"""What every gesture has: it follows the pointer, and is finished or cancelled once."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QGraphicsView

from netlab.app.canvas.scene import CanvasScene


class Tool:
    """A gesture under way. Points are in scene coordinates."""

    def __init__(self, view: QGraphicsView, scene: CanvasScene, start: QPointF) -> None:
        self.view, self.scene, self.start = view, scene, start
        self.session = scene.session

    def move(self, pos: QPointF) -> None:
        """The pointer is now here."""

    def key(self, key: Qt.Key) -> bool:
        """A key was pressed meanwhile; True if the gesture took it."""
        return False

    def release(self, pos: QPointF) -> None:
        """The button went up: do it."""

    def cancel(self) -> None:
        """Escape: leave everything as it was."""
