"""The training settings in groups; only what has an effect is shown, and the schedule is drawn."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from netlab.app.form import form, heading, muted, setting
from netlab.app.schedule_curve import ScheduleCurve
from netlab.app.session import Session
from netlab.app.sweeps.dialog import ask_sweep
from netlab.data.dataset import find_source
from netlab.document import edits
from netlab.document.optimizers import OPTIMIZERS
from netlab.document.schedules import SCHEDULES
from netlab.document.training import GROUPS, Training, settings_read
from netlab.language import tr
from netlab.options import OptionError

SOME_STEPS = 100  # in an epoch of data whose size is not known before it is loaded


def training_form(session: Session) -> QWidget:
    """A form in groups for the training settings of the project."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    try:
        values = Training(**session.project.training).values
    except OptionError:  # said among the problems; the form shows what is there, so that it can be mended
        values = {name: option.default for name, option in Training.options().items()} | session.project.training
        shown = set(Training.options())
    else:
        shown = settings_read(values)
    about = {"Optimizer": OPTIMIZERS, "Schedule": SCHEDULES}
    for title, names in GROUPS.items():
        options = {name: Training.options()[name] for name in names if name in shown and name != "schedule_points"}
        layout.addWidget(heading(tr(title or "Training")))
        sweep = partial(ask_sweep, session, "training")
        layout.addWidget(form(options, values, lambda name, value: set_training(session, name, value), sweep=sweep))
        chosen = about.get(title, {}).get(values.get(title.lower(), ""))
        if chosen is not None:
            layout.addWidget(muted(tr(chosen.about)))
        if title == "Schedule" and chosen is not None:
            layout.addWidget(_curve(session, values))
    names = [label for form in widget.findChildren(QFormLayout) for label in _labels(form)]
    for label in names:  # one column for all groups
        label.setMinimumWidth(max(name.sizeHint().width() for name in names))
    return widget


def _labels(form: QFormLayout) -> list[QWidget]:
    items = [form.itemAt(row, QFormLayout.ItemRole.LabelRole) for row in range(form.rowCount())]
    return [item.widget() for item in items if item is not None and item.widget() is not None]  # type: ignore[misc]


def set_training(session: Session, name: str, value: Any) -> None:
    """Set one training setting as an undo step; typing makes one step."""
    if name == "learning_rate":
        session.set_learning_rate(value)
        return
    session.apply(setting(Training.options()[name]), edits.set_training, name, value, merge=f"training/{name}")


def _curve(session: Session, values: dict[str, Any]) -> QWidget:
    steps = _steps_per_epoch(session, values)
    total = values["epochs"] * steps
    run = session.run
    if run is not None and session.is_running and "total_steps" in run.status:
        total = int(run.status["total_steps"])
        steps = max(1, total // values["epochs"])
    return ScheduleCurve(
        values, total, steps, lambda points: session.apply(tr("Draw"), edits.set_training, "schedule_points", points)
    )


def _steps_per_epoch(session: Session, values: dict[str, Any]) -> int:
    """Steps in an epoch where the data set's size is known, else a guess that only scales the warm-up."""
    choice = session.project.data
    source = find_source(choice.source)
    samples = choice.options.get("points") or (source.describe().get("samples") if source is not None else None)
    if not samples:
        return SOME_STEPS
    share = 1 - float(choice.options.get("validation", 0.15)) - float(choice.options.get("test", 0.15))
    return max(1, int(int(samples) * share) // values["batch_size"])
