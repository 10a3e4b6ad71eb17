"""Writes checkpoints beside the training: a step waits for the copy of the tensors, not for the disk."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from netlab.document.file import FileError
from netlab.engine.checkpoint import Snapshot, keep


class Keeper:
    """Writes moments of one run in order, one at a time; at most one waits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._worker = ThreadPoolExecutor(1, "checkpoints")
        self._writing: Future[None] | None = None

    def keep(self, moment: Snapshot, *names: str) -> str:
        """Write a moment under these names when the one before is done; what went wrong with that one, or ""."""
        problem = self.settle()
        self._writing = self._worker.submit(keep, self._folder, moment, *names)
        return problem

    def settle(self) -> str:
        """Wait until everything is on the disk; what went wrong, or ""."""
        writing, self._writing = self._writing, None
        try:
            if writing is not None:
                writing.result()
        except (OSError, FileError) as error:  # a full disk: the older checkpoints stand
            return str(error)
        return ""

    def close(self) -> str:
        """Wait, and end the thread; what went wrong, or ""."""
        problem = self.settle()
        self._worker.shutdown()
        return problem
