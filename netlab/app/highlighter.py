"""Colours for Python, shared by everything that shows code."""

from __future__ import annotations

import builtins
import keyword
import re

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from netlab.app.theme import color, themes

WORDS = "|".join(keyword.kwlist)
NAMES = "|".join(name for name in dir(builtins) if name.isidentifier() and name not in keyword.kwlist)
TOKENS = re.compile(
    r"(?P<muted>#.*)"
    r"|(?P<good>[rbfuRBFU]{0,2}(?:\"\"\"|'''|\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?))"
    rf"|(?P<accent>\b(?:{WORDS})\b|@[\w.]+)"
    r"|(?P<validation>\b\d[\d_.]*(?:e[+-]?\d+)?\b)"
    rf"|(?P<warning>(?<![.\w])(?:{NAMES}|self)\b)"
)
PLAIN, QUOTES = 0, ('"""', "'''")


class PythonColours(QSyntaxHighlighter):
    """Colours a document as Python; strings over several lines as well, and anew when the theme changes."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        themes.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        at = 0
        state = self.previousBlockState()
        self.setCurrentBlockState(PLAIN)
        if state in (1, 2):
            at = self._rest_of_string(text, 0, state)
        while match := TOKENS.search(text, at):
            kind = match.lastgroup or "text"
            quote = match.group()[-3:]
            if kind == "good" and quote in QUOTES and len(match.group().lstrip("rbfuRBFU")) == 3:
                at = self._rest_of_string(text, match.start(), QUOTES.index(quote) + 1, match.end())
                continue
            self._colour(match.start(), match.end(), kind)
            at = match.end()

    def _rest_of_string(self, text: str, start: int, state: int, search: int = 0) -> int:
        """Colour up to the closing quotes; without them the string goes on in the next line."""
        end = text.find(QUOTES[state - 1], search)
        if end < 0:
            self.setCurrentBlockState(state)
            end = len(text)
        else:
            end += 3
        self._colour(start, end, "good")
        return max(end, search)

    def _colour(self, start: int, end: int, name: str) -> None:
        shade = QTextCharFormat()
        shade.setForeground(color(name))
        self.setFormat(start, end - start, shade)
