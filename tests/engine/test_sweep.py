"""Sweeps with real engines: parallel, killed, stopped and taken up again; and where the search looks."""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from netlab.document import file
from netlab.document.file import write_atomically
from netlab.document.project import Project
from netlab.engine.search import search
from netlab.engine.sweep import run_sweep
from netlab.protocol import commands
from netlab.runs import sweeps
from netlab.runs.axes import Axis, SweepError
from netlab.runs.store import create, extend
from netlab.runs.sweeps import Drawn, Sweep, Trial
from netlab.runs.writer import RunWriter

RATE = Axis("training.learning_rate", low=1e-4, high=1.0, log=True)


@pytest.fixture
def new_sweep(tmp_path: Path, make_points: Callable[..., Project]) -> Callable[..., Path]:
    def make(sweep: Sweep, **training: Any) -> Path:
        return sweeps.create(file.encode(make_points(**training)), sweep, tmp_path)

    return make


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_trials_and_driver_are_killed_and_one_fails_and_yet_all_the_others_are_trained(
    new_sweep: Any, wait_for: Any, engine: Any, read: Any
) -> None:
    sweep = Sweep([Axis("hidden.out_features", [4, 8, -1])], "grid", trials=3, jobs=2, steps=3000)
    folder = new_sweep(sweep, checkpoint_seconds=1)
    driver = engine("sweep", str(folder))
    state = lambda number: read(folder / f"trial-{number}").status()  # noqa: E731
    wait_for(lambda: state(0).get("state") == "running" and "pid" in state(1), "two trials at once")
    os.kill(int(state(0)["pid"]), signal.SIGKILL)
    commands.append(folder / "trial-1", commands.Pause())
    wait_for(lambda: state(1).get("state") == "paused", "the pause")
    wait_for(lambda: state(0).get("state") in ("running", "finished"), "the first trial once more")
    driver.kill()
    driver.wait()
    driver = engine("sweep", str(folder))
    wait_for(lambda: sweeps.state_of(folder).get("pid") == str(driver.pid), "the second driver")
    wait_for(lambda: state(0).get("state") == "finished", "the end of the first trial")
    commands.append(folder / "trial-1", commands.Resume())
    assert driver.wait(100) == 0
    found = sweeps.trials(folder)
    assert [(trial.state, trial.step) for trial in found] == [("finished", 3000), ("finished", 3000), ("failed", 0)]
    assert found[2].message
    widths = [file.load(trial.folder / "project.netlab").graph.nodes["n3"].options["out_features"] for trial in found]
    assert widths == [4, 8, -1]
    best = sweeps.best(found)
    assert best is not None
    assert best.best == min(trial.best for trial in found[:2])
    assert sweeps.state_of(folder)["state"] == "finished"


def test_a_stopped_sweep_is_taken_up_where_it_was(new_sweep: Any, wait_for: Any, engine: Any, read: Any) -> None:
    pytest.importorskip("optuna")
    folder = new_sweep(Sweep([RATE], "tpe", trials=1, steps=20_000))
    driver = engine("sweep", str(folder))
    first = folder / "trial-0"
    wait_for(lambda: int(read(first).status().get("step", 0)) > 50, "the first trial")
    with pytest.raises(SweepError, match="driven already"):
        run_sweep(folder)
    commands.append(folder, commands.Stop())
    assert driver.wait(40) == 0
    assert sweeps.state_of(folder)["state"] == "stopped"
    steps = int(read(first).status()["step"])
    assert read(first).status()["state"] == "stopped"
    values = sweeps.trials(folder)[0].values
    extend(first, steps=steps + 30)
    told: list[Trial] = []
    assert run_sweep(folder, told.append)["state"] == "finished"
    assert (told[0].number, told[0].values, told[0].state) == (0, values, "finished")
    assert told[0].step == steps + 30, "it went on, and did not begin anew"


def test_an_objective_that_no_trial_measures_is_refused_with_those_there_are(new_sweep: Any) -> None:
    folder = new_sweep(Sweep([Axis("training.seed", [1, 2])], "grid", trials=2, objective="val/acuracy"))
    run = create((folder / sweeps.BASE).read_bytes(), folder, "trial-0")
    write_atomically(run / sweeps.TRIAL, msgspec.json.encode(Drawn(0, {"training.seed": 1})))
    (folder / "trial-1").mkdir()  # the driver was killed while it made this one
    writer = RunWriter(run)
    writer.metrics(1, {"val/accuracy": 0.5})
    writer.status(state="finished")
    writer.close()
    with pytest.raises(SweepError, match=r"measures val/acuracy.* objective: val/accuracy"):
        run_sweep(folder)
    state = sweeps.state_of(folder)
    assert state["state"] == "failed"
    assert "val/acuracy" in state["message"]
    assert not (folder / "trial-1").exists()
    another = create((folder / sweeps.BASE).read_bytes(), folder, "trial-1")
    write_atomically(another / sweeps.TRIAL, msgspec.json.encode(Drawn(1, {"training.seed": 2})))
    writer = RunWriter(another)
    writer.metrics(1, {"val/acuracy": 0.5})
    writer.status(state="finished")
    writer.close()
    assert run_sweep(folder)["state"] == "finished", "one of its trials measures it"


@pytest.mark.parametrize("method", ["tpe", "random"])
def test_what_was_asked_for_and_never_begun_is_asked_for_again(tmp_path: Path, method: Any) -> None:
    pytest.importorskip("optuna")
    sweep = Sweep([RATE], method, trials=2, prune=True)
    first = search(tmp_path, sweep).ask(0)
    looks = search(tmp_path, sweep)  # the driver was killed before it made the trial
    assert looks.ask(0) == first
    assert looks.ask(1) not in (None, first)
    assert looks.ask(2) is None


def test_the_search_learns_prunes_and_survives(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    sweep = Sweep([RATE, Axis("hidden.sizes", [[1, 2], [3]])], "tpe", trials=30, prune=True, seed=1)

    def loss(values: dict[str, Any]) -> float:
        return (math.log10(values["training.learning_rate"]) + 1) ** 2 + len(values["hidden.sizes"])

    looks = search(tmp_path, sweep)
    seen = []
    for number in range(12):
        values = looks.ask(number)
        assert values is not None
        seen.append(loss(values))
        looks.tell(number, loss(values), pruned=False)
    looks = search(tmp_path, sweep)  # after a crash
    for number in range(12, 30):
        values = looks.ask(number)
        assert values is not None
        seen.append(loss(values))
        looks.tell(number, loss(values), pruned=False)
    assert looks.ask(30) is None
    assert sum(seen[20:]) < 0.7 * sum(seen[:10]), "it looks where the loss was low"


def test_a_hopeless_trial_is_ended_and_a_good_one_is_not(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    looks = search(tmp_path, Sweep([Axis("training.seed", list(range(8)))], "grid", trials=8, prune=True))
    for number in range(5):
        assert looks.ask(number) == {"training.seed": number}
        assert not any(looks.report(number, tenth, 1.0 / tenth) for tenth in range(1, 10))
        looks.tell(number, 0.1, pruned=False)
    looks.ask(5)
    assert looks.report(5, 3, 9.0)
    looks.tell(5, 9.0, pruned=True)
    looks.ask(6)
    assert not looks.report(6, 3, 0.01)


def test_what_needs_optuna_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    for sweep in (Sweep([RATE], "tpe"), Sweep([RATE], "random", prune=True)):
        with pytest.raises(SweepError, match=r"netlab\[search\]"):
            search(tmp_path, sweep)
    assert search(tmp_path, Sweep([RATE], "random")).ask(0)
