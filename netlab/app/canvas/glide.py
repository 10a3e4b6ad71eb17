"""Nodes glide to where they belong now, so that the eye can follow."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEasingCurve, QObject, QPointF, QVariantAnimation

from netlab.app.canvas.scene import CanvasScene

MS = 220


class Glide(QObject):
    """Moves items only; the document holds the new places already."""

    def __init__(self, scene: CanvasScene, parent: QObject) -> None:
        super().__init__(parent)
        self.scene = scene
        self.ways: dict[str, tuple[QPointF, QPointF]] = {}
        self.animation = QVariantAnimation(self)
        self.animation.setDuration(MS)
        self.animation.setStartValue(0.0)
        self.animation.setEndValue(1.0)
        self.animation.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self.animation.valueChanged.connect(self._step)
        self.animation.finished.connect(self.settle)

    def start(self, before: Mapping[str, QPointF]) -> None:
        """From these places to where the items are now."""
        self.settle()
        nodes = self.scene.nodes
        ways = {id: (place, nodes[id].pos()) for id, place in before.items() if id in nodes}
        self.ways = {id: way for id, way in ways.items() if way[0] != way[1]}
        if self.ways:
            self.animation.start()

    def settle(self) -> None:
        """Be at once where the document says."""
        self.animation.stop()
        nodes = self.scene.session.project.graph.nodes
        moved = [id for id in self.ways if id in self.scene.nodes]
        self.ways = {}
        for id in moved:
            self.scene.nodes[id].setPos(nodes[id].x, nodes[id].y)
        self.scene.lay_wires_of(moved)

    def _step(self, share: float) -> None:
        for id, (start, end) in self.ways.items():
            if id in self.scene.nodes:
                self.scene.nodes[id].setPos(start + (end - start) * share)
        if self.ways:
            self.scene.lay_wires_of(self.ways)
