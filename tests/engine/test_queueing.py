"""Runs that wait for their turn, as engine processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netlab.engine.commands import of_run
from netlab.engine.process import ends_softly, only_engine
from netlab.protocol import commands
from netlab.runs.store import RunError
from netlab.runs.writer import RunWriter


def test_a_queued_run_waits_trains_and_can_be_stopped_while_it_waits(
    engine: Any, make_points: Any, new_run: Callable[..., Path], wait_for: Any, read: Any
) -> None:
    first, *others = (new_run(make_points(epochs=100_000)), *(new_run(make_points(), 20) for _ in range(3)))
    second, third, fourth = others
    state = lambda folder: read(folder).status().get("state")  # noqa: E731
    engine("train", str(first))
    wait_for(lambda: state(first) == "running", "the first run")
    waiting = [engine("train", str(folder), "--ticket", str(i)) for i, folder in enumerate(others)]
    wait_for(lambda: all(state(folder) == "queued" for folder in others), "all in the queue")
    if os.name != "nt":
        waiting[2].send_signal(signal.SIGTERM)
        assert waiting[2].wait(20) == 0
        assert read(fourth).status()["message"] == "Stopped before its turn came."
    commands.append(third, commands.Stop())
    assert waiting[1].wait(20) == 0
    assert state(third) == "stopped"
    assert state(second) == "queued"
    commands.append(first, commands.Stop())
    assert waiting[0].wait(40) == 0
    assert state(second) == "finished"
    assert read(second).status()["step"] == "20"


def test_what_is_said_once_a_run_is_asked_to_go_on_is_heard(make_points: Any, new_run: Callable[..., Path]) -> None:
    folder = new_run(make_points())
    for command in (commands.Stop(), commands.Begin(), commands.Pause()):
        commands.append(folder, command)
    assert of_run(folder, resume=False).new() == [commands.Stop(), commands.Begin(), commands.Pause()]
    reader = of_run(folder, resume=True)
    assert reader.new() == [commands.Pause()], "given while its engine was starting"
    writer = RunWriter(folder)
    writer.status(begun=reader.begun)
    writer.close()
    assert of_run(folder, resume=True).new() == [], "and not heard by a third engine, which nobody asked for"


def test_a_signal_between_the_parts_of_a_job_is_heard_by_the_next() -> None:
    with ends_softly() as whole:
        with ends_softly() as first:
            assert not first.stop
        signal.raise_signal(signal.SIGTERM)
        with ends_softly() as second:
            assert second.stop
        assert whole.stop


def test_of_two_engines_that_begin_at_once_one_is_refused(make_points: Any, new_run: Callable[..., Path]) -> None:
    folder = new_run(make_points())
    with only_engine(folder), pytest.raises(RunError, match="is still being trained"), only_engine(folder):
        pass
    with only_engine(folder):
        pass
