"""Tries custom code in a process of its own, after an edit or when asked, and keeps what that shows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from netlab.compiler import tested
from netlab.compiler.consent import may_run
from netlab.compiler.infer import Judged
from netlab.language import tr
from netlab.layers.custom import CustomCode
from netlab.protocol.trial import Outcome, decode_outcome, encode

if TYPE_CHECKING:
    from netlab.app.session import Session

REST_MS = 800  # the hands should rest before a process is started
LIMIT_MS = 150_000


class Trials(QObject):
    """One trial at a time. Only code that the user agreed to is tried, and none when a project is opened."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.running: Judged | None = None
        self._process: QProcess | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REST_MS)
        self._later.timeout.connect(self._next)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.setInterval(LIMIT_MS)
        self._limit.timeout.connect(self._timed_out)
        session.changed.connect(lambda *_: self._later.start())

    def start(self, node: str) -> bool:
        """Try a node now; False if its inputs are not known, or nobody agreed to its code."""
        found = self.session.inferred.judged.get(node)
        if found is None or not isinstance(found.layer, CustomCode) or not may_run(found.layer.definition):
            return False
        self._drop()
        self.running = found
        self._process = process = QProcess(self)
        process.finished.connect(lambda *_: self._finished(process))
        process.errorOccurred.connect(lambda error: self._failed(process, error))
        process.setStandardErrorFile(QProcess.nullDevice())
        process.start(sys.executable, ["-m", "netlab.engine", "try"])
        process.write(encode(tested.trial(found.layer, found.arrived)))
        process.closeWriteChannel()
        self._limit.start()
        self.changed.emit()
        return True

    def _next(self) -> None:
        """Try the first node of which nothing is known."""
        if self.running is not None:
            return
        for node in self.session.inferred.order:
            found = self.session.inferred.judged[node] if node in self.session.inferred.untested else None
            if found is not None and tested.outcome(found.layer, found.arrived) is None and self.start(node):
                return

    def _finished(self, process: QProcess) -> None:
        if process is not self._process or self.running is None:
            return
        said = decode_outcome(bytes(process.readAllStandardOutput().data()))
        self._end(said)

    def _failed(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if process is self._process and error == QProcess.ProcessError.FailedToStart:
            self._end(Outcome(fault=tr("The process for tests could not be started.")))

    def _end(self, said: Outcome) -> None:
        found, self.running = self.running, None
        self._drop()
        if found is None:
            return
        try:
            tested.remember(found.layer, found.arrived, said)
        except OSError as error:
            self.session.message.emit(tr("The result of the test could not be kept: {fault}.", fault=error), "error")
        self.session.recheck()
        self.changed.emit()
        self._later.start()

    def _timed_out(self) -> None:
        self._end(decode_outcome(b""))

    def _drop(self) -> None:
        self._limit.stop()
        process, self._process = self._process, None
        if process is not None:
            if process.state() != QProcess.ProcessState.NotRunning:
                process.terminate()  # the cell passes it on; its process dies with it
                if not process.waitForFinished(300):
                    process.kill()
                    process.waitForFinished(1000)
            process.deleteLater()

    def shutdown(self) -> None:
        """End everything."""
        self._later.stop()
        self.running = None
        self._drop()
