"""One problem in words, with its fixes as buttons."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

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
    for fix in problem.fixes[:3]:  # one below the other: labels are sentences, and the panel may be narrow
        button = QPushButton(fix.label)
        button.setObjectName("fix")
        button.setToolTip(fix.label)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda _=False, fix=fix: session.apply(fix.label, apply_fix, problem, fix))
        layout.addWidget(button)
    return card
