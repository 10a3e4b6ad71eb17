"""A line in a plot that draws of its curve what the present zoom can show."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg

from netlab.app.training.curve import Curve

JAGGED_FROM = 256  # points; a line with more is drawn without antialiasing, which takes Qt five times as long


class FoldedLine(pg.PlotDataItem):
    """One curve. While its plot shows all of it, all is folded; panned or zoomed, just what is in sight."""

    def __init__(self, curve: Curve | None = None, smooth: bool = False, **look: Any) -> None:
        """`smooth`: it has no jags, and is quickly drawn at any length."""
        super().__init__(**look)
        self._smooth = smooth
        self._curve = Curve()
        self._within: tuple[float, float] | None = None
        self.show_curve(curve or self._curve)

    def show_curve(self, curve: Curve, **look: Any) -> None:
        """Draw this curve as it is now; `look` as for `setData`."""
        self._curve = curve
        self._within = self._in_sight()
        x, y = curve.folded(self._within)
        self.setData(x, y, antialias=self._smooth or len(x) < JAGGED_FROM, **look)

    def viewRangeChanged(self, vb: Any = None, ranges: Any = None, changed: Any = None) -> None:
        super().viewRangeChanged(vb, ranges, changed)
        if self._in_sight() != self._within:
            self.show_curve(self._curve)

    def _in_sight(self) -> tuple[float, float] | None:
        """The steps that the plot shows; None while it shows whatever there is."""
        box = self.getViewBox()
        if not isinstance(box, pg.ViewBox) or box.autoRangeEnabled()[0]:
            return None
        low, high = box.viewRange()[0]
        return low, high
