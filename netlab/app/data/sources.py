"""The list of sources that need no file, by task, with licence, origin and size."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox

from netlab.data.dataset import Source, catalogue
from netlab.data.task import TASKS

KEY = Qt.ItemDataRole.UserRole


class SourceBox(QComboBox):
    """Sources under the titles of their tasks; a source of a file is listed only while it is the one in use."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("data")
        self.setAccessibleName("Data set")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(16)
        self.setMaxVisibleItems(30)

    def show_key(self, chosen: str) -> None:
        """Fill the list, with this source chosen."""
        model = QStandardItemModel(self)
        by_task: dict[str, dict[str, type[Source]]] = {}
        for key, source in catalogue().items():
            if not source.of_file or key == chosen:
                by_task.setdefault(source.task, {})[key] = source
        for task, sources in by_task.items():
            title = QStandardItem(TASKS[task].title if task in TASKS else task)
            title.setFlags(Qt.ItemFlag.NoItemFlags)
            font = title.font()
            font.setBold(True)
            title.setFont(font)
            model.appendRow(title)
            for key, source in sources.items():
                item = QStandardItem(source.title)
                item.setData(key, KEY)
                item.setToolTip(facts_of(source))
                model.appendRow(item)
        self.setModel(model)
        self.setCurrentIndex(self.findData(chosen, KEY))


def facts_of(source: type[Source]) -> str:
    """What a source is, in lines: about, rows and size, licence, origin."""
    rows = f"{source.samples:,} rows" if source.samples else ""
    size = _bytes(source.size) if not source.of_file and source.size else ""
    lines = (source.about, ", ".join(filter(None, (rows, size))), source.licence, source.origin)
    return "\n".join(filter(None, lines))


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
