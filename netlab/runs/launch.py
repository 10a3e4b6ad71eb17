"""Starts engine processes, each in a session of its own: the end of who started one does not end it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def launch(arguments: list[str], stdin: int = subprocess.DEVNULL, log: Path | None = None) -> subprocess.Popen[bytes]:
    """An engine process, ``python -m netlab.engine`` with these arguments; what it says goes to `log`."""
    options: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    target = open(log, "ab") if log is not None else None  # noqa: SIM115 - closed below, the child has its own
    try:
        return subprocess.Popen[bytes](
            [sys.executable, "-m", "netlab.engine", *arguments],
            stdin=stdin,
            stdout=target or subprocess.DEVNULL,
            stderr=target or subprocess.DEVNULL,
            **options,
        )
    finally:
        if target is not None:
            target.close()
