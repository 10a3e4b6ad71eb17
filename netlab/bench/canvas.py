"""Frames of the canvas with 1,000 and 10,000 nodes, offscreen and under Xvfb, beside what others draw."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from netlab.bench.row import Row, within

FRAME_LIMITS = {1_000: 16.7, 10_000: 33.0}  # milliseconds, p99
OPEN_LIMITS = {1_000: 300.0, 10_000: 2_000.0}
ARRANGE_LIMIT = 200.0
PLAIN, NODEGRAPHQT = "one item a node, as one writes first", "NodeGraphQt"
FEW = 100  # nodes for NodeGraphQt, which with a thousand takes longer than anybody waits


def rows() -> Iterator[Row]:
    """Every case on every platform there is."""
    yield from _rows({**os.environ, "QT_QPA_PLATFORM": "offscreen"}, "")
    if shutil.which("Xvfb"):
        with _xvfb() as display:
            yield from _rows({**os.environ, "QT_QPA_PLATFORM": "xcb", "DISPLAY": display}, " (Xvfb)")


def _rows(env: dict[str, str], place: str) -> Iterator[Row]:
    for nodes in FRAME_LIMITS:
        plain = _frames("plain", nodes, env)
        for case, times in _frames("ours", nodes, env).items():
            name = f"{case}, {nodes:,}{place}"
            if case == "open":
                yield within("canvas", name, times[0], "ms", OPEN_LIMITS[nodes])
            elif case.startswith("arrange"):
                yield within("canvas", f"{case}{place}", statistics.median(times), "ms", ARRANGE_LIMIT)
            else:
                yield within("canvas", name, p99(times), "ms", FRAME_LIMITS[nodes])
                if case in plain:
                    yield _beside(name, p99(times), PLAIN, p99(plain[case]))
    theirs = _frames("nodegraphqt", FEW, env)
    ours = _frames("ours", FEW, env) if theirs else {}
    for case in sorted(theirs.keys() & ours.keys()):
        measure = max if case == "open" else p99
        yield _beside(f"{case}, {FEW}{place}", measure(ours[case]), NODEGRAPHQT, measure(theirs[case]))


def _beside(name: str, value: float, peer: str, time: float) -> Row:
    return Row("canvas", name, value, "ms", peer, value / time, 1.0, value <= time)


def p99(times: list[float]) -> float:
    """The time that only one frame in a hundred exceeds."""
    return statistics.quantiles(times, n=100, method="inclusive")[98]


def _frames(canvas: str, nodes: int, env: dict[str, str]) -> dict[str, list[float]]:
    """The frames of a canvas in a fresh process; none, with the reason on standard error, if it cannot run."""
    command = [sys.executable, "-m", "netlab.bench.canvas_frames", canvas, str(nodes)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        print(f"canvas: {canvas} with {nodes:,} nodes is left out: {reason}", file=sys.stderr)
        return {}
    return json.loads(done.stdout)


@contextmanager
def _xvfb() -> Iterator[str]:
    """A display without a screen, for as long as the block lasts."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait()
