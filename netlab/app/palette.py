"""The palette: all layers by category, to drag onto the canvas, with a search field."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from netlab.app.offered import CATEGORY as LIBRARY
from netlab.app.offered import blocks, offered
from netlab.app.search import search
from netlab.app.theme import CATEGORY, UNKNOWN_CATEGORY, color, themes
from netlab.language import tr
from netlab.layers.layer import Layer

MIME = "application/x-netlab-layer"
KEY = Qt.ItemDataRole.UserRole


class _Tree(QTreeWidget):
    """Items carry the key of their layer when dragged."""

    def mimeData(self, items: list[QTreeWidgetItem]) -> QMimeData:  # type: ignore[override]
        data = QMimeData()
        keys = [item.data(0, KEY) for item in items if item.data(0, KEY)]
        if keys:
            data.setData(MIME, str(keys[0]).encode())
        return data


class Palette(QWidget):
    """What there is to build with."""

    add_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Search layers…"))
        self.field.setClearButtonEnabled(True)
        self.field.setAccessibleName(tr("Search layers"))
        self.tree = _Tree()
        self.tree.setHeaderHidden(True)
        self.tree.setDragEnabled(True)
        self.tree.setIndentation(12)
        self.tree.setIconSize(QSize(12, 12))
        self.tree.setAccessibleName(tr("Layers"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 4)
        layout.addWidget(self.field)
        layout.addWidget(self.tree)
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._add_best)
        self.tree.itemDoubleClicked.connect(lambda item, _: self._add(item))
        themes.changed.connect(self.refill)

    def showEvent(self, event: QShowEvent) -> None:
        self.refill()  # only now is the style known that the rows are measured with
        super().showEvent(event)

    def refill(self) -> None:
        """Show what there is now."""
        self._fill(self.field.text())

    def _fill(self, text: str) -> None:
        self.tree.clear()
        if text.strip():
            for key, layer in search(text):
                self.tree.addTopLevelItem(_item(key, layer))
            first = self.tree.topLevelItem(0)
            if first is not None:
                self.tree.setCurrentItem(first)
            return
        groups: dict[str, QTreeWidgetItem] = {}
        known = offered()
        for category in [name for name in CATEGORY if any(layer.category == name for layer in known.values())]:
            groups[category] = QTreeWidgetItem([tr(category)])
            groups[category].setFlags(Qt.ItemFlag.ItemIsEnabled)
            groups[category].setForeground(0, QBrush(color("muted")))
            self.tree.addTopLevelItem(groups[category])
        for key, layer in sorted(known.items(), key=lambda pair: tr(pair[1].title())):
            groups.setdefault(layer.category, QTreeWidgetItem([tr(layer.category)])).addChild(_item(key, layer))
        for key, reason in blocks()[1].items():
            item = QTreeWidgetItem([key.partition(":")[2]])
            item.setToolTip(0, reason)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            groups.setdefault(LIBRARY, QTreeWidgetItem([tr(LIBRARY)])).addChild(item)
        self.tree.expandAll()

    def _add_best(self) -> None:
        item = self.tree.topLevelItem(0)
        if item is not None and self.field.text().strip():
            self._add(item)

    def _add(self, item: QTreeWidgetItem) -> None:
        key = item.data(0, KEY)
        if key:
            self.add_requested.emit(str(key))


def _item(key: str, layer: type[Layer]) -> QTreeWidgetItem:
    item = QTreeWidgetItem([tr(layer.title())])
    item.setData(0, KEY, key)
    item.setToolTip(0, f"{tr(layer.summary())}\n{layer.torch_name}".strip())
    item.setIcon(0, chip(CATEGORY.get(layer.category, UNKNOWN_CATEGORY)))
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
    return item


@cache
def chip(value: str) -> QIcon:
    """A round spot of colour."""
    pixmap = QPixmap(24, 24)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(value))
        painter.drawRoundedRect(2, 2, 20, 20, 7, 7)
    finally:
        painter.end()
    return QIcon(pixmap)
