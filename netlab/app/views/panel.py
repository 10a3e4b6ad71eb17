"""The dock of views: one tab for everything that is watched, with a slider back through the run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from netlab.app.session import Session
from netlab.app.training.follower import RunFollower
from netlab.app.views.view import View, catalogue
from netlab.language import mark, tr
from netlab.protocol.commands import PHASES
from netlab.protocol.summaries import GRADIENTS, TIMES
from netlab.runs.reader import Reading

OF_EVERY_RUN = (GRADIENTS, TIMES)
PHASE_TITLES: dict[str, str] = dict(
    zip(PHASES, (mark("Value"), mark("Gradient"), mark("Change of weights")), strict=True)
)
READY = mark("Press Train to see what is watched move.")
EMPTY = mark(
    "Nothing is watched yet.\n\nSelect a node and switch on “Watch attention” or another view\nin the inspector, then press Train."
)


class ViewsPanel(QWidget):
    """Shows the newest readings of the watched run, or those of an earlier step."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session = session
        self.run: RunFollower | None = None
        self.views: dict[str, View] = {}
        self.steps: list[int] = []
        self.live = True
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.empty = QLabel(tr(EMPTY))
        self.empty.setProperty("muted", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(tr("Step of the run"))
        self.slider.valueChanged.connect(self._scrub)
        self.back = QPushButton(tr("Live"))
        self.back.setCheckable(True)
        self.back.setChecked(True)
        self.back.clicked.connect(self._go_live)
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 2, 10, 6)
        bar.addWidget(self.slider, 1)
        bar.addWidget(self.back)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs, 1)
        column.addLayout(bar)
        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)
        session.run_changed.connect(self.follow)
        session.inferred_changed.connect(lambda _: self._explain())
        session.selection_changed.connect(self._show_moment)
        self._explain()

    def _explain(self) -> None:
        self.empty.setText(tr(READY if self.session.project.probes else EMPTY))

    def follow(self, run: RunFollower | None) -> None:
        """Show another run."""
        while self.tabs.count():
            self.tabs.removeTab(0)
        for view in self.views.values():
            view.close()
            view.deleteLater()
        self.views.clear()
        self.steps.clear()
        self._go_live()
        self.run = run
        self.stack.setCurrentIndex(0)
        if run is not None:
            run.reading.connect(self._take)
            run.rewound.connect(self._forget_after)

    def _forget_after(self, step: int) -> None:
        self.steps = [kept for kept in self.steps if kept <= step]

    def _take(self, reading: Reading) -> None:
        if reading.probe in PHASES:  # a run that is led by hand tells of every node: the selected one is shown
            if reading.node in self.session.selection:
                self._show(reading)
            return
        if not self.steps and self.run is not None:  # a run that is over, or was joined in the middle
            self.steps = self.run.reader.reading_steps(reading.probe, reading.node)
        if not self.steps or reading.step >= self.steps[-1]:
            self.steps += [reading.step] if not self.steps or reading.step > self.steps[-1] else []
            self.slider.blockSignals(True)
            self.slider.setRange(0, len(self.steps) - 1)
            if self.live:
                self.slider.setValue(len(self.steps) - 1)
            self.slider.blockSignals(False)
        if self.live:
            self._show(reading)

    def _show(self, reading: Reading) -> None:
        kind = catalogue()[type(reading.summary)]
        phase = PHASE_TITLES.get(reading.probe)
        key = reading.probe if kind.together or phase else f"{reading.probe}/{reading.node}"
        name = self._name(reading.node)
        view = self.views.get(key)
        if view is None:
            view = self.views[key] = kind()
            words = tr(phase or kind.title)
            title = words if phase or kind.together else tr("{view}: {node}", view=words, node=name)
            self._add_tab(key, view, title)
            self.stack.setCurrentIndex(1)
        view.show_reading(reading, name)

    def _add_tab(self, key: str, view: View, title: str) -> None:
        """What was asked for stands before what every run has, and is shown first."""
        behind = OF_EVERY_RUN[OF_EVERY_RUN.index(key) + 1 :] if key in OF_EVERY_RUN else OF_EVERY_RUN
        places = [self.tabs.indexOf(self.views[own]) for own in behind if own in self.views]
        place = self.tabs.insertTab(min(places, default=self.tabs.count()), view, title)
        if place == 0 and key not in OF_EVERY_RUN:
            self.tabs.setCurrentIndex(0)

    def _show_moment(self, selection: list[str]) -> None:
        """What the selected node holds, in a run that is led by hand."""
        for (probe, node), reading in list(self.run.readings.items()) if self.run is not None else ():
            if probe in PHASES and node in selection:
                self._show(reading)

    def _name(self, node: str) -> str:
        record = self.session.project.graph.nodes.get(node)
        return (record.name or record.type) if record is not None else node

    def _scrub(self, index: int) -> None:
        if self.run is None or not self.steps:
            return
        self.live = index >= len(self.steps) - 1
        self.back.setChecked(self.live)
        for probe, node in [key for key in self.run.readings if key[0] not in PHASES]:
            reading = self.run.reader.reading_at(probe, node, self.steps[index])
            if reading is not None:
                self._show(reading)

    def _go_live(self) -> None:
        self.live = True
        self.back.setChecked(True)
        if self.steps:
            self.slider.setValue(len(self.steps) - 1)
