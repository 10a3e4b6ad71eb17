"""Which Python code the user has read and agreed to run. Kept in the user's home, never in a project."""

from __future__ import annotations

import hashlib
from pathlib import Path

from netlab.document.file import write_atomically
from netlab.document.home import part_of_home


def digest(code: str) -> str:
    """The SHA-256 of a text, to which consent is bound: another character, another consent."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def is_trusted(code: str) -> bool:
    """Whether the user has agreed that this very text may run."""
    return _place(code).is_file()


def trust(code: str) -> None:
    """Note that the user has read this text and agreed. It is kept, so that it can be looked up what was agreed to.

    Raises:
        OSError: the note could not be written; the code then counts as unread.
    """
    if not is_trusted(code):
        write_atomically(_place(code), code.encode("utf-8", "surrogatepass"))


def _place(code: str) -> Path:
    return part_of_home("trusted") / f"{digest(code)}.py"
