"""The list of problems: each a sentence, a place to go to, and fixes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from netlab.app.form import clear, muted
from netlab.app.problem_card import problem_card
from netlab.app.session import Session
from netlab.compiler.infer import Inferred
from netlab.language import tr

SHOWN = 50


class ProblemsPanel(QScrollArea):
    """All problems of the project; a click on one goes to its node."""

    go_to = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setWidgetResizable(True)
        body = QWidget()
        body.setProperty("panel", True)
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(10, 10, 10, 10)
        self.setWidget(body)
        self._shown: object = None
        session.inferred_changed.connect(self._show)
        self._show(session.inferred)

    def _show(self, inferred: Inferred) -> None:
        if inferred.problems == self._shown:
            return
        self._shown = inferred.problems
        clear(self._layout)
        if not inferred.problems:
            self._layout.addWidget(muted(tr("No problems: every shape fits.")))
        for problem in inferred.problems[:SHOWN]:
            card = problem_card(self.session, problem)
            if problem.node:
                _on_click(card, lambda node=problem.node: self._visit(node))
            self._layout.addWidget(card)
        self._layout.addStretch(1)

    def _visit(self, node: str) -> None:
        self.session.select([node])
        self.go_to.emit(node)


def _on_click(card: QFrame, action: object) -> None:
    def pressed(event: QMouseEvent) -> None:
        action()  # type: ignore[operator]

    card.mousePressEvent = pressed  # type: ignore[method-assign]
