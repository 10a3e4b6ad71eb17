"""Runs that wait for their turn, as engine processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from netlab.protocol import commands


def test_a_queued_run_waits_trains_and_can_be_stopped_while_it_waits(
    engine: Any, make_points: Any, new_run: Callable[..., Path], wait_for: Any, read: Any
) -> None:
    first, second, third = (new_run(make_points(epochs=100_000)), *(new_run(make_points(), 20) for _ in range(2)))
    state = lambda folder: read(folder).status().get("state")  # noqa: E731
    engine("train", str(first))
    wait_for(lambda: state(first) == "running", "the first run")
    waiting = [engine("train", str(folder), "--ticket", str(i)) for i, folder in ((1, second), (2, third))]
    wait_for(lambda: state(second) == state(third) == "queued", "both in the queue")
    commands.append(third, commands.Stop())
    assert waiting[1].wait(20) == 0
    assert state(third) == "stopped"
    assert state(second) == "queued"
    commands.append(first, commands.Stop())
    assert waiting[0].wait(40) == 0
    assert state(second) == "finished"
    assert read(second).status()["step"] == "20"
