"""A line at the top of the window that says something without standing in the way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from netlab.language import tr

SECONDS = {"info": 4, "error": 12}


class Banner(QFrame):
    """Shows one message at a time, with buttons if it asks something."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("banner", True)
        self.text = QLabel("")
        self.text.setWordWrap(True)
        self._buttons = QHBoxLayout()
        close = QToolButton()
        close.setText("✕")
        close.setAccessibleName(tr("Dismiss"))
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 6, 8, 6)
        layout.addWidget(self.text, 1)
        layout.addLayout(self._buttons)
        layout.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def say(self, text: str, level: str) -> None:
        """Show a sentence for some seconds."""
        self._fill(text, {})
        self.text.setProperty("error", level == "error")
        self.text.style().unpolish(self.text)
        self.text.style().polish(self.text)
        self._timer.start(SECONDS.get(level, 8) * 1000)

    def ask(self, text: str, answers: dict[str, Callable[[], object]]) -> None:
        """Show a question until it is answered or dismissed."""
        self._timer.stop()
        self.text.setProperty("error", False)
        self._fill(text, answers)

    def _fill(self, text: str, answers: dict[str, Callable[[], object]]) -> None:
        while self._buttons.count():
            item = self._buttons.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for label, action in answers.items():
            button = QPushButton(label)
            button.clicked.connect(lambda _=False, action=action: (self.hide(), action()))
            self._buttons.addWidget(button)
        self.text.setText(text)
        self.show()
