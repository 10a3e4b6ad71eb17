"""`netlab import` in a process of its own, because only the engine has torch; the window goes on meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress

import psutil
from PySide6.QtCore import QObject, QProcess, Signal

from netlab.language import mark, tr
from netlab.protocol.arrivals import decode
from netlab.protocol.fault import Fault

START, CLOSE = mark("The process that reads models could not be started."), mark("Close other programs, and try again.")
WAIT_MS = 2000


class Importer(QObject):
    """One import at a time. What is cancelled ends at once, with everything that it has started, and says nothing."""

    ended = Signal(object)  # Arrived, Matched or Fault

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an import is under way."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The process that reads, 0 if there is none."""
        return self._process.processId() if self._process is not None else 0

    def start(self, arguments: Sequence[str]) -> None:
        """Run the command with these arguments; one that is under way is cancelled."""
        self.cancel()
        self._process = process = QProcess(self)
        process.setStandardErrorFile(QProcess.nullDevice())  # with --json, all is said on the standard output
        process.setStandardInputFile(QProcess.nullDevice())
        process.finished.connect(lambda code: self._finished(process, code))
        process.errorOccurred.connect(lambda error: self._failed(process, error))
        process.start(sys.executable, ["-m", "netlab", "import", "--yes", "--json", *arguments])

    def cancel(self) -> None:
        """End what is under way."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.state() != QProcess.ProcessState.NotRunning:
            end_tree(process.processId())
            process.kill()
            process.waitForFinished(WAIT_MS)
        process.deleteLater()

    def _finished(self, process: QProcess, code: int) -> None:
        if process is not self._process:
            return
        self._process = None
        crashed = process.exitStatus() == QProcess.ExitStatus.CrashExit
        said = bytes(process.readAllStandardOutput().data())
        process.deleteLater()
        self.ended.emit(decode(said, -code if crashed else code))

    def _failed(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if process is self._process and error == QProcess.ProcessError.FailedToStart:
            self._process = None
            process.deleteLater()
            self.ended.emit(Fault("start", tr(START), fix=tr(CLOSE)))


def end_tree(pid: int) -> None:
    """Kill a process and all that it has started."""
    with suppress(psutil.Error):
        first = psutil.Process(pid)
        first.suspend()  # so that it starts nothing while we look
        for process in (first, *first.children(recursive=True)):
            with suppress(psutil.Error):
                process.kill()
