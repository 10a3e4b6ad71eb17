"""Phrases: dates and lengths of time in thirteen languages, to be brought into one form or another language."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from functools import cache

import numpy as np

from netlab.data.dataset import DataError, Dataset, Field, Source
from netlab.data.findings import Progress, silent
from netlab.data.phrases import LARGEST, UNITS, WIDTHS, Language
from netlab.data.texts import PAIR_SPECIALS, pairs
from netlab.data.tokenizer import UNKNOWN, Tokenizer
from netlab.language import tr
from netlab.options import Choice, Int, Names

FIRST, LAST = datetime.date(1930, 1, 1).toordinal(), datetime.date(2049, 12, 31).toordinal()
CODES = ("de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "zh")
SHORT = {"second": "s", "minute": "min", "hour": "h", "day": "d", "week": "w", "month": "mo", "year": "a"}


class Phrases(Source):
    """Dates (``Samstag, 3. Oktober 1998``) or lengths of time (``3 Stunden 20 Minuten``) as people write them.

    ``source`` is a phrase in one of the languages, by characters; ``target`` the same as ``1998-10-03`` or ``3h20min``,
    or in words of another language; ``target_in`` is what was written so far (teacher forcing). Padding has index 0.
    No phrase of validation or test is in training.
    """

    title = "Dates and times in many languages"
    about = "Which day is “Samstag, 3. Oktober 1998”? Dates and lengths of time in thirteen languages."
    task = "sequence_to_sequence"
    licence = "Unicode-3.0"
    origin = "Unicode CLDR 47 by way of Babel 2.18; phrases made by NetLab from its patterns"
    size = 24_000
    kind = Choice("dates", ("dates", "times"), help="Dates, or lengths of time.")
    languages = Names(CODES, help="Codes of the languages to read.")
    into = Choice("numbers", ("numbers", *CODES), help="What to write: numbers (ISO 8601 for dates), or a language.")
    phrases = Int(12_000, min=100, max=1_000_000, unit="phrases", help="How many pairs.")
    seed = Int(0, min=0, max=2**31 - 1, help="Fixes the phrases.")

    def fields(self) -> tuple[Field, ...]:
        letters, longest, longest_target = _measures(self.kind, self.languages, self.into)
        size = len(PAIR_SPECIALS) + 1 + len(letters)
        return (
            Field("source", f"T={longest}", "int", "tokens", size),
            Field("target_in", f"T={longest_target + 1}", "int", "tokens", size),
            Field("target", f"T={longest_target + 1}", "int", "tokens", size),
        )

    def row_count(self) -> int:
        return self.phrases

    def load(self, progress: Progress = silent) -> Dataset:
        letters, *lengths = _measures(self.kind, self.languages, self.into)
        words = Tokenizer("char", json.dumps([*PAIR_SPECIALS, UNKNOWN, *letters], ensure_ascii=False), PAIR_SPECIALS)
        texts = list(_pairs(self.kind, self.languages, self.into, self.phrases, self.seed))
        read, written = (words.encode_all([text[side] for text in texts]) for side in (0, 1))
        columns = pairs(read, written, (lengths[0], lengths[1]))
        return Dataset(self.fields(), columns, self._apart([text[0] for text in texts]), tokenizer=words)

    def _apart(self, texts: list[str]) -> dict[str, np.ndarray]:
        """Random parts with each phrase, however often it comes, in one of them."""
        places: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            places.setdefault(text, []).append(row)
        groups = list(places.values())
        cut = self.shuffled_splits(len(groups))
        return {name: np.array([row for g in part for row in groups[g]], np.int64) for name, part in cut.items()}


def _pairs(kind: str, codes: tuple[str, ...], into: str, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Phrases and what they are in the other form."""
    if not codes:
        raise DataError(tr("No language is chosen. Choose at least one."))
    spoken = [Language.of(code) for code in codes]
    other = Language.of(into) if into != "numbers" else None
    random = np.random.Generator(np.random.Philox(seed))
    which = random.integers(len(spoken), size=count)
    if kind == "dates":
        days = random.integers(FIRST, LAST + 1, count)
        widths = random.integers(1, len(WIDTHS), count)  # short dates are numbers in an order one has to know
        for speaker, day, width in zip(which, days, widths, strict=True):
            date = datetime.date.fromordinal(int(day))
            phrase = spoken[speaker].date(date, WIDTHS[width])
            yield phrase, other.date(date, "long") if other else date.isoformat()
        return
    counts = random.integers(1, LARGEST + 1, (count, 2))
    units = random.integers(0, len(UNITS), (count, 2))
    for speaker, numbers, places in zip(which, counts, units, strict=True):
        parts = sorted(zip(places.tolist(), numbers.tolist(), strict=True), reverse=True)
        parts = parts if parts[0][0] != parts[1][0] else parts[:1]
        phrase = " ".join(spoken[speaker].amount(n, UNITS[u]) for u, n in parts)
        numbers = "".join(f"{n}{SHORT[UNITS[u]]}" for u, n in parts)
        yield phrase, " ".join(other.amount(n, UNITS[u]) for u, n in parts) if other else numbers


@cache
def _measures(kind: str, codes: tuple[str, ...], into: str) -> tuple[tuple[str, ...], int, int]:
    """The alphabet of all phrases, and the lengths of the longest on either side; they depend on no seed."""
    spoken = [Language.of(code) for code in codes] or [Language.of(CODES[0])]
    other = [Language.of(into)] if into != "numbers" else []
    if kind == "dates":
        days = [
            datetime.date(2028, month, day) for month in range(1, 13) for day in range(16, 31 if month != 2 else 30)
        ]
        read = [language.date(day, width) for language in spoken for day in days for width in WIDTHS[1:]]
        written = [language.date(day, "long") for language in other for day in days] or [days[0].isoformat()]
    else:
        singles = [(n, unit) for unit in UNITS for n in range(1, LARGEST + 1)]
        one = {language.code: max((language.amount(*s) for s in singles), key=len) for language in spoken + other}
        all_texts = [language.amount(*s) for language in spoken + other for s in singles]
        read = [*all_texts, *(f"{one[language.code]} {one[language.code]}" for language in spoken)]
        written = [f"{one[language.code]} {one[language.code]}" for language in other] or ["199mo199min"]
    letters = sorted(set("0123456789-").union(*read, *written, *SHORT.values()))
    return tuple(letters), max(map(len, read)), max(map(len, written))
