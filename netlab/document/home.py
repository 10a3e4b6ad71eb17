"""The folder where NetLab keeps what belongs to the user and to no document: journals, settings, caches."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VERSION = "0.1.0"


def home() -> Path:
    """The user's NetLab folder, made if need be and private: `NETLAB_HOME`, or the platform's place for data."""
    given = os.environ.get("NETLAB_HOME")
    folder = Path(given).expanduser() if given else platformdirs.user_data_path("netlab", appauthor=False)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def journals() -> Path:
    """The folder of the crash journals, made if need be."""
    return part_of_home("journals")


def part_of_home(name: str) -> Path:
    """A folder in the user's NetLab folder, made if need be."""
    folder = home() / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
