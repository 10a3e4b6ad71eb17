"""Plots side by side, and in further rows where they would become too narrow to read."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

NARROWEST = 190  # pixels of a plot that still has room for its title and ticks
LOWEST = 150  # pixels of a plot that is one of several rows


class PlotGrid(QScrollArea):
    """As many plots in a row as are readable; what has no room below is scrolled to."""

    def __init__(self) -> None:
        super().__init__()
        self.plots: list[QWidget] = []
        self._columns = 0
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(4, 0, 8, 2)
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        for widget in (self._inside, self.viewport()):  # what lies behind it is the surface of the panel
            widget.setAutoFillBackground(False)

    def add(self, plot: QWidget) -> None:
        """Put another plot behind the others."""
        self.plots.append(plot)
        self._lay_out()

    def remove(self, plot: QWidget) -> None:
        """Take a plot out; it still belongs to whoever made it."""
        self.plots.remove(plot)
        self._grid.removeWidget(plot)
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitting() != self._columns:
            self._lay_out()

    def _fitting(self) -> int:
        """Plots in a row: all, or so many that the rows are about equally long."""
        count = max(len(self.plots), 1)
        rows = -(-count // max(1, self.viewport().width() // NARROWEST))
        return -(-count // rows)

    def _lay_out(self) -> None:
        self._columns = self._fitting()
        rows = -(-len(self.plots) // self._columns)
        for column in range(max(self._grid.columnCount(), self._columns)):
            self._grid.setColumnStretch(column, int(column < self._columns))
        for i, plot in enumerate(self.plots):
            self._grid.addWidget(plot, *divmod(i, self._columns))
        self._inside.setMinimumHeight(LOWEST * rows if rows > 1 else 0)
