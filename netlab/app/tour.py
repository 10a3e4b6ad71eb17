"""For machines without a display: the same window offscreen opens a project, trains it and leaves pictures."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from netlab.app.shot import end, save, settle
from netlab.app.start import make_window
from netlab.app.theme import set_theme
from netlab.app.views.view import numbers
from netlab.app.window import MainWindow
from netlab.protocol.summaries import Attention

START_SECONDS = 60.0


def tour(path: str | Path, out: Path, *, seconds: float = 40.0) -> int:
    """Open, train for some seconds, photograph; 0 if the loss fell and, where there is attention, it moved."""
    window = make_window(path, "light", keep_journal=False)
    window.session.runs_folder = lambda: out / "runs"  # type: ignore[method-assign]
    try:
        return _walk(window, out, seconds)
    finally:
        end(window)


def _walk(window: MainWindow, out: Path, seconds: float) -> int:
    session = window.session
    window.show()
    settle(0.5)
    window.canvas.fit()
    save(window, out / "01-open.png")
    if not session.train():
        print(session.inferred.blocking[0].message)
        return 1
    run = session.run
    assert run is not None
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and len(run.curve("train/loss")[0]) < 5 and run.is_live:
        settle(0.2)
    save(window, out / "02-training.png")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and run.is_live:
        settle(0.2)
    save(window, out / "03-later.png")
    set_theme("dark")
    settle(0.3)
    save(window, out / "04-dark.png")
    session.stop()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and run.is_live:
        settle(0.1)
    return _judge(window, out)


def _judge(window: MainWindow, out: Path) -> int:
    """Say what was seen, and whether it is what should be."""
    run = window.session.run
    assert run is not None
    steps, losses = run.curve("train/loss")
    if len(losses) < 2:
        print(run.status.get("message") or "The run gave no losses.")
        return 1
    print(f"trained {int(steps[-1])} steps: loss {losses[0]:.3f} → {losses[-1]:.3f}")
    fine = losses[-1] < losses[0]
    for probe, node in run.reader.watched():
        at = run.reader.reading_steps(probe, node)
        first, last = run.reader.reading_at(probe, node, at[0]), run.reader.reading_at(probe, node, at[-1])
        if first is None or last is None or not isinstance(first.summary, Attention):
            continue
        assert isinstance(last.summary, Attention)
        moved = float(np.abs(numbers(last.summary.weights) - numbers(first.summary.weights)).max())
        print(f"attention of {node} between step {first.step} and {last.step} moved by up to {moved:.3f}")
        fine = fine and moved > 0
    print(f"pictures in {out}")
    return 0 if fine else 1
