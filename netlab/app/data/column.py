"""The left side of the panel and of the import sheet: a head that stays, and below it a form that scrolls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from netlab.app.data.options import align
from netlab.app.form import clear, muted


class FormColumn(QWidget):
    """Shows a sentence and a form, and keeps the focus in its place when the form is made anew."""

    def __init__(self, head: QLayout, margin: int) -> None:
        super().__init__()
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.body = QWidget()
        self.body.setProperty("panel", True)
        self._form = QVBoxLayout(self.body)
        self._form.setContentsMargins(margin, 6, margin, margin)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.body)
        self._head, self._margin, self._bar = head, margin, scroll.verticalScrollBar()
        self._bar.rangeChanged.connect(self._fit_head)
        self._fit_head()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(scroll, 1)

    def fill(self, sentence: str = "", form: QWidget | None = None) -> None:
        """Show another form, or none; a field that had the focus has it again if there is one of its name."""
        focus = self.focusWidget()
        kept = focus.objectName() if focus is not None and self.body.isAncestorOf(focus) else ""
        clear(self._form)
        if form is not None:
            self._form.addWidget(muted(sentence))
            self._form.addWidget(form)
            heads = [self._head] if isinstance(self._head, QFormLayout) else []
            align([*heads, *form.findChildren(QFormLayout)])
        self._form.addStretch(1)
        again = self.body.findChild(QWidget, kept) if kept else None
        if again is not None:
            again.setFocus()

    def _fit_head(self) -> None:
        """Let the head end where the form does, which makes room for the bar that scrolls it."""
        room = self._bar.sizeHint().width() if self._bar.maximum() > 0 else 0
        self._head.setContentsMargins(self._margin, self._margin, self._margin + room, 0)
