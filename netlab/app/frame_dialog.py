"""Title, colour and note of a frame, and how the nodes in it learn."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from netlab.app.form import form as form_of
from netlab.app.form import heading, muted
from netlab.app.node_training import values_of
from netlab.app.palette import chip
from netlab.app.session import Session
from netlab.app.theme import FRAME
from netlab.document import edits
from netlab.document.training import NodeTraining
from netlab.language import tr


class FrameDialog(QDialog):
    """All changes are one step, on OK."""

    def __init__(self, session: Session, frame: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.session, self.frame = session, frame
        record = session.project.graph.frames[frame]
        self.setWindowTitle(tr("Frame"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(460, 470)
        self.title = QLineEdit(record.title)
        self.title.selectAll()
        self.color = QComboBox()
        for name, value in FRAME.items():
            self.color.addItem(chip(value), tr(name), name)
        self.color.setCurrentIndex(self.color.findData(record.color))
        self.note = QPlainTextEdit(record.note)
        self.note.setTabChangesFocus(True)
        self.training = values_of(record)
        form = QFormLayout()
        for label, field in ((tr("Title"), self.title), (tr("Colour"), self.color), (tr("Note"), self.note)):
            field.setAccessibleName(label)
            form.addRow(label, field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(muted(tr("The note is Markdown: **bold**, lists, links. It is drawn below the title.")))
        layout.addWidget(heading(tr("How its nodes learn")))
        layout.addWidget(form_of(NodeTraining.options(), self.training, self.training.__setitem__))
        layout.addWidget(buttons)

    def accept(self) -> None:
        """Make the step; what the document refuses is said and leaves the dialog open."""
        if self.frame in self.session.project.graph.frames:
            words = {"title": self.title.text(), "color": self.color.currentData(), "note": self.note.toPlainText()}
            given = {
                name: value for name, value in self.training.items() if value != NodeTraining.options()[name].default
            }
            if not self.session.apply(tr("Edit frame"), edits.set_frame, self.frame, **words, training=given):
                return
        super().accept()
