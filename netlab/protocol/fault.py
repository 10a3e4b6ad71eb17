"""What a command says with `--json` when it cannot do what it was asked."""

from __future__ import annotations

from typing import Any

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """Where and why it stopped; `fix` is what to do, in words, or a list of changes on offer."""

    code: str
    message: str
    where: str = ""
    fix: Any = ""

    @property
    def sentence(self) -> str:
        """Place, what is wrong, and the remedy."""
        fix = self.fix if isinstance(self.fix, str) else ""
        place = f"{self.where}:" if self.where and self.where not in self.message else ""
        return " ".join(part for part in (place, self.message, fix) if part)
