"""Before a long run: does the loss begin where it should, is everything wired to learn, can one batch be learned?"""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from netlab.app.form import clear
from netlab.app.session import Session
from netlab.app.theme import color
from netlab.app.training.asking import Asking
from netlab.language import mark, tr

ABOUT = mark(
    "Some steps with a fresh model, of which nothing is kept: its first loss, its gradients, one batch by heart, and the "
    "learning rate."
)
TITLES = {
    "values": mark("Values"),
    "loss": mark("First loss"),
    "gradients": mark("Gradients"),
    "overfit": mark("One batch by heart"),
    "rate": mark("Learning rate"),
}


class SanityDialog(Asking):
    """A row for each finding, with a way to the node that it is about."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent, "sanity", tr("Check before training"), tr(ABOUT))
        self.resize(560, 320)
        self.ask()

    def clear(self) -> None:
        clear(self.content)

    def show_answer(self, answer: Any) -> None:
        rows = QWidget()
        grid = QGridLayout(rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(2, 1)
        for row, found in enumerate(answer):
            sign = QLabel("✓" if found["fine"] else "✗")
            sign.setStyleSheet(f"color: {color('good' if found['fine'] else 'error').name()}; font-weight: 700")
            sign.setAccessibleName(tr("fine") if found["fine"] else tr("wrong"))
            title, text = QLabel(tr(TITLES.get(str(found["name"]), str(found["name"])))), QLabel(found["message"])
            title.setProperty("muted", True)
            text.setWordWrap(True)
            for column, widget in enumerate((sign, title, text)):
                grid.addWidget(widget, row, column, Qt.AlignmentFlag.AlignTop)
            if found["node"] in self.session.project.graph.nodes:
                show = QPushButton(tr("Show"))
                show.clicked.connect(partial(self.session.select, [found["node"]]))
                grid.addWidget(show, row, 3, Qt.AlignmentFlag.AlignTop)
        self.content.addWidget(rows)
        self.content.addStretch(1)
