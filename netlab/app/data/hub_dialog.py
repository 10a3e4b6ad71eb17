"""Asks which data set of the Hugging Face hub is wanted; the import sheet fetches it and shows what is in it."""

from __future__ import annotations

from importlib.util import find_spec

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from netlab.app.form import muted
from netlab.data.hub import NEEDED
from netlab.data.looking import Fetch
from netlab.document.home import part_of_home
from netlab.language import mark, tr

ABOUT = mark(
    "A data set is fetched over the network, once, and kept in the folder of NetLab. Only data is taken, no code is run. "
    "A data set that you have saved yourself needs no network: open its folder."
)


class HubDialog(QDialog):
    """A name and, where the hub has several forms of it, a form; `wanted` gives the request to fetch it."""

    wanted = Signal(object)  # Fetch

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Data of the Hugging Face hub"))
        self.setMinimumWidth(520)
        self.name, self.config = QLineEdit(), QLineEdit()
        self.name.setPlaceholderText("stanfordnlp/imdb")
        self.config.setPlaceholderText(tr("the only one"))
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in ((tr("Name"), self.name), (tr("Form"), self.config)):
            field.setAccessibleName(words)
            field.textChanged.connect(self._refresh)
            rows.addRow(words, field)
        self.is_there = find_spec("datasets") is not None
        self.needed = muted("" if self.is_there else tr(NEEDED))
        self.needed.setProperty("error", True)
        self.needed.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.needed.setVisible(not self.is_there)
        self.fetch = QPushButton(tr("Fetch"))
        self.fetch.setProperty("primary", True)
        self.fetch.setDefault(True)
        self.fetch.clicked.connect(self._fetch)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.fetch, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(muted(tr(ABOUT)))
        layout.addLayout(rows)
        layout.addWidget(self.needed)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self._refresh()

    def _refresh(self) -> None:
        for field in (self.name, self.config):
            field.setEnabled(self.is_there)
        self.fetch.setEnabled(self.is_there and bool(self.name.text().strip()))

    def _fetch(self) -> None:
        name, config = self.name.text().strip(), self.config.text().strip()
        self.wanted.emit(Fetch(name, str(part_of_home("hub")), config))
        self.accept()
