"""Dates and lengths of time in words, by the patterns of Unicode's CLDR (resources/data/phrases.json)."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from netlab.data.dataset import DataError
from netlab.data.resources import FOLDER
from netlab.language import tr

WIDTHS = ("short", "medium", "long", "full")
UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
LARGEST = 199
PIECE = re.compile(r"'([^']*)'|([A-Za-z])\2*|.", re.DOTALL)


@cache
def languages() -> dict[str, dict[str, Any]]:
    """What is known of each language, by its code."""
    try:
        return json.loads((FOLDER / "phrases.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(tr("phrases.json cannot be read ({error}). Install NetLab again.", error=error)) from error


@dataclass(frozen=True)
class Language:
    """One language: its names of months and days, patterns of dates, and words for lengths of time."""

    code: str
    known: dict[str, Any]

    @classmethod
    def of(cls, code: str) -> Self:
        """The language of that code; DataError in words if it is not there."""
        if code not in languages():
            raise DataError(
                tr(
                    "There are no phrases in {code!r}. There are: {known}.",
                    code=code,
                    known=", ".join(languages()),
                )
            )
        return cls(code, languages()[code])

    def date(self, day: datetime.date, width: str) -> str:
        """A date in one of four widths, e.g. ``3. Oktober 1998``."""
        pattern = self.known["patterns"][width]
        return "".join(self._piece(match, day) for match in PIECE.finditer(pattern))

    def _piece(self, match: re.Match[str], day: datetime.date) -> str:
        quoted, letter, length = match[1], match[2], len(match[0])
        if quoted is not None:
            return quoted or "'"
        if letter == "y":
            return f"{day.year % 100:02}" if length == 2 else str(day.year)
        if letter in ("M", "L"):
            names = self.known["months" if letter == "M" else "months_alone"]
            return _number(day.month, length) if length < 3 else names[_width(length)][day.month - 1]
        if letter == "d":
            return _number(day.day, length)
        if letter in ("E", "c"):
            return self.known["days"][_width(length)][day.weekday()]
        return match[0]

    def amount(self, count: int, unit: str) -> str:
        """A length of time, e.g. ``3 hours``, with the plural that the language has for the number (up to 199)."""
        patterns = self.known["units"][unit]
        return patterns.get(self.known["plurals"][count], patterns["o"]).replace("{0}", str(count))


def _number(value: int, length: int) -> str:
    return f"{value:02}" if length == 2 else str(value)


def _width(length: int) -> str:
    return "wide" if length == 4 else "abbreviated"
