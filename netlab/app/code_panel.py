"""The source of the model, as training executes it: a click on a line selects its node, a changed line changes it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QFocusEvent, QGuiApplication, QKeyEvent, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QTextEdit, QVBoxLayout, QWidget

from netlab.app.highlighter import PythonColours
from netlab.app.session import Session
from netlab.app.theme import color, monospace, themes
from netlab.app.trial_row import trust_changed
from netlab.compiler.code_edits import CodeEditError, change_nodes, changes
from netlab.compiler.source import CompileError, Source, generate
from netlab.language import mark, tr

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
HINT = mark("Change a line and press Enter: the node follows. Esc brings the text back.")


class _Text(QPlainTextEdit):
    """Tells which line was clicked, and when changed lines are to be taken over: Enter, another line, or leaving it."""

    def __init__(self, panel: CodePanel) -> None:
        super().__init__()
        self._panel = panel
        self.cursorPositionChanged.connect(self._moved)
        self._line = 0

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self._panel.clicked_line(self.cursorForPosition(event.position().toPoint()).blockNumber() + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in ENTER and (control or not self._panel.is_free_text()):
            self._panel.take()
        elif event.key() == Qt.Key.Key_Escape and self.document().isModified():
            self._panel.bring_back()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._panel.take()

    def _moved(self) -> None:
        line = self.textCursor().blockNumber()
        if line != self._line:
            self._line = line
            if not self._panel.is_free_text():
                self._panel.take_later()


class CodePanel(QWidget):
    """Shows the generated text; a sentence instead while the graph cannot be compiled."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session = session
        self.source: Source | None = None
        self.text = _Text(self)
        self.text.setFont(monospace(9.5))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(tr("Generated source"))
        self.text.setToolTip(tr(HINT))
        PythonColours(self.text.document())
        copy = QPushButton(tr("Copy"), self)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self._copy = copy
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.text)
        self._later = self._timer(60, self.refresh)  # typing and dragging need no new text at every event
        self._taking = self._timer(0, self.take)  # once the key or click that left the line is done
        session.inferred_changed.connect(lambda _: self._later.start())
        session.selection_changed.connect(lambda _: self._mark())
        themes.changed.connect(self._mark)
        self.refresh()

    def _timer(self, interval: int, then: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(then)  # type: ignore[arg-type]
        return timer

    def refresh(self) -> None:
        """Generate the text anew."""
        before = self.source.text if self.source is not None else None
        try:
            self.source = generate(self.session.project, self.session.inferred)
            text = self.source.text
        except CompileError as error:
            self.source = None
            text = "\n".join(f"# {problem.message}" for problem in error.problems[:5])
        if text != before:
            self._show(text)
        self.text.setReadOnly(self.source is None)
        self._mark()

    def _show(self, text: str) -> None:
        """Put a text there, with cursor and scrolling where they were."""
        if text != self.text.toPlainText():
            line, column = self.text.textCursor().blockNumber(), self.text.textCursor().positionInBlock()
            bars = (self.text.verticalScrollBar(), self.text.horizontalScrollBar())
            places = [bar.value() for bar in bars]
            self.text.setPlainText(text)
            block = self.text.document().findBlockByNumber(min(line, self.text.blockCount() - 1))
            cursor = QTextCursor(block)
            cursor.setPosition(block.position() + min(column, block.length() - 1))
            self.text.setTextCursor(cursor)
            for bar, place in zip(bars, places, strict=True):
                bar.setValue(place)
        self.text.document().setModified(False)

    def is_free_text(self) -> bool:
        """Whether the cursor is in code that a user wrote, where lines come and go."""
        line = self.text.textCursor().blockNumber() + 1
        return self.source is not None and (line in self.source.lines_of_text or line - 1 in self.source.lines_of_text)

    def take_later(self) -> None:
        """Take changed lines over as soon as the present event is over."""
        if self.text.document().isModified():
            self._taking.start()

    def take(self) -> None:
        """Change the nodes as the text says, as one step; what no node could have written is said and taken back."""
        self._taking.stop()
        if self.source is None or not self.text.document().isModified():
            return
        self.text.document().setModified(False)
        project, inferred, text = self.session.project, self.session.inferred, self.text.toPlainText()
        try:
            found = changes(project, inferred, self.source, text)
        except CodeEditError as error:
            self.bring_back()
            self.session.message.emit(str(error), "error")
            return
        for change in found:
            trust_changed(self.session, change.node, change.options)
        done = bool(found) and self.session.apply(tr("Edit code"), change_nodes, found)
        if done:
            self.refresh()
        else:
            self.bring_back()

    def bring_back(self) -> None:
        """Show again what the nodes write."""
        if self.source is not None:
            self._show(self.source.text)
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
