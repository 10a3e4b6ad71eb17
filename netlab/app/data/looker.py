"""Asks a process of its own to look at data, so that the window never waits, and a crash of a decoder costs nothing."""

from __future__ import annotations

import sys
from typing import assert_never

from PySide6.QtCore import QObject, QProcess, Signal

from netlab.data.looking import Drawn, Progressed, Refused, Reply, Request, Seen, packed, replies
from netlab.language import mark, tr

ENDED = mark(
    "Looking at the data ended unexpectedly, perhaps for want of memory. Try again, or take a part of the data."
)
GRACE_MS = 2000
READER, DRAWER = ("netlab.data.looking",), ("netlab.engine", "draw")


class Looker(QObject):
    """One question at a time; a new one ends the one before."""

    progressed = Signal(float)
    seen = Signal(object)
    refused = Signal(object)
    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None, command: tuple[str, ...] = READER) -> None:
        super().__init__(parent)
        self._command = command
        self._process: QProcess | None = None
        self._received = bytearray()
        self._busy = False

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._busy

    def ask(self, request: Request) -> None:
        """Look at something; the answer comes by `seen` or `refused`."""
        self.cancel()
        if self._process is None:
            self._process = self._started()
        self._set_busy(True)
        self._process.write(packed(request))

    def cancel(self) -> None:
        """Give up what is under way; no answer will come."""
        if self._busy:
            self._end()
            self._set_busy(False)

    def shutdown(self) -> None:
        """End the process."""
        self._end()
        self._busy = False

    def _started(self) -> QProcess:
        process = QProcess(self)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._lost)
        process.start(sys.executable, ["-m", *self._command])
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        self._received.clear()
        if process is not None:
            process.readyReadStandardOutput.disconnect(self._read)
            process.finished.disconnect(self._lost)
            process.kill()
            process.waitForFinished(GRACE_MS)
            process.deleteLater()

    def _read(self) -> None:
        if self._process is None:
            return
        self._received += self._process.readAllStandardOutput().data()
        for reply in replies(self._received):
            self._take(reply)

    def _take(self, reply: Reply) -> None:
        match reply:
            case Progressed(share):
                self.progressed.emit(share)
            case Seen() | Drawn():
                self._set_busy(False)
                self.seen.emit(reply)
            case Refused():
                self._set_busy(False)
                self.refused.emit(reply)
            case _:
                assert_never(reply)

    def _lost(self) -> None:
        self._end()
        if self._busy:
            self._set_busy(False)
            self.refused.emit(Refused(tr(ENDED)))

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)
