"""Asks whether code that came with a project may run, with the code to be read."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from netlab.app.form import heading, muted
from netlab.app.highlighter import PythonColours
from netlab.app.session import Session
from netlab.app.theme import monospace
from netlab.compiler.consent import unread
from netlab.compiler.problem import label_among
from netlab.document.trust import trust
from netlab.language import mark, tr

QUESTION = mark(
    "It can do on this computer whatever you can do: read files, delete them, use the network. Read it to the end, and "
    "agree only if you understand what it does. Your answer is kept on this computer for exactly this text."
)


class ConsentDialog(QDialog):
    """One text; it can be agreed to once its end was in sight."""

    def __init__(self, title: str, code: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Python code"))
        self.resize(760, 640)
        self.text = QPlainTextEdit(code)
        flags = Qt.TextInteractionFlag
        self.text.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.text.setFont(monospace(10))
        self.text.setAccessibleName(tr("The code"))
        PythonColours(self.text.document())
        self.hint = QLabel(tr("Scroll to the end to agree."))
        self.hint.setProperty("muted", True)
        self.buttons = QDialogButtonBox()
        self.agree = self.buttons.addButton(tr("I have read it, run it"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.refuse = self.buttons.addButton(tr("Do not run it"), QDialogButtonBox.ButtonRole.RejectRole)
        self.refuse.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(heading(title))
        layout.addWidget(muted(tr(QUESTION)))
        layout.addWidget(self.text, 1)
        layout.addWidget(self.hint)
        layout.addWidget(self.buttons)
        bar = self.text.verticalScrollBar()
        bar.valueChanged.connect(self._look)
        bar.rangeChanged.connect(self._look)
        self._seen = False
        self._look()

    def _look(self) -> None:
        """Whether the end has been in sight once."""
        bar = self.text.verticalScrollBar()
        self._seen = self._seen or (self.isVisible() and bar.value() >= bar.maximum())
        self.agree.setEnabled(self._seen)
        self.hint.setVisible(not self._seen)

    def showEvent(self, event: object) -> None:
        self._look()


def ask(session: Session, parent: QWidget) -> bool:
    """Ask for every text of the project that is not agreed to; True if all may run."""
    texts = unread(session.inferred)
    for i, (text, nodes) in enumerate(texts.items(), 1):
        names = ", ".join(label_among(session.project.graph, node) for node in nodes[:3])
        title = tr("May the code of {names} run?", names=names)
        if len(texts) > 1:
            title = tr("May the code of {names} run? ({number} of {count})", names=names, number=i, count=len(texts))
        if not may_run(title, text, parent):
            return False
        trust(text)
        session.recheck()
    return True


def may_run(title: str, code: str, parent: QWidget) -> bool:
    """Show one text and ask."""
    dialog = ConsentDialog(title, code, parent)
    try:
        return dialog.exec() == QDialog.DialogCode.Accepted
    finally:
        dialog.deleteLater()
