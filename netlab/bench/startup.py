"""From the start of the process to a window that can be used."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

from netlab.bench.row import Row, within


def rows() -> Iterator[Row]:
    """From the start of the process to the first painted window, without torch, and what it then holds."""
    code = (
        "import time, psutil; t = time.perf_counter()\n"
        "from netlab.app.start import make_window\n"
        "from PySide6.QtWidgets import QApplication\n"
        "w = make_window(None); w.show(); QApplication.processEvents()\n"
        "print(time.perf_counter() - t, psutil.Process().memory_info().rss / 1e6)"
    )
    env = {"QT_QPA_PLATFORM": "offscreen", **os.environ}  # a display may be missing
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled
    times, memory = [], []
    for _ in range(4):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
        seconds, megabytes = done.stdout.split()[-2:]
        times.append(float(seconds))
        memory.append(float(megabytes))
    took = statistics.median(times[1:])
    yield within("startup", "window painted", took, "s", 1.0)
    yield within("startup", "memory of the window, empty project", statistics.median(memory), "MB", 200.0)
