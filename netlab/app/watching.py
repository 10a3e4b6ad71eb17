"""A panel that looks for news only while it is seen."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget


class Watching(QWidget):
    """Calls `refresh` when it comes into sight, and from then on at an interval in milliseconds."""

    def __init__(self, interval: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._looker = QTimer(self)
        self._looker.setInterval(interval)
        self._looker.timeout.connect(self.refresh)

    def refresh(self) -> None:
        """Look whether there is anything new."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._looker.start()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._looker.stop()
