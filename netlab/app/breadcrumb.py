"""Where we are: the model, and the blocks that are open, each a button that goes back there."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from netlab.app.form import clear
from netlab.app.session import Session
from netlab.compiler.blocks import ancestors
from netlab.language import tr, tr_project


class Breadcrumb(QWidget):
    """Shown only inside of a block."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 3, 10, 3)
        self._row.setSpacing(2)
        session.scope_changed.connect(lambda _: self._fill())
        session.changed.connect(lambda *_: self._fill())
        self._fill()

    def _fill(self) -> None:
        clear(self._row)
        scope = self.session.scope
        self.setVisible(bool(scope))
        if not scope:
            return
        graph = self.session.project.graph
        chain = [*reversed(list(ancestors(graph, scope))), graph.nodes[scope]]
        self._add(tr_project(self.session.project.title), "")
        for block in chain:
            self._row.addWidget(QLabel("›"))
            self._add(block.name or tr("Block"), block.id)
        self._row.addStretch(1)

    def _add(self, text: str, scope: str) -> None:
        button = QToolButton()
        button.setText(text)
        button.setEnabled(scope != self.session.scope)
        button.clicked.connect(lambda: self.session.enter(scope))
        self._row.addWidget(button)
