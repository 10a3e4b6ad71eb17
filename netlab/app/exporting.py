"""Export from the window: another process does it, because only the engine has torch; the window goes on."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, Signal
from PySide6.QtWidgets import QFileDialog

from netlab.app.session import Session
from netlab.compiler.standalone import standalone
from netlab.document import file
from netlab.language import mark, tr

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

FORMATS = {
    "onnx": ("ONNX", "ONNX (*.onnx)", ".onnx"),
    "pt2": (mark("torch.export program"), mark("Programs (*.pt2)"), ".pt2"),
    "safetensors": (mark("Weights"), mark("Weights (*.safetensors)"), ".safetensors"),
    "python": (mark("Python with training script"), "", ""),
}
"""By format: what the menu says, the filter of the file dialog, and the ending; "" where a folder is written."""


def export_code(window: MainWindow) -> None:
    """Ask for a place, and write the standalone source there."""
    session = window.session
    name, _ = QFileDialog.getSaveFileName(window, tr("Export code"), "model.py", "Python (*.py)")
    if not name:
        return
    try:
        file.write_atomically(Path(name), standalone(session.project, session.inferred).encode())
    except OSError as error:
        session.message.emit(_not_written(name, error), "error")
    else:
        session.message.emit(tr("Wrote {file}.", file=name), "info")


def _not_written(name: str, error: OSError) -> str:
    reason = error.strerror or error
    return tr("{file} could not be written: {reason}. Choose another place, or make room.", file=name, reason=reason)


def ask_log(window: MainWindow, run: Path, format: str) -> None:
    """Ask for a place, and write the metrics of a run there: a table, or a folder of events for TensorBoard."""
    if format == "csv":
        name, _ = QFileDialog.getSaveFileName(window, tr("Export log"), f"{run.name}.csv", tr("CSV (*.csv)"))
    else:
        name = QFileDialog.getExistingDirectory(window, tr("Export log"))
    if name:
        window.exporter.start_log(run, format, Path(name))


class Exporter(QObject):
    """Runs one export at a time and says how it ended."""

    done = Signal(bool)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process = QProcess(self)
        self._process.finished.connect(self._finished)

    @property
    def is_busy(self) -> bool:
        """Whether an export is under way."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start_log(self, run: Path, format: str, out: Path) -> None:
        """Write the metrics of a run; those of TensorBoard into a folder of the run's name."""
        if self._refused():
            return
        place = out if format == "csv" else out / run.name
        self._process.start(sys.executable, ["-m", "netlab", "export-log", str(run), str(place), "--to", format])

    def _refused(self) -> bool:
        if self.is_busy:
            self.session.message.emit(tr("An export is under way. Wait for it to end."), "error")
        return self.is_busy

    def start(self, format: str, out: Path) -> None:
        """Export the watched run with its weights, or else the project as it is, freshly initialised."""
        if self._refused():
            return
        run = self.session.run
        trained = run is not None and (run.folder / "checkpoints" / "last.safetensors").exists()
        if trained and run is not None:
            target = run.folder
        else:
            try:
                target = self._saved()
            except (OSError, file.FileError) as error:
                self._clear()
                told = _not_written(tempfile.gettempdir(), error) if isinstance(error, OSError) else str(error)
                self.session.message.emit(told, "error")
                return
        told = tr("Exporting with the weights of the run…") if trained else tr("Exporting with fresh weights…")
        self.session.message.emit(told, "info")
        self._process.start(sys.executable, ["-m", "netlab", "export", str(target), str(out), "--to", format])

    def _saved(self) -> Path:
        """The project in a file of its own, for the process to read."""
        self._folder = tempfile.TemporaryDirectory()
        target = Path(self._folder.name) / "project.netlab"
        file.save(self.session.project, target)
        return target

    def _finished(self, code: int) -> None:
        said = bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace").strip()
        wrong = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        if code == 0:
            self.session.message.emit(said or tr("Exported."), "info")
        else:
            self.session.message.emit(wrong.split("\n")[-1] or tr("The export failed."), "error")
        self._clear()
        self.done.emit(code == 0)

    def _clear(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def shutdown(self) -> None:
        """End what is under way."""
        if self.is_busy:
            self._process.kill()
            self._process.waitForFinished(2000)
