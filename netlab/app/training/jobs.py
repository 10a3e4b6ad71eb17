"""Starts engine processes. They are on their own: closing or killing the window does not end a run."""

from __future__ import annotations

import logging
import subprocess
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.launch import dismiss, hand_over, launch, waiting

REAP_MS = 1000
WARM_MS = 3000  # the job that has just started gets the processor to itself first
logger = logging.getLogger(__name__)


class Jobs(QObject):
    """Keeps one warm engine waiting, so that a run starts without loading torch first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spare: subprocess.Popen[bytes] | None = None
        self._started: list[subprocess.Popen[bytes]] = []
        self._reaper = QTimer(self)
        self._reaper.setInterval(REAP_MS)
        self._reaper.timeout.connect(self._reap)
        self._warmer = QTimer(self)
        self._warmer.setSingleShot(True)
        self._warmer.setInterval(WARM_MS)
        self._warmer.timeout.connect(self.warm_up)

    def warm_up(self) -> None:
        """Start a spare engine if there is none."""
        if self._spare is None or self._spare.poll() is not None:
            self._spare = waiting()

    def start(self, project: bytes, root: Path | None = None) -> Path:
        """Make a run folder for a project and let an engine work on it; returns the folder."""
        folder = store.create(project, root)
        self.begin(folder)
        return folder

    def begin(self, folder: Path) -> None:
        """Let an engine work on a run that was made and not begun."""
        self._hand_over(folder, resume=False)

    def queue(self, project: bytes, root: Path | None = None) -> Path:
        """Make a run folder for a project that is trained when a place is free; returns the folder."""
        folder = store.create(project, root).resolve()
        self._started.append(launch(["train", str(folder), "--ticket", str(time.time_ns())], log=folder / "engine.log"))
        self._reaper.start()
        return folder

    def mirror(self, folder: Path) -> None:
        """Let a process keep the copy of a run that is on another machine."""
        self._started.append(launch(["mirror", str(folder.resolve())], log=folder / "engine.log"))
        self._reaper.start()

    def sweep(self, folder: Path) -> None:
        """Let a process drive a sweep."""
        self._started.append(launch(["sweep", str(folder.resolve())], log=folder / "engine.log"))
        self._reaper.start()

    def resume(self, folder: Path) -> None:
        """Let an engine go on with a run, which hears what is said to it from now on.

        Raises:
            OSError: the run cannot be told.
        """
        commands.append(folder, commands.Begin())
        self._hand_over(folder, resume=True)

    def _hand_over(self, folder: Path, resume: bool) -> None:
        folder = folder.resolve()
        spare, self._spare = self._spare, None
        if spare is None or spare.poll() is not None or not hand_over(spare, folder, resume):
            spare = launch(["train", str(folder), *(["--resume"] if resume else [])], log=folder / "engine.log")
        self._started.append(spare)
        self._reaper.start()
        self._warmer.start()

    def last_exit(self) -> int | None:
        """Exit status of the newest engine; None while it runs or if there was none."""
        return self._started[-1].poll() if self._started else None

    def shutdown(self) -> None:
        """End the spare; engines with a job go on."""
        self._reaper.stop()
        self._warmer.stop()
        if self._spare is not None:
            dismiss(self._spare)
        self._spare = None
        for process in self._started:
            process.poll()
            process.returncode = 0 if process.returncode is None else process.returncode  # no warning: it goes on

    def _reap(self) -> None:
        """Collect engines that ended, so that none stays a zombie."""
        for process in self._started:
            process.poll()
