"""The preferences, as a form made from their declaration. A change counts at once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from netlab.app.form import form, muted
from netlab.app.preferences import TRANSLATIONS, Preferences, preferences, set_preference
from netlab.document.home import part_of_home
from netlab.language import languages, tr


class PreferencesDialog(QDialog):
    """One row a preference."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(380)
        layout = QVBoxLayout(self)
        names = [Preferences.options()["language"].default, *languages(part_of_home(TRANSLATIONS)).values()]
        layout.addWidget(form(Preferences.options(), preferences().values, set_preference, names))
        layout.addWidget(muted(tr("Another language or scale is used from the next start on.")))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
