"""The frames behind the nodes: follow the document, and say what lies in a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from netlab.app.canvas.frame_item import FrameItem
from netlab.app.session import Session
from netlab.document.diff import Diff
from netlab.document.project import Project

if TYPE_CHECKING:
    from netlab.app.canvas.scene import CanvasScene


class Frames:
    """Items for the frames of what the scene shows."""

    def __init__(self, scene: CanvasScene, session: Session) -> None:
        self.scene, self.session = scene, session
        self.items: dict[str, FrameItem] = {}
        session.changed.connect(self._follow)

    def rebuild(self) -> None:
        """Make everything anew; the scene has just cleared itself."""
        self.items.clear()
        self.session.frames = []
        for id in self.session.project.graph.frames:
            self._put(id)

    def _follow(self, project: Project, diff: Diff) -> None:
        for id in diff.ids("frame"):
            self._put(id)

    def _put(self, id: str) -> None:
        frame = self.session.project.graph.frames.get(id)
        item = self.items.get(id)
        if frame is None or frame.parent != self.session.scope:
            if item is not None:
                self.scene.removeItem(self.items.pop(id))
                self.session.frames = self.selected()
            return
        if item is None:
            self.items[id] = item = FrameItem(frame)
            self.scene.addItem(item)
        item.show_frame(frame)

    def selected(self) -> list[str]:
        """Ids of the selected frames."""
        return [id for id, item in self.items.items() if item.isSelected()]

    def select(self, ids: list[str]) -> None:
        """Select these frames, and no others."""
        for id, item in self.items.items():
            item.setSelected(id in ids)
        self.session.frames = [id for id in ids if id in self.items]

    def title_at(self, pos: QPointF) -> str | None:
        """The frame whose title bar is under a point."""
        return self._smallest([i for i in self.items.values() if i.title_rect().contains(i.mapFromScene(pos))])

    def corner_at(self, pos: QPointF) -> str | None:
        """The frame whose corner, by which its size is changed, is under a point."""
        return self._smallest([i for i in self.items.values() if i.corner_rect().contains(i.mapFromScene(pos))])

    def at(self, pos: QPointF) -> str | None:
        """The smallest frame around a point."""
        return self._smallest([i for i in self.items.values() if i.rect().contains(i.mapFromScene(pos))])

    @staticmethod
    def _smallest(found: list[FrameItem]) -> str | None:
        best = min(found, key=lambda item: item.frame.width * item.frame.height, default=None)
        return best.frame.id if best is not None else None

    def content(self, id: str) -> list[str]:
        """The nodes whose middle lies in a frame, and the frames that lie wholly in it."""
        rect = self.items[id].sceneBoundingRect()
        inside = [n for n, item in self.scene.nodes.items() if rect.contains(item.sceneBoundingRect().center())]
        return inside + [
            f for f, item in self.items.items() if f != id and rect.contains(item.mapRectToScene(item.rect()))
        ]

    def around(self, nodes: list[str]) -> QRectF:
        """A rectangle with room around nodes, for a frame."""
        rect = QRectF()
        for id in nodes:
            item = self.scene.nodes[id]
            rect = rect.united(item.mapRectToScene(item.layout_.rect))
        return rect.adjusted(-30, -60, 30, 30)
