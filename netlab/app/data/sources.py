"""The list of sources that need no file, by task, with licence, origin and size."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox

from netlab.data.dataset import Source, catalogue, find_source
from netlab.data.task import TASKS
from netlab.language import listing, tr

KEY = Qt.ItemDataRole.UserRole


class SourceBox(QComboBox):
    """Sources under the titles of their tasks; a source of a file is listed only while it is the one in use."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("data")
        self.setAccessibleName(tr("Data set"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(16)
        self.setMaxVisibleItems(30)

        self._is_full = False

    def show_key(self, chosen: str) -> None:
        """Show this source as the one in use. The others, which take long to import, come when the box is used."""
        found = find_source(chosen)
        self._is_full = False
        self._fill({chosen: found} if found is not None else {}, chosen)

    def fill(self) -> None:
        """List all there are."""
        if not self._is_full:
            self._is_full = True
            chosen = str(self.currentData(KEY))
            self._fill({key: s for key, s in catalogue().items() if not s.of_file or key == chosen}, chosen)

    def showPopup(self) -> None:
        self.fill()
        super().showPopup()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.fill()
        super().focusInEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.fill()
        super().wheelEvent(event)

    def _fill(self, sources: dict[str, type[Source]], chosen: str) -> None:
        model = QStandardItemModel(self)
        by_task: dict[str, dict[str, type[Source]]] = {}
        for key, source in sources.items():
            by_task.setdefault(source.task, {})[key] = source
        for task, members in by_task.items():
            title = QStandardItem(tr(TASKS[task].title) if task in TASKS else task)
            title.setFlags(Qt.ItemFlag.NoItemFlags)
            font = title.font()
            font.setBold(True)
            title.setFont(font)
            model.appendRow(title)
            for key, source in members.items():
                item = QStandardItem(tr(source.title))
                item.setData(key, KEY)
                item.setToolTip(facts_of(source))
                model.appendRow(item)
        self.setModel(model)
        self.setCurrentIndex(self.findData(chosen, KEY))


def facts_of(source: type[Source]) -> str:
    """What a source is, in lines: about, rows and size, licence, origin."""
    rows = tr("{count:,} rows", count=source.samples) if source.samples else ""
    size = _bytes(source.size) if not source.of_file and source.size else ""
    lines = (tr(source.about), listing(filter(None, (rows, size))), tr(source.licence), tr(source.origin))
    return "\n".join(filter(None, lines))


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
