"""What views that draw one plot have in common."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from netlab.app.plot import Plot
from netlab.app.theme import themes
from netlab.app.views.view import View

SHOWN_NAMES = 10
LETTERS, LABEL_WIDTH = 20, 140


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


class NodePlot(PlottedView):
    """A row for every node, from the first to the last in the order in which the numbers flow."""

    together = True

    def __init__(self, plot: Plot, parent: QWidget | None = None) -> None:
        super().__init__(plot, parent)
        plot.item.invertY(True)  # the first node on top
        plot.item.getAxis("left").setWidth(LABEL_WIDTH)

    def name_rows(self, names: list[str]) -> None:
        """Say beside the rows which nodes they are; beside some of them where there are many."""
        every = max(1, -(-len(names) // SHOWN_NAMES))
        ticks = [(i, _short(names[i])) for i in range(0, len(names), every)]
        self.plot.item.getAxis("left").setTicks([ticks])
        self.plot.item.setYRange(-0.6, len(names) - 0.4, padding=0)


def _short(name: str) -> str:
    """The name that somebody gave a node, or what it is; of a long one its end, which tells it from its neighbours."""
    own = name.partition("“")[2].rstrip("”") or name
    return own if len(own) <= LETTERS else f"…{own[1 - LETTERS :]}"
