"""The form of a source: what the data is, how it is parted, how the file is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from netlab.app.form import form
from netlab.data.dataset import DataError, Source
from netlab.data.draws import ImageChanges, TokenChanges
from netlab.data.files import FileSource
from netlab.language import mark, tr
from netlab.options import Facts, Option, OptionError

READING = mark("How the file is read")
LABEL = QFormLayout.ItemRole.LabelRole
PARTS = ("validation", "test", "split", "split_by", "split_seed")


def source_form(
    source: type[Source],
    values: Mapping[str, Any],
    changed: Callable[[str, Any], object],
    *,
    reading: bool = True,
    sweep: Callable[[str], object] | None = None,
) -> QWidget:
    """A widget with all options of a source in groups; those that decide how a file is read only if `reading`."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for title, options in _groups(source):
        if title == READING and not reading:
            continue
        if title:
            head = QLabel(tr(title))
            head.setProperty("muted", True)
            layout.addWidget(head)
        layout.addWidget(form(options, values, changed, columns_of(source, values), sweep))
    align(widget.findChildren(QFormLayout))
    return widget


def align(layouts: Iterable[QFormLayout]) -> None:
    """Let the fields of all groups begin at one line."""
    items = [layout.itemAt(row, LABEL) for layout in layouts for row in range(layout.rowCount())]
    labels = [label for item in items if item is not None and (label := item.widget()) is not None]
    widest = max((label.sizeHint().width() for label in labels), default=0)
    for label in labels:
        label.setMinimumWidth(widest)


def _groups(source: type[Source]) -> Iterator[tuple[str, dict[str, Option[Any]]]]:
    options = {n: o for n, o in source.options().items() if n != "path" and not isinstance(o, Facts)}
    decisive = source.decisive if issubclass(source, FileSource) else ()
    changes = [name for kind in (ImageChanges, TokenChanges) if issubclass(source, kind) for name in kind.options()]
    told = {
        "": [name for name in options if name not in (*PARTS, *decisive, *changes)],
        mark("Parts"): [name for name in PARTS if name in options],
        mark("Changes of training rows"): changes,
        READING: [name for name in options if name in decisive],
    }
    for title, names in told.items():
        if names:
            yield title, {name: options[name] for name in names}


def columns_of(source: type[Source], values: Mapping[str, Any]) -> list[str]:
    """What a column option may name: columns or arrays of the file, and "" for none."""
    if not issubclass(source, FileSource) or not values.get("seen"):
        return []
    try:
        facts = source(**values).facts
    except (DataError, OptionError):
        return []
    found = getattr(facts, "columns", None) or getattr(facts, "arrays", ())
    return ["", *(column.name for column in found)]


def is_decisive(source: type[Source], name: str) -> bool:
    """Whether the file has to be looked at anew for another value of this option."""
    return issubclass(source, FileSource) and name in source.decisive
