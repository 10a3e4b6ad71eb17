"""What the window remembers between starts: recent files, theme, places of the docks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

from netlab.document.home import home

KEPT = 10


def settings() -> QSettings:
    """The window's own settings file."""
    return QSettings(str(home() / "window.ini"), QSettings.Format.IniFormat)


def recent() -> list[Path]:
    """Files opened or saved lately that are still there, newest first."""
    stored = settings().value("recent", [])
    names = [stored] if isinstance(stored, str) else list(stored or [])  # type: ignore[call-overload]
    return [Path(str(name)) for name in names if Path(str(name)).exists()]


def remember(path: Path) -> None:
    """Put a file at the top of the list."""
    path = path.resolve()
    names = [str(path), *[str(other) for other in recent() if other != path]]
    settings().setValue("recent", names[:KEPT])
