"""The source of the model, as training executes it: a click on a line selects its node, and the other way round."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QTextEdit, QVBoxLayout, QWidget

from netlab.app.highlighter import PythonColours
from netlab.app.session import Session
from netlab.app.theme import color, monospace, themes
from netlab.compiler.source import CompileError, Source, generate


class _Text(QPlainTextEdit):
    """Tells which line was clicked."""

    def __init__(self, panel: CodePanel) -> None:
        super().__init__()
        self._panel = panel

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if not self.textCursor().hasSelection():
            self._panel.clicked_line(self.cursorForPosition(event.position().toPoint()).blockNumber() + 1)


class CodePanel(QWidget):
    """Shows the generated text; a sentence instead while the graph cannot be compiled."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session = session
        self.source: Source | None = None
        self.text = _Text(self)
        self.text.setReadOnly(True)
        self.text.setFont(monospace(9.5))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Generated source")
        PythonColours(self.text.document())
        copy = QPushButton("Copy", self)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self._copy = copy
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.text)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(60)  # typing and dragging need no new text at every event
        self._later.timeout.connect(self.refresh)
        session.inferred_changed.connect(lambda _: self._later.start())
        session.selection_changed.connect(lambda _: self._mark())
        themes.changed.connect(self._mark)
        self.refresh()

    def refresh(self) -> None:
        """Generate the text anew."""
        try:
            self.source = generate(self.session.project, self.session.inferred)
            text = self.source.text
        except CompileError as error:
            self.source = None
            text = "\n".join(f"# {problem.message}" for problem in error.problems[:5])
        if text != self.text.toPlainText():
            self.text.setPlainText(text)
        self._mark()

    def clicked_line(self, line: int) -> None:
        """Select the node that a line belongs to."""
        nodes = self.source.nodes_at(line) if self.source is not None else ()
        if nodes:
            self.session.select(nodes)

    def _mark(self) -> None:
        """Light the lines of the selected nodes."""
        marks = []
        chosen = set(self.session.selection)
        lines = (*self.source.node_of_line, *self.source.lines_of_text) if self.source is not None else ()
        for line in lines:
            if self.source is not None and chosen.intersection(self.source.nodes_at(line)):
                mark = QTextEdit.ExtraSelection()
                mark.cursor = QTextCursor(self.text.document().findBlockByNumber(line - 1))  # type: ignore[attr-defined]
                mark.format.setBackground(QColor(color("selection")))  # type: ignore[attr-defined]
                mark.format.setProperty(QTextCharFormat.Property.FullWidthSelection, True)  # type: ignore[attr-defined]
                marks.append(mark)
        self.text.setExtraSelections(marks)

    def resizeEvent(self, event: object) -> None:
        self._copy.adjustSize()
        self._copy.move(self.width() - self._copy.width() - 24, 14)
        self._copy.raise_()
