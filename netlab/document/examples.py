"""The projects that NetLab brings along: templates for `netlab new` and for the window's menu."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

HERE = Path(__file__).resolve().parent.parent


class Words(msgspec.Struct, frozen=True):
    """What a project says of itself; see `netlab.document.project.Project`."""

    title: str
    about: str


def folder() -> Path:
    """Where the example projects are: in the installed package, or beside it in a clone."""
    installed = HERE / "examples"
    return installed if installed.is_dir() else HERE.parent / "examples"


def examples() -> dict[str, Path]:
    """Example projects by id, the file name without its ending."""
    return {path.stem: path for path in sorted(folder().glob("*.netlab"))}


@cache
def said_by(path: Path) -> Words:
    """Title and description of an example, in English; the rest of its file is not looked at."""
    return msgspec.json.decode(path.read_bytes(), type=Words)
