"""A dialog about what another process finds out of the project as it is now: only the engine has torch."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from netlab.app.form import muted
from netlab.app.session import Session
from netlab.document import file
from netlab.language import sentences, tr


class Asking(QDialog):
    """Runs ``netlab COMMAND project --json`` and shows what it says; closing it ends the process.

    Attributes:
        content: the layout for what is found, below the sentence on what the dialog is for.
        buttons: the row at the bottom.
    """

    def __init__(self, session: Session, parent: QWidget, command: str, title: str, about: str) -> None:
        super().__init__(parent)
        self.session, self.command = session, command
        self.setWindowTitle(title)
        self.resize(560, 420)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.wrong = QLabel("")
        self.wrong.setProperty("error", True)
        self.wrong.setWordWrap(True)
        self.content = QVBoxLayout()
        self.content.setSpacing(8)
        self.again = QPushButton(tr("Try again"))
        self.again.clicked.connect(self.ask)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.reject)
        self.buttons = QHBoxLayout()
        self.buttons.addWidget(self.again)
        self.buttons.addStretch(1)
        self.buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(muted(about))
        layout.addWidget(self.bar)
        layout.addWidget(self.wrong)
        layout.addLayout(self.content, 1)
        layout.addLayout(self.buttons)
        self._folder = tempfile.TemporaryDirectory(prefix="netlab-", ignore_cleanup_errors=True)
        self._process = QProcess(self)
        self._process.finished.connect(self._finished)
        self.finished.connect(lambda _: self._end())
        session.replaced.connect(self.reject)

    def ask(self) -> None:
        """Find it out for the project as it is now."""
        self.clear()
        self.wrong.hide()
        self.bar.show()
        self.again.setEnabled(False)
        project = Path(self._folder.name) / "project.netlab"
        file.save(self.session.project, project)
        self._process.start(sys.executable, ["-m", "netlab", self.command, str(project), "--json"])

    def clear(self) -> None:
        """Take away what an earlier answer showed."""

    def show_answer(self, answer: Any) -> None:
        """Show what was found."""
        raise NotImplementedError

    def _finished(self, code: int) -> None:
        self.bar.hide()
        self.again.setEnabled(True)
        said, error = self._process.readAllStandardOutput(), self._process.readAllStandardError()
        try:
            answer = json.loads(bytes((said if code == 0 or not said.isEmpty() else error).data()))
        except ValueError:
            self.tell_wrong(bytes(error.data()).decode("utf-8", "replace").strip() or tr("There was no answer."))
            return
        if isinstance(answer, dict) and "code" in answer:
            self.tell_wrong(sentences(answer.get("message", ""), answer.get("fix", "")))
        else:
            self.show_answer(answer)

    def tell_wrong(self, sentence: str) -> None:
        """Say in place of an answer why there is none."""
        self.wrong.setText(sentence.splitlines()[-1])
        self.wrong.show()

    def _end(self) -> None:
        self._process.finished.disconnect()
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(2000)
        self._folder.cleanup()
        self.deleteLater()
