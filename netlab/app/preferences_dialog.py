"""The preferences, as a form made from their declaration. A change counts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QPushButton, QVBoxLayout

from netlab.app import restarting
from netlab.app.form import form, muted
from netlab.app.preferences import TRANSLATIONS, Preferences, preferences, set_preference
from netlab.document.home import part_of_home
from netlab.language import languages, tr

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


class PreferencesDialog(QDialog):
    """One row a preference, and a button for those that need a new start."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(440)
        layout = QVBoxLayout(self)
        known, values = list(languages(part_of_home(TRANSLATIONS)).values()), preferences().values
        system = tr("System")  # anything that is no language stands for it
        values["language"] = values["language"] if values["language"] in known else system
        layout.addWidget(form(Preferences.options(), values, self._set, [system, *known]))
        self.restart = QPushButton(tr("Restart now"))
        self.restart.setToolTip(tr("Everything comes back as it is: edits, their history, and the run."))
        self.restart.clicked.connect(lambda: restarting.restart(window))
        row = QHBoxLayout()
        row.addWidget(muted(tr("Another language or scale is used from the next start on.")), 1)
        row.addWidget(self.restart)
        layout.addLayout(row)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self._set()

    def _set(self, name: str = "", value: Any = None) -> None:
        if name:
            set_preference(name, value)
        self.restart.setEnabled(restarting.is_wanted())
