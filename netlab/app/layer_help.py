"""What a layer does, told in place: sentence, shapes, an example that runs, and where it comes from."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from netlab.app.form import muted
from netlab.app.theme import monospace
from netlab.language import paragraphs, tr
from netlab.layers.help import example
from netlab.layers.layer import Layer

PREAMBLE = 4  # lines of imports that the example starts with


class LayerHelp(QWidget):
    """Folded until it is asked for; stays open while other nodes are looked at."""

    is_open = False

    def __init__(self, cls: type[Layer], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.switch = QToolButton()
        self.switch.setText(tr("About this layer"))
        self.switch.setCheckable(True)
        self.switch.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.body = QWidget()
        inside = QVBoxLayout(self.body)
        inside.setContentsMargins(4, 2, 0, 4)
        inside.setSpacing(6)
        for part in paragraphs(cls)[1:]:
            inside.addWidget(_text(tr(part)))
        code = "\n".join(example(cls).split("\n")[PREAMBLE:])
        if code:
            lines = QLabel(code)
            lines.setFont(monospace(9))
            lines.setProperty("code", True)
            lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            lines.setWordWrap(True)
            inside.addWidget(lines)
        for part in (cls.torch_name, cls.paper, cls.no_onnx):
            if part:
                inside.addWidget(_text(tr(part), True))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.switch)
        layout.addWidget(self.body)
        self.switch.toggled.connect(self._toggle)
        self.switch.setChecked(LayerHelp.is_open)
        self._toggle(LayerHelp.is_open)

    def _toggle(self, on: bool) -> None:
        LayerHelp.is_open = on
        self.body.setVisible(on)
        self.switch.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)


def _text(text: str, quiet: bool = False) -> QLabel:
    label = muted(text) if quiet else QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def amount(number: float, unit: str) -> str:
    """A number with a prefix people read: 1.3 MB, 27 GFLOP."""
    for limit, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g} {prefix}{unit}"
    return f"{number:.0f} {unit}"
