"""A form: rows of label and editor, made from declared options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from netlab.app.fields import editor
from netlab.app.option_menu import OptionMenu
from netlab.language import tr
from netlab.options import Facts, Option, Python


def form(
    options: Mapping[str, Option[Any]],
    values: Mapping[str, Any],
    changed: Callable[[str, Any], object],
    suggestions: list[str] | None = None,
    sweep: Callable[[str], object] | None = None,
) -> QWidget:
    """A widget with one row an option; `changed` gets the name and the new value, `sweep` the name of one to vary."""
    widget = QWidget()
    layout = QFormLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name, option in options.items():
        if isinstance(option, Facts):
            continue
        label = QLabel(tr(option.label))
        label.setToolTip(tr(option.help))
        value = values.get(name, option.default)
        field = editor(option, value, lambda new, name=name: changed(name, new), suggestions)
        field.ensurePolished()
        if isinstance(option, Python):  # wants the whole width
            layout.addRow(label)
            layout.addRow(field)
            continue
        label.setMinimumHeight(field.sizeHint().height())  # so that its middle is the middle of the field
        layout.addRow(label, field)
        if sweep is not None:
            OptionMenu([label, field], tr("Sweep…"), lambda name=name: sweep(name))
    return widget


def called(option: Option[Any]) -> str:
    """The name of an option in code, or its label where the language in use has one."""
    words = tr(option.label)
    return option.name if words == option.label else words


def setting(option: Option[Any]) -> str:
    """What a change of an option is called in the history."""
    words = tr(option.label)
    inside = words[:1].lower() + words[1:] if words[1:2].islower() else words
    return tr("Set {option}", option=inside)


def clear(layout: Any) -> None:
    """Take all widgets out of a layout."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif item.layout() is not None:
            clear(item.layout())


def heading(text: str) -> QLabel:
    """A line above a group."""
    label = QLabel(text)
    label.setProperty("heading", True)
    label.setWordWrap(True)
    return label


def muted(text: str) -> QLabel:
    """A quiet explanation."""
    label = QLabel(text)
    label.setProperty("muted", True)
    label.setWordWrap(True)
    return label
