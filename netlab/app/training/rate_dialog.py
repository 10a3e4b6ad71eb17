"""The learning-rate finder: the loss while the rate rises, and one click to take a rate over."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from netlab.app.plot import Plot
from netlab.app.session import Session
from netlab.app.theme import color, themes
from netlab.app.training.asking import Asking
from netlab.language import mark, tr

ABOUT = mark(
    "The learning rate rises from step to step. Begin where the loss falls fast, well before it breaks off (Smith 2015)."
)
TIP = mark("Drag the line, or click into the curve, to choose another rate.")


class RateDialog(Asking):
    """Loss against learning rate; the rate under the line can be used, as one undo step.

    Attributes:
        rate: the chosen one, None before there is an answer or where no rate helps.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent, "lrfind", tr("Find a learning rate"), tr(ABOUT))
        self.rate: float | None = None
        self.plot = Plot(tr("learning rate"), tr("loss"))
        self.plot.setMinimumHeight(240)
        place = self.plot.sizePolicy()
        place.setRetainSizeWhenHidden(True)
        self.plot.setSizePolicy(place)
        self.plot.setToolTip(tr(TIP))
        self.plot.item.setLogMode(x=True)
        self.curve = self.plot.item.plot()
        self.line: Any = pg.InfiniteLine(movable=True)
        self.line.sigPositionChanged.connect(self._moved)
        self.plot.item.addItem(self.line, ignoreBounds=True)
        scene: Any = self.plot.scene()
        scene.sigMouseClicked.connect(self._clicked)
        self.told = QLabel("")
        self.told.setWordWrap(True)
        self.use = QPushButton(tr("Use this rate"))
        self.use.setProperty("primary", True)
        self.use.clicked.connect(self._use)
        self.content.addWidget(self.plot, 1)
        self.content.addWidget(self.told)
        self.buttons.insertWidget(2, self.use)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.ask()

    def clear(self) -> None:
        self.told.setText("")
        self.plot.hide()
        self.curve.setData([], [])
        self.line.hide()
        self._choose(None)

    def show_answer(self, answer: Any) -> None:
        self.curve.setData(answer["rates"], answer["losses"])
        self.told.setText(answer["message"])
        self.plot.setVisible(bool(answer["rates"]))
        if answer["rates"]:
            self.line.setValue(math.log10(answer["best"] or answer["rates"][0]))
            self.line.show()
        self._choose(answer["best"])

    def _choose(self, rate: float | None) -> None:
        self.rate = None if rate is None else float(f"{rate:.2g}")  # finer is not known
        self.use.setEnabled(rate is not None)
        self.use.setText(tr("Use this rate") if self.rate is None else tr("Use {rate:g}", rate=self.rate))

    def _moved(self) -> None:
        if self.line.isVisible():
            self._choose(10 ** float(self.line.value()))

    def _clicked(self, event: Any) -> None:
        if self.line.isVisible() and self.plot.item.vb.sceneBoundingRect().contains(event.scenePos()):
            self.line.setValue(self.plot.item.vb.mapSceneToView(event.scenePos()).x())

    def _use(self) -> None:
        if self.rate is not None:
            self.session.set_learning_rate(self.rate)
            self.accept()

    def _restyle(self) -> None:
        self.plot.restyle()
        self.curve.setPen(pg.mkPen(color("train"), width=2))
        self.line.setPen(pg.mkPen(color("good"), width=2))
        self.line.setHoverPen(pg.mkPen(color("good"), width=4))
