"""What the dialogs of imports have in common: a line that says what is under way, or what went wrong."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from netlab.language import tr


class Waiting(QWidget):
    """A moving bar with words, or words alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel("")
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName(tr("An import is under way"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar, 1)
        self.say("")

    def wait(self, what: str) -> None:
        """Something is under way."""
        self.say(what)
        self.bar.show()

    def say(self, sentence: str, *, wrong: bool = False) -> None:
        """Nothing is under way."""
        self.bar.hide()
        self.text.setText(sentence)
        self.text.setProperty("error", wrong)
        self.text.setProperty("muted", not wrong)
        self.text.style().unpolish(self.text)
        self.text.style().polish(self.text)
