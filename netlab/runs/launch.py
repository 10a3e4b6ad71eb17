"""Starts engine processes, each in a session of its own: the end of who started one does not end it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def launch(
    arguments: list[str], stdin: int = subprocess.DEVNULL, log: Path | None = None, threads: int | None = None
) -> subprocess.Popen[bytes]:
    """An engine process, ``python -m netlab.engine`` with these arguments; what it says goes to `log`.

    `threads` is how many torch may use in it, where several are to share the processor.
    """
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
            env=None if threads is None else {**os.environ, "OMP_NUM_THREADS": str(threads)},
            **options,
        )
    finally:
        if target is not None:
            target.close()


def waiting(threads: int | None = None) -> subprocess.Popen[bytes]:
    """An engine that loads torch and then waits to be told its run; it ends when its standard input closes."""
    return launch(["wait"], stdin=subprocess.PIPE, threads=threads)


def hand_over(engine: subprocess.Popen[bytes], folder: Path, resume: bool = False) -> bool:
    """Tell a waiting engine its run; False if it is gone."""
    assert engine.stdin is not None
    line = json.dumps({"run": str(folder), "resume": resume}) + "\n"
    try:
        engine.stdin.write(line.encode())
        engine.stdin.close()
    except OSError:
        return False
    return engine.poll() is None


def dismiss(engine: subprocess.Popen[bytes]) -> None:
    """End a waiting engine, at once: it has nothing to lose, and whoever closes a window does not want to wait."""
    assert engine.stdin is not None
    engine.stdin.close()
    engine.kill()
    engine.wait()
