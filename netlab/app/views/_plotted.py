"""What views that draw one plot have in common."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from netlab.app.plot import Plot
from netlab.app.theme import themes
from netlab.app.views.view import View


class PlottedView(View):
    """A view that is all plot, in the colours of the theme."""

    def __init__(self, plot: Plot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = plot
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(plot)
        themes.changed.connect(plot.restyle)
        plot.restyle()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.plot.close()  # pyqtgraph makes menus of its own, which nobody else would let go of
        self.plot.deleteLater()
        super().closeEvent(event)
