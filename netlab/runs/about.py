"""What people say about a run: a name and a note, in ``about.json``, which no engine writes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from netlab.document.file import write_atomically

FILE = "about.json"


class About(msgspec.Struct, frozen=True):
    """The name and the note of a run; "" where nobody gave one."""

    name: str = ""
    note: str = ""


def about(folder: Path) -> About:
    """What was said about a run; nothing if the file is missing or damaged."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=About)
    except (OSError, msgspec.MsgspecError):
        return About()


def describe(folder: Path, name: str | None = None, note: str | None = None) -> About:
    """Give a run a name, a note, or both; None leaves one as it is, "" takes it away."""
    said = about(folder)
    said = About(said.name if name is None else name.strip(), said.note if note is None else note.strip())
    write_atomically(folder / FILE, msgspec.json.encode(said))
    return said
