"""The history as a list of named steps: a click goes there, and what was undone stays in sight until it is replaced."""

from __future__ import annotations

import time

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QFont
from PySide6.QtWidgets import QListView, QWidget

from netlab.app.session import Session
from netlab.app.theme import color
from netlab.language import tr

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class _Steps(QAbstractListModel):
    """Row 0 is the beginning, row n the n-th step."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session

    def rowCount(self, parent: Index = ROOT) -> int:
        return len(self.session.document.changes) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        document, row = self.session.document, index.row()
        if row > len(document.changes):
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return document.changes[row - 1].label if row else tr("Opened") if document.path else tr("Started")
            case Qt.ItemDataRole.ToolTipRole if row:
                return time.strftime("%H:%M:%S", time.localtime(document.changes[row - 1].time))
            case Qt.ItemDataRole.ForegroundRole if row > document.position:
                return QBrush(color("muted"))
            case Qt.ItemDataRole.FontRole if row > document.position:
                font = QFont()
                font.setItalic(True)
                return font
            case Qt.ItemDataRole.AccessibleTextRole:
                state = (
                    tr("undone") if row > document.position else tr("now") if row == document.position else tr("done")
                )
                return f"{self.data(index)}, {state}"
        return None

    def refresh(self) -> None:
        """Another history, or another place in it."""
        self.beginResetModel()
        self.endResetModel()


class HistoryPanel(QListView):
    """All steps since the project was opened, undone ones included; the one in effect is selected."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setAccessibleName(tr("History"))
        self.setObjectName("history")
        self.setSpacing(1)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.steps = _Steps(session, self)
        self.setModel(self.steps)
        self.clicked.connect(lambda index: session.go_to(index.row()))
        self.activated.connect(lambda index: session.go_to(index.row()))
        session.title_changed.connect(self._follow)
        session.replaced.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.steps.refresh()
        here = self.steps.index(self.session.document.position)
        self.setCurrentIndex(here)
        self.scrollTo(here)
