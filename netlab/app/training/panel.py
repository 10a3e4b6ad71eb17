"""The training dock: buttons, learning rate, progress and the curves."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from netlab.app.session import Session
from netlab.app.training.curves import CurvesPanel
from netlab.app.training.follower import RunFollower
from netlab.language import mark, tr

GAP = "   "
RESUME = mark("Resume from the last checkpoint")
WORDS = {
    "queued": mark("Waiting for its turn"), "starting": mark("Starting…"), "running": mark("Training"),
    "paused": mark("Paused"), "finished": mark("Finished"), "stopped": mark("Stopped"), "failed": mark("Failed"),
    "lost": mark("Engine lost"), "new": mark("Not begun"), "pausing": mark("Pausing after this step…"),
    "stopping": mark("Stopping after this step…"),
}  # fmt: skip


class _Facts(QLabel):
    """As many facts as there is room for, the first ones first; all of them where the pointer rests."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[str] = []
        self.setProperty("muted", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def tell(self, facts: list[str]) -> None:
        """Show these, the most important first."""
        self._all = facts
        self._fit()

    def _fit(self) -> None:
        shown = self._all
        while len(shown) > 1 and self.fontMetrics().horizontalAdvance(GAP.join(shown)) > self.width():
            shown = shown[:-1]
        self.setText(GAP.join(shown))
        self.setToolTip(GAP.join(self._all) if shown != self._all else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


class TrainingPanel(QWidget):
    """Start, steer and watch a run."""

    go_to = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session = session
        self.run: RunFollower | None = None
        self._speed: tuple[float, int] | None = None
        self._build()
        session.run_changed.connect(self._follow)
        session.inferred_changed.connect(lambda _: self._show())
        session.changed.connect(lambda *_: self._show_rate())
        session.replaced.connect(self._show_rate)
        self._show()
        self._show_rate()

    def _build(self) -> None:
        self.train = QPushButton(tr("Train"))
        self.train.setProperty("primary", True)
        self.pause = QPushButton(tr("Pause"))
        self.stop = QPushButton(tr("Stop"))
        self.rate = QLineEdit()
        self.rate.setFixedWidth(80)
        self.rate.setAccessibleName(tr("Learning rate"))
        self.rate.setToolTip(tr("Learning rate η. A change takes effect at once, also while training."))
        self.state = QLabel("")
        self.facts = _Facts()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.fault = QLabel("")
        self.fault.setProperty("error", True)
        self.fault.setWordWrap(True)
        self.show_node = QPushButton(tr("Show the node"))
        self.go_on = QPushButton(tr(RESUME))
        row = QHBoxLayout()
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(6)
        for widget in (self.train, self.pause, self.stop):
            row.addWidget(widget)
        row.addSpacing(10)
        row.addWidget(QLabel("η"))
        row.addWidget(self.rate)
        row.addSpacing(10)
        row.addWidget(self.state)
        row.addWidget(self.facts, 1)
        fault_row = QHBoxLayout()
        fault_row.setContentsMargins(10, 0, 10, 4)
        fault_row.addWidget(self.fault, 1)
        fault_row.addWidget(self.show_node)
        fault_row.addWidget(self.go_on)
        self.curves = CurvesPanel(self.session)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        layout.addLayout(fault_row)
        layout.addWidget(self.curves, 1)
        self.train.clicked.connect(self.session.train)
        self.pause.clicked.connect(self._toggle_pause)
        self.stop.clicked.connect(self.session.stop)
        self.show_node.clicked.connect(self._go_to_fault)
        self.go_on.clicked.connect(self.session.resume_run)
        self.rate.editingFinished.connect(self._rate_typed)

    def _toggle_pause(self) -> None:
        paused = self.run is not None and self.run.status.get("state") == "paused"
        (self.session.resume if paused else self.session.pause)()

    def _go_to_fault(self) -> None:
        if self.run is not None:
            node = self.run.status.get("node", "")
            self.session.select([node])
            self.go_to.emit(node)

    def _rate_typed(self) -> None:
        try:
            value = float(self.rate.text())
        except ValueError:
            told = tr("{text!r} is not a number, for example 0.001 or 1e-3.", text=self.rate.text())
            self.session.message.emit(told, "error")
            self._show_rate()
            return
        if value != self.session.project.training.get("learning_rate"):
            self.session.set_learning_rate(value)
        self._show_rate()

    def _show_rate(self) -> None:
        if not self.rate.hasFocus() or not self.rate.isModified():
            self.rate.setText(f"{self.session.project.training.get('learning_rate', 0.001):g}")
            self.rate.setModified(False)

    def _follow(self, run: RunFollower | None) -> None:
        self.run = run
        self._speed = None
        if run is not None:
            run.status_changed.connect(lambda _: self._show())
        self._show()

    def _show(self) -> None:
        status = self.run.status if self.run is not None else {}
        state = status.get("state", "")
        live = self.session.is_running
        self.train.setEnabled(not live and not self.session.inferred.blocking)
        blocking = self.session.inferred.blocking
        self.train.setToolTip(blocking[0].message if blocking else tr("Train this model (F5)"))
        asked = self.run.asked if self.run is not None else ""
        self.pause.setEnabled(state in ("running", "paused") and not asked)
        self.pause.setText(tr("Go on") if state == "paused" else tr("Pause"))
        self.stop.setEnabled(live and asked != "stopping")
        self.state.setText(tr(WORDS.get(asked or state, "")))
        self.facts.tell(self._facts(status))
        total = int(status.get("total_steps", 0))
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(int(status.get("step", 0)))
        wrong = state in ("failed", "lost")
        self.fault.setVisible(wrong)
        self.go_on.setVisible(wrong)
        parts = status.get("micro_batches", "")
        self.go_on.setText(tr("Go on with each batch in {count} parts", count=parts) if parts else tr(RESUME))
        self.show_node.setVisible(wrong and status.get("node", "") in self.session.project.graph.nodes)
        self.fault.setText(status.get("message", "") if wrong else "")

    def _facts(self, status: dict[str, str]) -> list[str]:
        """What is known of the run, the most important first."""
        if "step" not in status:
            return []
        step, total = int(status["step"]), int(status.get("total_steps", 0))
        told = [
            tr("step {step:,} of {total:,}", step=step, total=total),
            tr("epoch {epoch:.1f}", epoch=float(status.get("epoch", 0))),
        ]
        assert self.run is not None
        _, speeds = self.run.curve("samples_per_s")
        if len(speeds):
            told.append(tr("{speed:,.0f} samples/s", speed=speeds[-1]))
        told.append(status.get("device", ""))
        now = time.monotonic()
        if self._speed is None or step < self._speed[1]:
            self._speed = (now, step)
        elif status.get("state") == "running" and now - self._speed[0] > 2 and step > self._speed[1]:
            left = (total - step) * (now - self._speed[0]) / (step - self._speed[1])
            told.insert(
                1, tr("{count:.0f} min left", count=left / 60) if left > 90 else tr("{count:.0f} s left", count=left)
            )
        return [part for part in told if part]
