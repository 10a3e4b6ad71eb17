"""From an option to the widget that edits it. A form is made from a declaration; nothing is written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from netlab.app.code_field import CodeField
from netlab.app.device_field import DeviceField
from netlab.app.names_picker import NamesPicker
from netlab.document.training import Device
from netlab.language import tr
from netlab.options import Bool, Choice, Float, Int, Ints, Names, Option, OptionError, Python, Size, Text

Changed = Callable[[Any], object]
SPIN_MAX = 2**31 - 1


def editor(option: Option[Any], value: Any, changed: Changed, suggestions: list[str] | None = None) -> QWidget:
    """A widget that shows `value` and calls `changed` with each new valid one."""
    widget = _make(option, value, changed, suggestions or [])
    ends = {name: limit for name, limit in option.limits().items() if name in ("min", "max")}
    limits = tr("min {min}, max {max}", **ends) if len(ends) == 2 else ""
    default = tr("Default: {value}", value=option.default)
    widget.setToolTip("\n".join(part for part in (tr(option.help), default, limits) if part))
    widget.setAccessibleName(tr(option.label))
    widget.setObjectName(f"option/{option.name}")
    return widget


def _make(option: Option[Any], value: Any, changed: Changed, suggestions: list[str]) -> QWidget:
    match option:
        case Bool():
            box = QCheckBox()
            box.setChecked(bool(value))
            box.toggled.connect(changed)
            return box
        case Device():
            return DeviceField(option.choices, str(value), changed)
        case Choice():
            return _combo(list(option.choices), str(value), changed)
        case Int():
            return _spin(option.min, option.max, value, tr(option.unit), changed)
        case Size():
            return _size(option, value, changed)
        case Ints():
            return _ints(option, value, changed)
        case Names() if suggestions:
            return NamesPicker(suggestions, value, changed)
        case Names():
            return _names(value, changed)
        case Python():
            return CodeField(option, str(value), changed)
        case Text() if option.suggests:
            known = suggestions if value in suggestions else [*suggestions, str(value)]
            return _combo(known, str(value), changed)
        case _:
            return _line(option, value, changed)


def _combo(choices: list[str], value: str, changed: Changed) -> QComboBox:
    combo = QComboBox()
    combo.setMinimumWidth(80)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.addItems(choices)
    combo.setCurrentText(value)
    combo.currentTextChanged.connect(changed)
    return combo


def _spin(low: int, high: int, value: Any, unit: str, changed: Changed) -> QSpinBox:
    spin = QSpinBox()
    spin.setMinimumWidth(50)
    spin.setRange(max(low, -SPIN_MAX), min(high, SPIN_MAX))
    spin.setSuffix(f" {unit}" if unit else "")
    spin.setGroupSeparatorShown(True)
    spin.setValue(value if isinstance(value, int) else low)
    spin.setKeyboardTracking(False)
    spin.lineEdit().setTextMargins(7, 0, 0, 0)
    spin.valueChanged.connect(changed)
    return spin


def _size(option: Size, value: Any, changed: Changed) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    values = list(value) if isinstance(value, list | tuple) else [value] * len(option.default)
    spins: list[QSpinBox] = []
    for one in values:
        spin = _spin(option.min, option.max, one, "", lambda _: changed([s.value() for s in spins]))
        spins.append(spin)
        layout.addWidget(spin)
    return row


def _text_field(text: str) -> QLineEdit:
    """A line whose beginning is seen where it is too long."""
    line = QLineEdit(text)
    line.setCursorPosition(0)
    return line


def _ints(option: Ints, value: Any, changed: Changed) -> QLineEdit:
    """Numbers with commas between."""
    line = _text_field(", ".join(map(str, value)))

    def finished() -> None:
        try:
            numbers = option.check([int(word) for word in line.text().replace(",", " ").split()])
        except (ValueError, OptionError) as error:
            line.setProperty("wrong", True)
            line.setToolTip(
                str(error)
                if isinstance(error, OptionError)
                else tr("{text!r} is not a list of numbers.", text=line.text())
            )
        else:
            line.setProperty("wrong", False)
            if list(numbers) != list(value):
                changed(list(numbers))
        line.style().unpolish(line)
        line.style().polish(line)

    line.editingFinished.connect(finished)
    return line


def _names(value: Any, changed: Changed) -> QLineEdit:
    """Names with commas between."""
    line = _text_field(", ".join(value))

    def finished() -> None:
        names = [name.strip() for name in line.text().split(",") if name.strip()]
        if names != list(value):
            changed(names)

    line.editingFinished.connect(finished)
    return line


def _line(option: Option[Any], value: Any, changed: Changed) -> QLineEdit:
    """Text, or a number in any notation; a value outside the limits turns the frame red and is not taken."""
    line = _text_field(_written(value))

    def typed(text: str) -> None:
        try:
            option.check(float(text) if isinstance(option, Float) else text)
            wrong = ""
        except (ValueError, OptionError) as error:
            wrong = str(error) if isinstance(error, OptionError) else tr("{text!r} is not a number.", text=text)
        line.setProperty("wrong", bool(wrong))
        line.setToolTip(wrong or tr(option.help))
        line.style().unpolish(line)
        line.style().polish(line)

    def finished() -> None:
        if line.property("wrong") or not line.isModified():
            return
        line.setModified(False)
        changed(float(line.text()) if isinstance(option, Float) else line.text())

    line.textEdited.connect(typed)
    line.editingFinished.connect(finished)
    return line


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
