"""Code from the clipboard becomes nodes: read and agreed to, then run in a throw-away process of the engine."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from netlab.app import clipboard, consent
from netlab.app.session import Session
from netlab.compiler.consent import file_of
from netlab.compiler.pasted import module_in, runnable, without_ends
from netlab.document import file
from netlab.document.trust import is_trusted, trust
from netlab.language import mark, tr

LIMIT_MS = 180_000
NO_MODULE = mark("The clipboard holds no Python class that derives from nn.Module. Copy one and paste it here.")


class CodePaster(QObject):
    """One import at a time; what comes back is a project file, of which the nodes are added as one step."""

    done = Signal(bool)

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self.session, self._window = session, window
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._name, self._choices = "", [""]
        self._process = QProcess(self)
        self._process.finished.connect(lambda *_: self._finished())
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.setInterval(LIMIT_MS)
        self._limit.timeout.connect(self._process.kill)

    def paste_any(self) -> None:
        """Paste nodes, or else code, whichever the clipboard holds."""
        mime = QGuiApplication.clipboard().mimeData()
        holds_nodes = mime is not None and mime.hasFormat(clipboard.MIME)
        try:
            code = not holds_nodes and bool(module_in(QGuiApplication.clipboard().text()))
        except SyntaxError:
            code = True  # and `paste` says what is wrong with it
        if code:
            self.paste()
        else:
            clipboard.paste(self.session)

    def paste(self) -> bool:
        """Import the class in the clipboard. True if an import was started; that nothing is there is said."""
        text = QGuiApplication.clipboard().text().replace("\r\n", "\n")
        try:
            name = module_in(text)
        except SyntaxError as error:
            said = tr("Line {line} of the code: {fault}. Nothing was pasted.", line=error.lineno, fault=error.msg)
            self.session.message.emit(said, "error")
            return False
        if not name:
            self.session.message.emit(tr(NO_MODULE), "info")
            return False
        if self._folder is not None:
            self.session.message.emit(tr("Code is being read already. Wait for it to end."), "info")
            return False
        if not is_trusted(text):
            title = tr("To make nodes of {name}, its code has to run. May it?", name=name)
            if not consent.may_run(title, text, self._window):
                return False
            trust(text)
        self._folder = tempfile.TemporaryDirectory()
        file.write_atomically(Path(self._folder.name) / "pasted.py", file_of(runnable(text)))
        self._name, self._choices = name, [self.session.project.data.source, ""]
        self.session.message.emit(tr("Reading {name}…", name=name), "info")
        self._run()
        return True

    def _run(self) -> None:
        """Try the project's own data first, then whatever suits the model."""
        assert self._folder is not None
        folder = Path(self._folder.name)
        request = {"model": f"{folder / 'pasted.py'}:{self._name}", "data": self._choices.pop(0), "inputs": ""}
        file.write_atomically(folder / "request.json", json.dumps(request).encode())
        (folder / "told.json").unlink(missing_ok=True)
        self._process.setStandardOutputFile(QProcess.nullDevice())
        self._process.setStandardErrorFile(QProcess.nullDevice())
        self._process.start(sys.executable, ["-m", "netlab.engine.importing.child", str(folder)])
        self._limit.start()

    def _finished(self) -> None:
        self._limit.stop()
        if self._folder is None:
            return
        folder = Path(self._folder.name)
        try:
            told = json.loads((folder / "told.json").read_bytes())
        except (OSError, ValueError):
            told = {"fault": tr("The code ended the process that ran it, or took too long.")}
        if "fault" in told and self._choices:
            self._run()
            return
        done = self._say(str(told["fault"])) if "fault" in told else self._add(folder, told)
        self._folder.cleanup()
        self._folder = None
        self.done.emit(done)

    def _add(self, folder: Path, told: Mapping[str, object]) -> bool:
        try:
            project = file.load(folder / "project.netlab")
        except file.FileError as error:
            return self._say(error.message)
        ends = not self.session.project.graph.nodes
        clipboard.add(self.session, without_ends(project.graph, ends), tr("Paste code"))
        opaque = told.get("opaque")
        if isinstance(opaque, list) and opaque:
            words = mark("{count} parts of {name} have no layer; they are kept grey and cannot be trained.")
            self.session.message.emit(tr(words, count=len(opaque), name=self._name), "info")
        else:
            self.session.message.emit(tr("{name} is on the canvas, with fresh weights.", name=self._name), "info")
        return True

    def _say(self, fault: str) -> bool:
        self.session.message.emit(tr("{name} could not become nodes: {fault}", name=self._name, fault=fault), "error")
        return False

    def shutdown(self) -> None:
        """End what is under way."""
        self._limit.stop()
        folder, self._folder = self._folder, None
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(2000)
        if folder is not None:
            folder.cleanup()
