"""The project itself: title, data and training."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from netlab.app.data.options import source_form
from netlab.app.data.sources import KEY, SourceBox
from netlab.app.form import heading, muted, setting
from netlab.app.session import Session
from netlab.app.sweeps.dialog import ask_sweep
from netlab.app.training_form import training_form
from netlab.data.dataset import find_source, source_of
from netlab.document import edits
from netlab.document.values import plain
from netlab.language import tr, tr_project


def project_settings(session: Session) -> QWidget:
    """Forms for the title, the choice of data and the training settings."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    project = session.project
    layout.addWidget(heading(tr("Project")))
    title = QLineEdit(tr_project(project.title))
    title.setObjectName("title")
    title.setAccessibleName(tr("Title"))
    title.editingFinished.connect(lambda: _set_title(session, title.text().strip()))
    layout.addWidget(title)
    if project.about:
        layout.addWidget(muted(tr_project(project.about)))
    layout.addWidget(heading(tr("Data")))
    _data(session, layout)
    layout.addWidget(training_form(session))
    return widget


def _data(session: Session, layout: QVBoxLayout) -> None:
    choice = session.project.data
    box = SourceBox()
    box.show_key(choice.source)
    box.activated.connect(lambda _: _choose(session, str(box.currentData(KEY))))
    layout.addWidget(box)
    source = find_source(choice.source)
    if source is not None:
        layout.addWidget(
            muted(str(choice.options.get("path", "")) or "\n".join((tr(source.about), tr(source.licence))))
        )
        changed = partial(_set_data, session)
        layout.addWidget(
            source_form(source, choice.options, changed, reading=False, sweep=partial(ask_sweep, session, "data"))
        )


def _set_title(session: Session, title: str) -> None:
    if title and title != tr_project(session.project.title):
        session.apply(tr("Rename project"), edits.set_title, title)


def _choose(session: Session, key: str) -> None:
    if key and key != session.project.data.source:
        source = source_of(key, {})
        session.apply(tr("Use {source}", source=tr(source.title)), edits.set_data, key, plain(source.values))


def _set_data(session: Session, name: str, value: Any) -> None:
    option = source_of(session.project.data.source, {}).options()[name]
    session.apply(setting(option), edits.set_data_option, name, value, merge=f"data/{name}")
