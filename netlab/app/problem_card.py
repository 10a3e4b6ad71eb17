"""One problem in words, with its fixes as buttons."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from netlab.app.session import Session
from netlab.compiler.fixes import apply_fix
from netlab.compiler.problem import ERROR, Problem


def problem_card(session: Session, problem: Problem, parent: QWidget | None = None) -> QFrame:
    """The sentence and a button a fix; a click is an undoable edit."""
    card = QFrame(parent)
    card.setProperty("card", True)
    layout = QVBoxLayout(card)
    layout.setContentsMargins(10, 8, 10, 8)
    text = QLabel(problem.message)
    text.setWordWrap(True)
    text.setProperty("error", problem.severity == ERROR)
    layout.addWidget(text)
    if problem.fixes:
        row = QHBoxLayout()
        for fix in problem.fixes[:3]:
            button = QPushButton(fix.label)
            button.setObjectName("fix")
            button.clicked.connect(lambda _=False, fix=fix: session.apply(fix.label, apply_fix, problem, fix))
            row.addWidget(button)
        row.addStretch(1)
        layout.addLayout(row)
    return card
