"""Takes up commands from ``commands.jsonl``: only whole lines, each once."""

from __future__ import annotations

import logging
from pathlib import Path

from netlab.protocol.commands import Command, decode

logger = logging.getLogger(__name__)


class CommandReader:
    """Follows the file, from its start, or from its present end for a run that goes on: old commands are over.

    A line that is no command is skipped and logged.
    """

    def __init__(self, folder: Path, from_end: bool = False) -> None:
        self._path = folder / "commands.jsonl"
        self._at = self._size() if from_end else 0

    def new(self) -> list[Command]:
        """The commands that came since the last call."""
        size = self._size()
        if size <= self._at:
            return []
        with open(self._path, "rb") as file:
            file.seek(self._at)
            data = file.read(size - self._at)
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        found = []
        for line in whole.splitlines():
            try:
                found.append(decode(line))
            except ValueError as error:
                logger.error("A line in %s is no command: %s", self._path.name, error)
        return found

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0
