"""One metric of a run, read a stretch at a time, so that a window stays awake over a run of a million steps."""

from __future__ import annotations

from pathlib import Path

from netlab.runs.reader import Curve, RunReader


class Strand:
    """Reads on where it was. It holds no file open between two stretches.

    Attributes:
        anew: whether the run went back to a checkpoint, so that what was read before the last stretch is void.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._last, self._rewinds = 0, ""
        self.anew = False

    def read(self) -> Curve | None:
        """The steps and values of the next stretch, which may have none; None if there is no more for now."""
        reader = RunReader(self._folder)
        try:
            rewinds = reader.status().get("rewinds", "")
            self.anew = self._last > 0 and rewinds != self._rewinds
            self._rewinds = rewinds
            before = 0 if self.anew else self._last
            found, self._last = reader.stretch(self._name, before)
            return found if self._last > before or self.anew else None
        finally:
            reader.close()
