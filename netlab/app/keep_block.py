"""Put the selected block into the user's library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QInputDialog

from netlab.app.offered import CATEGORY as LIBRARY
from netlab.document import edits, file, library
from netlab.language import tr

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


def keep_block(window: MainWindow) -> None:
    """Ask for a title and save; the palette shows it at once."""
    session = window.session
    block = session.project.graph.nodes[session.selection[0]]
    title, done = QInputDialog.getText(window, tr("Save block to the library"), tr("Title:"), text=block.name)
    if not done:
        return
    try:
        library.keep(session.project, block.id, title.strip())
    except (edits.EditError, file.FileError, OSError) as error:
        session.message.emit(str(error), "error")
        return
    window.palette_.refill()
    session.message.emit(
        tr("“{title}” is in the palette now, under {category}.", title=title.strip(), category=tr(LIBRARY)), "info"
    )
