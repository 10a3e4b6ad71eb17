"""A field for Python code: colours, indentation, and what is wrong with it told beneath, with its line marked."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from netlab.app.highlighter import PythonColours
from netlab.app.theme import color, monospace
from netlab.language import tr
from netlab.options import OptionError, Python

INDENT = "    "
LINES = 14


class CodeEdit(QPlainTextEdit):
    """Text in which Tab indents and Enter keeps the indentation; Ctrl+Enter or leaving it takes the text over."""

    def __init__(self, text: str, taken: Callable[[], object]) -> None:
        super().__init__(text)
        self._taken = taken
        self.setFont(monospace(9.5))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabStopDistance(self.fontMetrics().horizontalAdvance(INDENT))
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * LINES + 18)
        PythonColours(self.document())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if modifiers & Qt.KeyboardModifier.ControlModifier:
                self._taken()
            else:
                self._break_line()
        elif key == Qt.Key.Key_Tab and not modifiers:
            self._indent()
        elif key == Qt.Key.Key_Backtab:
            self._outdent()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:  # its own context menu
            self._taken()

    def place(self) -> tuple[int, int, int]:
        """Where the cursor is and how far the text is scrolled."""
        return self.textCursor().position(), self.verticalScrollBar().value(), self.horizontalScrollBar().value()

    def go_to(self, place: tuple[int, int, int]) -> None:
        """Put cursor and scrolling where they were in another editor of the same text."""
        cursor = self.textCursor()
        cursor.setPosition(min(place[0], len(self.toPlainText())))
        self.setTextCursor(cursor)
        self.verticalScrollBar().setValue(place[1])
        self.horizontalScrollBar().setValue(place[2])

    def _break_line(self) -> None:
        """A new line as deep as this one, deeper behind a colon."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        depth = before[: len(before) - len(before.lstrip())]
        deeper = INDENT if before.rstrip().endswith(":") else ""
        cursor.insertText("\n" + depth + deeper)
        self.setTextCursor(cursor)

    def _lines(self) -> tuple[QTextCursor, list[int]]:
        """A cursor for changes that are undone together, and the numbers of the lines that are selected."""
        cursor = self.textCursor()
        document = self.document()
        first = document.findBlock(cursor.selectionStart()).blockNumber()
        last = document.findBlock(cursor.selectionEnd()).blockNumber()
        return QTextCursor(document), list(range(first, last + 1))

    def _indent(self) -> None:
        if not self.textCursor().hasSelection():
            column = self.textCursor().positionInBlock()
            self.textCursor().insertText(" " * (len(INDENT) - column % len(INDENT)))
            return
        cursor, lines = self._lines()
        cursor.beginEditBlock()
        for number in lines:
            cursor.setPosition(self.document().findBlockByNumber(number).position())
            cursor.insertText(INDENT)
        cursor.endEditBlock()

    def _outdent(self) -> None:
        cursor, lines = self._lines()
        cursor.beginEditBlock()
        for number in lines:
            block = self.document().findBlockByNumber(number)
            blanks = len(block.text()) - len(block.text().lstrip(" "))
            cursor.setPosition(block.position())
            cursor.setPosition(block.position() + min(blanks, len(INDENT)), QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
        cursor.endEditBlock()


class CodeField(QWidget):
    """Shows `value` and calls `changed` with the text when it is taken over, also if it has faults: nothing is lost."""

    def __init__(self, option: Python, value: str, changed: Callable[[str], object]) -> None:
        super().__init__()
        self.option, self._value, self._changed = option, value, changed
        self.edit = CodeEdit(value, self.take)
        self.edit.setObjectName(f"code/{option.name}")
        self.edit.setAccessibleName(tr(option.label))
        self.edit.textChanged.connect(self._judge)
        self.setFocusProxy(self.edit)
        self.problem = QLabel()
        self.problem.setProperty("error", True)
        self.problem.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.edit)
        layout.addWidget(self.problem)
        self._judge()

    @property
    def text(self) -> str:
        """What stands there, in Unicode's composed form, in which projects keep text."""
        return unicodedata.normalize("NFC", self.edit.toPlainText().replace("\t", INDENT))

    def take(self) -> None:
        """Hand the text over if it is another one."""
        text = self.text
        self.edit.document().setModified(False)
        if text != self._value:
            self._value = text
            self._changed(text)

    def _judge(self) -> None:
        """Say what is wrong, and mark the line."""
        marks = []
        try:
            self.option.check(self.text)
            said = ""
        except OptionError as error:
            said = f"Line {error.line}: {str(error).partition(': ')[2]}" if error.line else str(error)
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.edit.document().findBlockByNumber(max(error.line - 1, 0)))  # type: ignore[attr-defined]
            mark.cursor.select(QTextCursor.SelectionType.LineUnderCursor)  # type: ignore[attr-defined]
            mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)  # type: ignore[attr-defined]
            mark.format.setUnderlineColor(QColor(color("error")))  # type: ignore[attr-defined]
            marks.append(mark)
        self.edit.setExtraSelections(marks)
        self.problem.setText(said)
        self.problem.setVisible(bool(said))
