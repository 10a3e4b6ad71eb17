"""Plots and views: a loss curve of ten million points under the hand, and the event loop while every view is on."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

from netlab.bench.row import Row, within

FRAME_LIMIT = 16.7  # milliseconds, p99
GAP_LIMIT, NEVER = 50.0, 250.0  # milliseconds, p99.9 and the longest


def rows() -> Iterator[Row]:
    """Frames of the curve, then gaps of the event loop."""
    for case, times in _times("curve").items():
        yield within("views", f"{case}, p99", quantile(times, 100), "ms", FRAME_LIMIT)
    for case, times in _times("training").items():
        yield within("views", f"{case}, p99.9", quantile(times, 1000), "ms", GAP_LIMIT)
        yield within("views", f"{case}, longest", max(times), "ms", NEVER)


def quantile(times: list[float], parts: int) -> float:
    """The time that only one in so many exceeds."""
    return statistics.quantiles(times, n=parts, method="inclusive")[-1]


def _times(what: str) -> dict[str, list[float]]:
    """Milliseconds by case, in a fresh process; none, with the reason on standard error, if it cannot run."""
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "netlab.bench.views_frames", what]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        print(f"views: {what} is left out: {reason}", file=sys.stderr)
        return {}
    return json.loads(done.stdout.splitlines()[-1])
