"""A card beside a port that says why a wire does not fit, with what would mend it as buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QPushButton, QVBoxLayout

from netlab.app.canvas.scene import CanvasScene
from netlab.app.form import clear
from netlab.app.problem_card import problem_card
from netlab.app.session import Session
from netlab.compiler.problem import Problem
from netlab.language import tr

WIDTH = 340


class FixCard(QFrame):
    """Shown where a misfit was wired, until it is mended, something else is done, or Escape."""

    def __init__(self, session: Session, view: QGraphicsView, scene: CanvasScene) -> None:
        super().__init__(view)
        self.session, self.view, self.scene = session, view, scene
        self.place: tuple[str, str] | None = None
        self._shown: Problem | None = None
        self.setFixedWidth(WIDTH)
        self.setProperty("raised", True)
        self.setAccessibleName(tr("A wire that does not fit"))
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(4, 4, 4, 4)
        self.hide()
        scene.misfit.connect(self.open_for)
        session.inferred_changed.connect(lambda _: self._refresh())

    def open_for(self, node: str, port: str) -> None:
        """Speak of what is wrong at an input."""
        self.place = (node, port)
        self._refresh()

    def close_card(self) -> None:
        """Say no more."""
        self.place = self._shown = None
        self.hide()

    def _problem(self) -> Problem | None:
        if self.place is None or self.place[0] not in self.scene.nodes:
            return None
        found = [p for p in self.session.inferred.problems if p.node == self.place[0] and p.code == "shape"]
        return found[0] if found else None

    def _refresh(self) -> None:
        problem = self._problem()
        if problem is None:
            self.close_card()
            return
        if problem != self._shown:
            self._shown = problem
            clear(self._layout)
            card = problem_card(self.session, problem)
            self._layout.addWidget(card)
            card.show()  # a layout does not measure what is not shown
        self.show()
        self.raise_()
        self._layout.activate()
        self._put()

    def _put(self) -> None:
        """Below the node, inside of the view."""
        assert self.place is not None
        item = self.scene.nodes[self.place[0]]
        rect = self.view.mapFromScene(item.mapRectToScene(item.layout_.rect)).boundingRect()
        self.setFixedHeight(
            self._layout.totalHeightForWidth(WIDTH) if self._layout.hasHeightForWidth() else self.sizeHint().height()
        )
        room = self.view.viewport().rect()
        below = rect.bottom() + 10
        y = below if below + self.height() < room.height() else max(4, rect.top() - self.height() - 10)
        self.move(max(4, min(rect.left(), room.width() - WIDTH - 4)), y)

    def focus(self) -> bool:
        """Give the keyboard to the first fix; False if none is on offer."""
        first = self.findChild(QPushButton, "fix")
        if self.isHidden() or first is None:
            return False
        first.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
            self.view.setFocus()
        else:
            super().keyPressEvent(event)
