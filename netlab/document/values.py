"""What may stand in a project: plain JSON values within limits. The file and the edits share these rules."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

from netlab.language import tr

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_TEXT = 4096
MAX_LONG_TEXT = 65536
LONG_TEXTS = ("about", "note", "definition")
MAX_INT = 2**53
MAX_NODES = 20_000
MAX_EDGES = 100_000


class ValueRefused(ValueError):
    """A value that no project can hold.

    Attributes:
        where: path to the value, e.g. ``graph.nodes.n1.options.size``.
        fix: what to do about it.
    """

    def __init__(self, where: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.where, self.fix = where, fix


def plain(value: Any, where: str = "", depth: int = 1) -> Any:
    """A copy of `value` with lists for tuples, so that nobody else can change it and JSON gives it back equal.

    Raises:
        ValueRefused: a type that JSON has not, a number that is not finite or too large, a text too long or
            not in Unicode's normal form C, or a nesting deeper than 64.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int):
        if not -MAX_INT <= value <= MAX_INT:
            raise ValueRefused(where, tr("A whole number is beyond ±2^53."), tr("Use a smaller one."))
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueRefused(where, tr("A number is not finite."), tr("Use a finite number."))
        return float(value)
    if depth > MAX_DEPTH:
        raise ValueRefused(
            where, tr("Values are nested deeper than {depth} levels.", depth=MAX_DEPTH), tr("Flatten them.")
        )
    if isinstance(value, list | tuple):
        return [plain(item, where, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_key(key, where): plain(v, f"{where}.{key}" if where else key, depth + 1) for key, v in value.items()}
    raise ValueRefused(
        where,
        tr("A value of type {type} cannot be saved.", type=type(value).__name__),
        tr("Use numbers, texts, lists or true/false."),
    )


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise ValueRefused(
            where, tr("A name is {key!r:.60}, but names are texts.", key=key), tr("Use a text as the name.")
        )
    return _text(key, where, MAX_TEXT)


def _text(text: str, where: str, limit: int = 0) -> str:
    limit = limit or (MAX_LONG_TEXT if where.rpartition(".")[2] in LONG_TEXTS else MAX_TEXT)
    if len(text) > limit:
        raise ValueRefused(
            where[:200],
            tr("A text has {count} characters, more than {limit}.", count=len(text), limit=limit),
            tr("Shorten it to {limit}.", limit=limit),
        )
    if text.isascii():
        return text
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueRefused(where, tr("A text holds half of a surrogate pair, which is no character."), tr("Remove it."))
    if not unicodedata.is_normalized("NFC", text):
        raise ValueRefused(
            where,
            tr("A text is not in Unicode's composed form (NFC)."),
            tr("Type it again, or convert the file to NFC."),
        )
    return text
