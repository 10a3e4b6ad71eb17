"""The preview: a tab for each side of the data, a bar of progress while it is read, and a sentence if it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from netlab.app.data.page import Page, pages
from netlab.app.data.pages.findings import FindingsPage
from netlab.app.form import clear
from netlab.data.findings import NOTE
from netlab.data.look import Preview
from netlab.data.tokenizer import LEARNED
from netlab.language import mark, tr

READING, LEARNING = mark("Reading…"), mark("Reading, and learning the vocabulary…")
CANCELLED, READ, AGAIN = mark("Reading was cancelled."), mark("Read it"), mark("Try again")


class PreviewView(QWidget):
    """Shows one preview, or says why there is none."""

    cancelled = Signal()
    remedy_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.preview: Preview | None = None
        self.pages: dict[type[Page], Page] = {}
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.sentence = QLabel("")
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._buttons = QHBoxLayout()
        self._buttons.setAlignment(Qt.AlignmentFlag.AlignCenter)
        said = QWidget()
        column = QVBoxLayout(said)
        column.setContentsMargins(30, 10, 30, 10)
        column.addStretch(1)
        column.addWidget(self.sentence)
        column.addLayout(self._buttons)
        column.addStretch(1)
        self._build_waiting()
        self._stack = QStackedLayout()
        for widget in (said, self.tabs):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.waiting)
        layout.addLayout(self._stack, 1)

    def _build_waiting(self) -> None:
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of reading"))
        self.what = QLabel(tr(READING))
        self.what.setProperty("muted", True)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        self.waiting = QWidget()
        row = QHBoxLayout(self.waiting)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self.what)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self.waiting.hide()

    def wait(self, options: Mapping[str, Any], what: str = "") -> None:
        """A source with these options is being read: a bar, which moves once it is known how far it is."""
        self.what.setText(what or tr(LEARNING if options.get("tokenizer") in LEARNED else READING))
        self.bar.setRange(0, 0)
        self.waiting.show()
        if self.preview is None:
            self.say("")

    def progress(self, share: float) -> None:
        """How much is read, 0 to 1."""
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(share * 1000))

    def rest(self) -> None:
        """Nothing is being read any more."""
        self.waiting.hide()

    def say(self, sentence: str, answers: dict[str, Any] | None = None, *, wrong: bool = False) -> None:
        """A sentence in place of the tabs, with buttons: what is done by their names in English."""
        self.preview = None
        self.sentence.setText(sentence)
        self.sentence.setProperty("error", wrong)
        self.sentence.setProperty("muted", not wrong)
        self.sentence.style().unpolish(self.sentence)
        self.sentence.style().polish(self.sentence)
        clear(self._buttons)
        for label, action in (answers or {}).items():
            button = QPushButton(tr(label))
            button.setObjectName(label)
            button.clicked.connect(lambda _=False, action=action: action())
            self._buttons.addWidget(button)
        self._stack.setCurrentIndex(0)

    def show_preview(self, preview: Preview, options: dict[str, Any]) -> None:
        """Show what was seen of a source with these options; the tab that was open stays open if it can."""
        same = self.preview is not None and self.preview.source == preview.source
        kept = self.tabs.currentWidget() if same else None
        self.preview = preview
        self.tabs.clear()
        for kind in pages():
            if not kind.fits(preview):
                continue
            page = self._page(kind)
            page.show_preview(preview, options)
            self.tabs.addTab(page, _titled(kind, preview))
        if kept is not None and self.tabs.indexOf(kept) >= 0:
            self.tabs.setCurrentWidget(kept)
        self._stack.setCurrentIndex(1)

    def shutdown(self) -> None:
        """End what is under way."""
        for page in self.pages.values():
            page.shutdown()

    def show_findings(self) -> None:
        """Bring what is wrong to the front."""
        self.tabs.setCurrentWidget(self._page(FindingsPage))

    def _page(self, kind: type[Page]) -> Page:
        if kind not in self.pages:
            page = self.pages[kind] = kind(self)
            if isinstance(page, FindingsPage):
                page.remedy_chosen.connect(self.remedy_chosen)
        return self.pages[kind]


def _titled(kind: type[Page], preview: Preview) -> str:
    if kind is not FindingsPage:
        return tr(kind.title)
    count = sum(finding.severity != NOTE for finding in preview.findings)
    return f"{tr(kind.title)} ({count:,})" if count else tr(kind.title)
