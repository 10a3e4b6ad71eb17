"""Rows of a table; above each column its kind, what is missing, and how its values are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QHeaderView, QTableView, QVBoxLayout, QWidget

from netlab.app.data.page import Page
from netlab.app.theme import color, themes
from netlab.data.look import Preview
from netlab.language import listing, mark, tr

HEADER, BARS, WIDTH, WIDEST, PADDING, MOST_BARS = 78, 24, 118, 240, 9, 24
KINDS = (mark("number"), mark("category"), mark("time"), mark("text"), mark("empty"))  # of columns
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Column:
    """What a header tells: kind and gaps in words, bars, and what the ends of the bars are."""

    name: str
    words: str = ""
    missing: int = 0
    bars: tuple[int, ...] = ()
    tip: str = ""
    is_target: bool = False
    is_number: bool = False

    @property
    def said(self) -> str:
        """Kind and gaps in words."""
        words = listing([self.words, tr("{count:,} missing", count=self.missing)]) if self.missing else self.words
        return listing([tr("target"), words]) if self.is_target else words


class RowsPage(Page):
    """The first rows, as the file has them."""

    title = mark("Rows")
    place = 20

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = _Rows()
        self.view = QTableView()
        self.view.setAccessibleName(tr("First rows"))
        self.view.setModel(self.model)
        self.header = _Header(self.model)
        self.view.setHorizontalHeader(self.header)
        self.view.verticalHeader().setDefaultSectionSize(24)
        self.view.setWordWrap(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)

    @classmethod
    def fits(cls, preview: Preview) -> bool:
        return bool(preview.header)

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        self.model.show_rows(columns_of(preview), preview.cells)
        for place, column in enumerate(self.model.columns):
            wanted = self.header.fontMetrics().horizontalAdvance(column.said) + 2 * PADDING
            self.view.setColumnWidth(place, min(max(wanted, WIDTH), WIDEST))


def columns_of(preview: Preview) -> list[Column]:
    """What is known of each column in the header."""
    facts = {fact.name: fact for fact in preview.columns}
    told = [_of_file(facts[name]) if name in facts else _of_model(name, preview) for name in preview.header]
    return [replace(column, is_target=column.name in preview.targets) for column in told]


def _of_file(fact: Any) -> Column:
    kind = tr(fact.kind)
    words = tr("{count} classes", count=len(fact.classes)) if fact.kind == "category" else kind
    tip = [tr("{name}: {what}", name=fact.name, what=kind)]
    if fact.kind == "number":
        spread = {"low": fact.low, "high": fact.high, "mean": fact.mean, "std": fact.std}
        tip.append(tr("from {low:.6g} to {high:.6g}, mean {mean:.4g}, deviation {std:.4g}", **spread))
    tip += [f"{name}: {size:,}" for name, size in list(zip(fact.classes, fact.sizes, strict=False))[:12]]
    if fact.missing:
        tip.append(tr("{count:,} missing", count=fact.missing))
    bars = fact.counts or fact.sizes[:MOST_BARS]
    return Column(fact.name, words, fact.missing, tuple(bars), "\n".join(tip), is_number=fact.kind == "number")


def _of_model(name: str, preview: Preview) -> Column:
    spread = preview.histograms.get(name)
    if spread is None:
        return Column(name)
    tip = tr("{name}: from {low:.6g} to {high:.6g}", name=name, low=spread.edges[0], high=spread.edges[-1])
    return Column(name, tr("number"), 0, spread.counts, tip, is_number=True)


class _Rows(QAbstractTableModel):
    """Texts in rows and columns."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: list[Column] = []
        self.cells: Sequence[Sequence[str]] = ()

    def show_rows(self, columns: list[Column], cells: Sequence[Sequence[str]]) -> None:
        """Show these in place of what there is."""
        self.beginResetModel()
        self.columns, self.cells = columns, cells
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.cells)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        text = self.cells[index.row()][index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return text or "–"
            case Qt.ItemDataRole.ForegroundRole:
                return None if text else color("muted")
            case Qt.ItemDataRole.TextAlignmentRole:
                numeric = self.columns[index.column()].is_number
                side = Qt.AlignmentFlag.AlignRight if numeric else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
            case _:
                return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        column = self.columns[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.name
            case Qt.ItemDataRole.ToolTipRole:
                return column.tip
            case _:
                return None


class _Header(QHeaderView):
    """Paints name, kind and bars."""

    def __init__(self, rows: _Rows) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.rows = rows
        self.setSectionsClickable(False)
        themes.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEADER)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        column = self.rows.columns[section]
        painter.save()
        try:
            painter.fillRect(rect, color("surface"))
            painter.setPen(color("border"))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            painter.drawLine(rect.topRight(), rect.bottomRight())
            inside = rect.adjusted(8, 6, -8, -6)
            self._words(painter, inside, column)
            self._bars(painter, inside, column)
        finally:
            painter.restore()

    def _words(self, painter: QPainter, inside: QRect, column: Column) -> None:
        height, align = self.fontMetrics().height(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(color("accent" if column.is_target else "text"))
        line = QRect(inside.left(), inside.top(), inside.width(), height)
        name = painter.fontMetrics().elidedText(column.name, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, align, name)
        painter.setFont(self.font())
        line.translate(0, height + 1)
        painter.setPen(color("warning" if column.missing else "muted"))
        painter.drawText(
            line, align, self.fontMetrics().elidedText(column.said, Qt.TextElideMode.ElideRight, line.width())
        )

    def _bars(self, painter: QPainter, inside: QRect, column: Column) -> None:
        most = max(column.bars, default=0)
        if not most:
            return
        wide = inside.width() / len(column.bars)
        for place, count in enumerate(column.bars):
            tall = max(1, round(BARS * count / most)) if count else 0
            left = round(inside.left() + place * wide)
            right = round(inside.left() + (place + 1) * wide)
            bar = QRect(left, inside.bottom() - tall + 1, max(1, right - left - 1), tall)
            painter.fillRect(bar, color("accent", 170))
