"""The projects that NetLab brings along: templates for `netlab new` and for the window's menu."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Where the example projects are: in the installed package, or beside it in a clone."""
    installed = HERE / "examples"
    return installed if installed.is_dir() else HERE.parent / "examples"


def examples() -> dict[str, Path]:
    """Example projects by id, the file name without its ending."""
    return {path.stem: path for path in sorted(folder().glob("*.netlab"))}
