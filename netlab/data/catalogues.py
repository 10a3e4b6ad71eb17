"""Qt's own translation catalogues, read where PySide6 is installed and without importing it: real interface strings."""

from __future__ import annotations

import importlib.util
import re
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from netlab.data.dataset import DataError
from netlab.language import tr

TRANSLATION, SOURCE_TEXT, OBSOLETE, END = 3, 6, 5, 1  # tags of a message in a .qm file
MESSAGES = 0x69  # the section that holds them
ACCELERATOR = re.compile(r"\s*\(&\w\)|&(?=\w)")
TAG = re.compile(r"<[^<>]*>")


def folder() -> Path:
    """Where the catalogues are. DataError if PySide6 is not installed."""
    spec = importlib.util.find_spec("PySide6")
    for root in (spec.submodule_search_locations or []) if spec is not None else []:
        for place in (Path(root) / "Qt" / "translations", Path(root) / "translations"):
            if place.is_dir():
                return place
    raise DataError(tr("Qt's translations are not installed. Run: pip install PySide6-Essentials."))


@cache
def pairs(language: str) -> tuple[tuple[str, str], ...]:
    """English strings and their translations, each string once, in the order of the catalogues."""
    found: dict[str, str] = {}
    for path in sorted(folder().glob(f"*_{language}.qm")):
        if path.stem.partition("_")[2] != language and not path.stem.endswith(f"_{language}"):
            continue
        for source, translation in messages(path):
            source, translation = cleaned(source), cleaned(translation)
            if source and translation and source != translation:
                found.setdefault(source, translation)
    if not found:
        raise DataError(tr("Qt has no catalogue in {language!r} here. Choose another language.", language=language))
    return tuple(found.items())


def messages(path: Path) -> Iterator[tuple[str, str]]:
    """The source text and first translation of each message of a .qm file."""
    data = path.read_bytes()
    at, section = 16, b""
    while at + 5 <= len(data):
        tag, length = struct.unpack_from(">BI", data, at)
        if tag == MESSAGES:
            section = data[at + 5 : at + 5 + length]
        at += 5 + length
    at, source, translation = 0, "", ""
    while at < len(section):
        tag = section[at]
        at += 1
        if tag == END:
            if source and translation:
                yield source, translation
            source = translation = ""
            continue
        if tag == OBSOLETE:
            at += 4
            continue
        (length,) = struct.unpack_from(">I", section, at)
        length = 0 if length == 0xFFFFFFFF else length
        value = section[at + 4 : at + 4 + length]
        at += 4 + length
        if tag == TRANSLATION and not translation:
            translation = value.decode("utf-16-be", "replace")
        elif tag == SOURCE_TEXT:
            source = value.decode("utf-8", "replace")


def cleaned(text: str) -> str:
    """A string without accelerators (``&Open``, ``打开(&O)``), tags and doubled blanks."""
    return " ".join(TAG.sub(" ", ACCELERATOR.sub("", text)).split())
