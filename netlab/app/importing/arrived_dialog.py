"""Says what of an imported model was kept without being understood, and what else is worth knowing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout

from netlab.app.form import heading, muted
from netlab.app.runs.table import Row, Table
from netlab.language import mark, tr
from netlab.protocol.arrivals import Arrived

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

KEPT = mark(
    "They were kept as they are, grey on the canvas, and the model cannot be trained as long as they are in it. Select "
    "one to see it; replace it by a layer (Edit > Replace by…) or by a custom code node that does the same."
)


WHOLE, ONE_PART = mark("{title} came in whole"), mark("{title}: 1 part has no layer")
PARTS = mark("{title}: {count} parts have no layer")


class ArrivedDialog(QDialog):
    """Stays beside the window, so that the parts can be gone to one by one."""

    def __init__(self, window: MainWindow, title: str, told: Arrived) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Imported {title}", title=title))
        self.resize(680, 420 if told.opaque else 200)
        self.window_ = window
        window.session.replaced.connect(self.reject)  # its parts are another project's
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        whole = (WHOLE, ONE_PART)[len(told.opaque)] if len(told.opaque) < 2 else PARTS
        layout.addWidget(heading(tr(whole, title=title, count=len(told.opaque))))
        self.table = Table(tr("Parts without a layer"))
        if told.opaque:
            layout.addWidget(muted(tr(KEPT)))
            rows = [Row(part.node, (part.name, part.type, part.why)) for part in told.opaque]
            self.table.show_rows((tr("Part"), tr("Kind"), tr("Why")), rows)
            self.table.itemSelectionChanged.connect(self._go)
            layout.addWidget(self.table, 1)
        else:
            self.table.hide()
        for sentence in (told.compared, *told.notes):
            layout.addWidget(muted(sentence))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _go(self) -> None:
        chosen = [key for key in self.table.chosen() if key in self.window_.session.project.graph.nodes]
        if chosen:
            self.window_.go_to(chosen[0])
