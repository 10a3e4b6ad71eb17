"""A plot in the colours of the theme, for panels that stay as long as the window."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg

from netlab.app.theme import color

pg.setConfigOptions(antialias=True)  # of all plots, and so where the first is imported


class Plot(pg.PlotWidget):
    """Axes without menus and buttons.

    Attributes:
        item: pyqtgraph's plot item, which is not typed.
    """

    def __init__(self, bottom: str = "", left: str = "") -> None:
        super().__init__(enableMenu=False)
        self.item: Any = self.getPlotItem()
        self.item.hideButtons()
        self.item.ctrlMenu.setParent(self, self.item.ctrlMenu.windowFlags())  # made in any case, and nobody else's
        self.set_labels(bottom, left)

    def set_labels(self, bottom: str, left: str) -> None:
        """Name the axes; "" leaves one without a name."""
        for side, text in (("bottom", bottom), ("left", left)):
            self.item.getAxis(side).enableAutoSIPrefix(False)
            self.item.getAxis(side).setLabel(text)
            self.item.getAxis(side).showLabel(bool(text))

    def restyle(self) -> None:
        """Take over the colours of the theme."""
        self.setBackground(color("surface"))
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setPen(color("border"))
            axis.setTextPen(color("muted"))
            axis.setStyle(maxTickLevel=1)  # a third level of grid lines takes longer than the curves
        self.item.showGrid(x=True, y=True, alpha=0.12)
