"""A time series: its parts in their colours, and one window with its horizon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyqtgraph as pg
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from netlab.app.data.page import Page
from netlab.app.plot import Plot
from netlab.app.theme import color, themes
from netlab.data.look import Preview
from netlab.language import mark, tr

PARTS = {
    "train": ("train", mark("training")),
    "val": ("validation", mark("validation")),
    "test": ("good", mark("test")),
}


class SeriesPage(Page):
    """One column at a time."""

    title = mark("Series")
    place = 10

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = Plot(tr("step"))
        self.column = QComboBox()
        self.column.setAccessibleName(tr("Column"))
        self.column.activated.connect(lambda _: self._draw())
        self.legend = QLabel("")
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._preview: Preview | None = None
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 6, 10, 2)
        bar.addWidget(self.column)
        bar.addWidget(self.legend, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.plot, 1)
        themes.changed.connect(self._draw)

    @classmethod
    def fits(cls, preview: Preview) -> bool:
        return bool(preview.curves)

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        self._preview = preview
        names = list(dict.fromkeys(curve.name for curve in preview.curves))
        kept = self.column.currentText()
        self.column.clear()
        self.column.addItems(names)
        self.column.setCurrentText(kept if kept in names else names[0])
        self._draw()

    def _draw(self) -> None:
        self.plot.restyle()
        self.plot.item.clear()
        if self._preview is None:
            return
        parts = []
        for curve in self._preview.curves:
            if curve.name != self.column.currentText():
                continue
            tint, word = PARTS[curve.part]
            pen = pg.mkPen(color(tint), width=1.4)
            line: Any = self.plot.item.plot(curve.x, curve.y, pen=pen)
            line.setDownsampling(auto=True, method="peak")
            line.setClipToView(True)
            parts.append((color(tint).name(), word))
        if self._preview.window is not None:
            start, end, last = self._preview.window
            for low, high, tint, word in ((start, end, "muted", mark("window")), (end, last, "error", mark("horizon"))):
                span = pg.LinearRegionItem((low, high), movable=False, brush=color(tint, 45), pen=pg.mkPen(None))
                self.plot.item.addItem(span)
                parts.append((color(tint).name(), word))
        said = "&nbsp;&nbsp; ".join(f'<span style="color:{tint}">▬</span> {tr(word)}' for tint, word in parts)
        self.legend.setText(said)
