"""Trackers hear of a run from its record; one that fails costs nothing but itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netlab.engine import trackers
from netlab.engine.trackers import Tracker, TrackerError, told
from netlab.engine.train import run_job


class Listener(Tracker):
    def __init__(self) -> None:
        self.heard: list[Any] = []

    def start(self, run: Path, settings: dict[str, Any]) -> None:
        self.heard.append(settings["training.learning_rate"])

    def metrics(self, step: int, values: dict[str, float]) -> None:
        self.heard.append((step, values))

    def end(self, state: str) -> None:
        self.heard.append(state)


class Failing(Tracker):
    def metrics(self, step: int, values: dict[str, float]) -> None:
        raise ConnectionError("no network")


class Offered:
    name = "listener"

    def load(self) -> type[Tracker]:
        return Listener


@pytest.mark.allow_log
def test_a_tracker_hears_everything_and_a_failing_one_is_left_out(
    make_points: Callable[..., Any], new_run: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener()
    folder = new_run(make_points(learning_rate=0.01), 30)
    with caplog.at_level(logging.WARNING), told(folder, {"failing": Failing(), "listener": listener}):
        assert run_job(folder)["state"] == "finished"
    start, *metrics, end = listener.heard
    assert (start, end) == (0.01, "finished")
    by_step = {step: values for step, values in metrics if "train/loss" in values}
    assert sorted(by_step) == list(range(1, 31))
    assert any("val/loss" in values for _, values in metrics)
    assert caplog.text.count("no network") == 1
    listener.heard.clear()
    with told(folder, {"listener": listener}):
        pass  # the run goes on, and there is nothing to do
    assert listener.heard == [0.01, "finished"], "what was told once is not told again"


def test_trackers_come_from_entry_points_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trackers, "entry_points", lambda group: [Offered()] if group == "netlab.trackers" else [])
    assert isinstance(trackers.find(["listener"])["listener"], Listener)
    with pytest.raises(TrackerError, match="there is: listener"):
        trackers.find(["wandb"])
    monkeypatch.setattr(Listener, "__init__", lambda self: 1 / 0)
    with pytest.raises(TrackerError, match="'listener' cannot be used: division by zero"):
        trackers.find(["listener"])
