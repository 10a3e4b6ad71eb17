"""Takes up commands from ``commands.jsonl``: only whole lines, each once."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from netlab.protocol.commands import Begin, Command, decode
from netlab.runs.reader import status_of

logger = logging.getLogger(__name__)


class CommandReader:
    """Follows the file from its start, or for a job that is taken up again from where that was asked for (`Begin`).

    A line that is no command is skipped and logged.

    Attributes:
        begun: the byte from which commands count.
    """

    def __init__(self, folder: Path, again: bool = False, before: int = 0) -> None:
        """`before` is the `begun` of the last engine: without a later `Begin` all that was said so far is over."""
        self._path = folder / "commands.jsonl"
        self.begun = 0
        if again:
            asked = self._behind_the_last_begin()
            self.begun = asked if asked > before else self._size()
        self._at = self.begun

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

    def _behind_the_last_begin(self) -> int:
        line = msgspec.json.encode(Begin()) + b"\n"
        try:
            found = self._path.read_bytes().rfind(line)
        except FileNotFoundError:
            return 0
        return found + len(line) if found >= 0 else 0

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0


def of_run(folder: Path, resume: bool) -> CommandReader:
    """The commands to the next engine of a run."""
    return CommandReader(folder, resume, int(status_of(folder).get("begun", "0")))
