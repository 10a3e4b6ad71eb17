"""Under the code of a node: whether it may run, how its test went, and the button for the next step."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from netlab.app import consent
from netlab.app.session import Session
from netlab.compiler import tested
from netlab.compiler.consent import may_run
from netlab.document import edits
from netlab.document.trust import trust
from netlab.language import tr
from netlab.layers.custom import CustomCode
from netlab.options import Python


def write_code(session: Session, node: str, name: str, text: str) -> None:
    """Change the code of a node, as one step."""
    trust_changed(session, node, {name: text})
    session.apply(tr("Edit code"), edits.set_option, node, name, text)


def trust_changed(session: Session, node: str, options: Mapping[str, Any]) -> None:
    """Who edits code of their own has read it, so it may run; a change of unread code leaves it unread."""
    before = session.project.graph.nodes[node].options
    layer = session.inferred.layers.get(node)
    for name, text in options.items():
        if layer is not None and isinstance(layer.options().get(name), Python) and may_run(before.get(name, "")):
            try:
                trust(text)
            except OSError as error:
                said = tr("Your consent could not be kept, so you will be asked again: {fault}.", fault=error)
                session.message.emit(said, "error")


class TrialRow(QWidget):
    """Keeps itself up to date."""

    def __init__(self, session: Session, node: str) -> None:
        super().__init__()
        self.session, self.node = session, node
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setProperty("muted", True)
        self.button = QPushButton()
        self.button.setObjectName("trial")
        self.button.clicked.connect(self._act)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        session.trials.changed.connect(self.refresh)
        session.inferred_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is so now."""
        found = self.session.inferred.judged.get(self.node)
        layer = self.session.inferred.layers.get(self.node)
        running = self.session.trials.running is not None and found is self.session.trials.running
        self._unread = isinstance(layer, CustomCode) and not may_run(layer.definition)
        self.button.setText(tr("Read and agree…") if self._unread else tr("Test"))
        self.button.setEnabled(self._unread or (found is not None and not running))
        known = tested.outcome(found.layer, found.arrived) if found is not None else None
        if self._unread:
            said = tr("Somebody else wrote this. It does not run before you agree.")
        elif running:
            said = tr("Running it once…")
        elif found is None:
            said = tr("It can be tested when its inputs are wired and nothing is wrong.")
        elif known is None:
            said = tr("Not tested yet, so nobody knows its weights.")
        elif known.fault:
            said = tr("Line {line}: {fault}", line=known.line, fault=known.fault) if known.line else known.fault
        else:
            count = sum(prod(sizes) for sizes in known.weights.values())
            said = tr("Tested: it keeps its shape rule and has {count:,} parameters.", count=count)
        self.text.setText(said)
        wrong = not self._unread and not running and known is not None and bool(known.fault)
        self.text.setProperty("error", wrong)
        self.text.setProperty("muted", not wrong)
        self.text.style().unpolish(self.text)
        self.text.style().polish(self.text)

    def _act(self) -> None:
        if self._unread:
            consent.ask(self.session, self.window())
        else:
            self.session.trials.start(self.node)
