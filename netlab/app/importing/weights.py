"""Import of weights onto the nodes that are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from netlab.app import consent
from netlab.app.importing.weights_dialog import WeightsDialog
from netlab.language import mark, tr
from netlab.protocol.arrivals import WEIGHTS

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

EMPTY = mark(
    "There is no model on the canvas that could take weights. Build it, or import a model that brings its own."
)


def choose(window: MainWindow) -> None:
    """Ask for a file, and match its weights with the nodes."""
    kinds = f"{tr('Weights')} ({' '.join(f'*{suffix}' for suffix in WEIGHTS)})"
    name, _ = QFileDialog.getOpenFileName(window, tr("Import weights"), "", kinds)
    if name:
        bring(window, Path(name))


def bring(window: MainWindow, path: Path) -> None:
    """Match the weights of a file with the nodes, and show which went where before anything is changed."""
    if not window.session.project.graph.nodes:
        window.session.message.emit(tr(EMPTY), "error")
    elif consent.ask(window.session, window):  # to learn the names of weights, the model is built
        dialog = WeightsDialog(window, path)
        dialog.show()
        dialog.start()
