"""Leading a job by commands: phase by phase, with settings changed on the way, and kept moments to branch off from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from netlab.cli import main
from netlab.compiler.builder import Graph
from netlab.document.project import Project
from netlab.engine import checkpoint
from netlab.engine.loader import Batch, Loader
from netlab.engine.train import run_job
from netlab.protocol import commands
from netlab.protocol.summaries import Histogram
from netlab.runs import store
from netlab.runs.reader import RunReader
from netlab.runs.writer import RunWriter

Points = Callable[..., Project]
NewRun = Callable[..., Path]
Read = Callable[[Path], RunReader]
Engine = Callable[..., object]
Wait = Callable[..., None]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are looked for, and metrics reported, after every step, so that a test knows the step."""
    monkeypatch.setattr("netlab.engine.steering.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("netlab.engine.train.REPORT_SECONDS", 0.0)


def at_step(folder: Path, *orders: tuple[int, commands.Command]) -> Callable[[int, int, dict[str, float]], None]:
    """A listener that gives each command when its step is reported."""
    waiting = list(orders)

    def listen(step: int, epoch: int, metrics: dict[str, float]) -> None:
        while waiting and step >= waiting[0][0]:
            commands.append(folder, waiting.pop(0)[1])

    return listen


def test_a_job_is_led_phase_by_phase_and_tells_what_is_there(
    make_points: Points, new_run: NewRun, read: Read, engine: Engine, wait_for: Wait
) -> None:
    folder = new_run(make_points(), steps=5_000_000)
    engine("train", str(folder))
    reader = read(folder)

    def at(phase: str, step: int) -> bool:
        status = reader.status()
        return (status.get("state"), status.get("phase"), int(status.get("step", -1))) == ("paused", phase, step)

    wait_for(lambda: int(reader.status().get("step", 0)) > 50, "the first steps")
    commands.append(folder, commands.Pause())
    wait_for(lambda: reader.status().get("state") == "paused", "the pause")
    step = int(reader.status()["step"])
    for phase, count in (
        ("forward", 0),
        ("backward", 0),
        ("update", 1),
        ("update", 2),
        ("backward", 2),
        ("forward", 3),
    ):
        assert main([phase, str(folder)]) == 0
        wait_for(lambda: at(phase, step + count), f"the end of {phase}")  # noqa: B023 - called at once
    value, gradient, change = (reader.reading_at(phase, "n3", step + 1) for phase in commands.PHASES)
    assert value is not None and gradient is not None and change is not None  # noqa: PT018
    assert (value.step, gradient.step, change.step) == (step + 1,) * 3
    assert isinstance(change.summary, Histogram)
    assert 0 < change.summary.high < 0.05, "Adam moves a weight by about the learning rate"
    assert reader.reading_at("forward", "n4", step + 1).summary.low == 0.0, "what ReLU sends"  # type: ignore[union-attr]
    assert main(["stop", str(folder)]) == 0
    wait_for(lambda: reader.status().get("state") == "stopped", "the end")
    assert int(reader.status()["step"]) == step + 4, "the step that was begun is finished"


def test_being_led_changes_no_number(
    make_points: Points, new_run: NewRun, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, led = new_run(make_points(), steps=30), new_run(make_points(), steps=30)
    run_job(plain)
    phases = ["forward", "backward", "update", "update", "backward", "forward"] * 3
    given = iter(phases)

    def instead_of_sleeping(seconds: float) -> None:
        phase = next(given, None)
        commands.append(led, commands.Resume() if phase is None else commands.Advance(phase))  # type: ignore[arg-type]

    monkeypatch.setattr("netlab.engine.steering.time.sleep", instead_of_sleeping)
    commands.append(led, commands.Pause())
    assert run_job(led)["state"] == "finished"
    assert next(given, None) is None, "all phases were gone through"
    first, second = load_file(checkpoint.newest(plain)), load_file(checkpoint.newest(led))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_settings_change_on_the_way_and_leave_marks(
    make_points: Points, new_run: NewRun, read: Read, at_once: None
) -> None:
    folder = new_run(make_points(optimizer="sgd", momentum=0.0), steps=30)
    orders = (
        (5, commands.SetLearningRate(0.5)),
        (10, commands.SetWeightDecay(0.01)),
        (15, commands.SetWeightDecay(-1)),
        (20, commands.SetLossWeight("n8", 2.0)),
        (25, commands.SetLossWeight("n3", 2.0)),
    )
    assert run_job(folder, on_metrics=at_step(folder, *orders))["state"] == "finished"
    reader = read(folder)
    marks = reader.marks()
    assert [mark.kind for mark in marks] == ["learning_rate", "weight_decay", "loss_weight"]
    assert "0.01 → 0.5" in marks[0].text
    assert [5 <= marks[0].step <= 7, 10 <= marks[1].step <= 12, 20 <= marks[2].step <= 22] == [True] * 3
    refused = [line.message for line in reader.log() if line.level == "warning"]
    assert len(refused) == 2
    assert "weight_decay is -1" in refused[0]
    assert "'n3' is no loss" in refused[1]
    assert "2.0 * loss" in (folder / "model.py").read_text()
    state = checkpoint.state_of(checkpoint.newest(folder))
    assert state["steered"] == {"learning_rate": 0.5, "weight_decay": 0.01}
    assert state["loss_weights"] == {"n8": 2.0}

    first, last = (folder / "checkpoints" / f"{name}.safetensors" for name in ("step-0", "step-30"))
    before = load_file(last)
    last.unlink()  # as if it had been killed before the second checkpoint
    (folder / "checkpoints" / "last.safetensors").write_bytes(first.read_bytes())
    left = folder / "checkpoints" / ".last.safetensors.0123.tmp"
    left.touch()
    assert run_job(folder, resume=True)["state"] == "finished"
    after = load_file(checkpoint.newest(folder))
    assert all(torch.equal(before[name], after[name]) for name in before), "what was changed by hand is changed again"
    assert reader.marks() == marks
    assert checkpoint.state_of(checkpoint.newest(folder))["steered"] == state["steered"]
    assert not left.exists()

    writer = RunWriter(folder)
    writer.status(state="failed")
    writer.close()
    (folder / "checkpoints" / "step-30.safetensors").unlink()
    last = folder / "checkpoints" / "last.safetensors"
    last.unlink()
    last.write_bytes(first.read_bytes())
    assert run_job(folder, resume=True)["state"] == "finished"
    assert reader.marks() == [], "what the run failed after is not done to it again"


def test_a_pause_begins_in_the_middle_of_a_validation(
    make_points: Points, new_run: NewRun, read: Read, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = new_run(make_points(batch_size=64), steps=5)
    all_of, inside, seen = Loader.all_of, [False], []

    def watched(self: Loader, split: str) -> Iterator[Batch]:
        commands.append(folder, commands.Pause())
        inside[0] = True
        yield from all_of(self, split)
        inside[0] = False

    def instead_of_sleeping(seconds: float) -> None:
        seen.append(inside[0])
        commands.append(folder, commands.Advance("update") if len(seen) == 1 else commands.Resume())

    monkeypatch.setattr(Loader, "all_of", watched)
    monkeypatch.setattr("netlab.engine.steering.time.sleep", instead_of_sleeping)
    assert run_job(folder)["state"] == "finished"
    assert seen[0] is True
    assert len(read(folder).metrics("val/loss")[0]) > 0, "and the validation is whole"


def test_a_loss_weight_scales_the_loss_from_the_next_step(new_run: NewRun, read: Read, at_once: None) -> None:
    g = Graph()
    point, label = g.add("input", field="point"), g.add("input", field="label")
    scores = g.add("linear", point, name="scores", out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, label, name="loss")
    project = g.project("Line", "points", learning_rate=0.0, device="cpu", batch_size=10_000)
    folder = new_run(project, steps=20)
    assert run_job(folder, on_metrics=at_step(folder, (8, commands.SetLossWeight("n5", 3.0))))["state"] == "finished"
    losses = read(folder).metrics("train/loss")[1]
    assert np.allclose(losses[:8], losses[0])
    assert np.allclose(losses[10:], 3 * losses[0])
    store.extend(folder, steps=22)
    run_job(folder, resume=True)
    assert np.allclose(read(folder).metrics("train/loss")[1][20:], 3 * losses[0]), "a resumed run keeps it"


def test_a_branch_goes_on_from_a_kept_checkpoint(
    make_points: Points, new_run: NewRun, read: Read, at_once: None
) -> None:
    folder = new_run(make_points(), steps=40)
    run_job(folder, on_metrics=at_step(folder, (12, commands.Keep())))
    (kept,) = store.checkpoints(folder, "kept")
    at = store.step_of(kept)
    assert 12 <= at <= 14
    with pytest.raises(store.RunError, match=r"no checkpoint at or before step 3. Its checkpoints: \d"):
        store.branch(folder, 3)
    writer = RunWriter(folder)
    writer.mark(at, "learning_rate", "η 0.01 → 0.5")  # what the parent did later is not what the branch does
    writer.change(1, at, "update", commands.encode(commands.SetLearningRate(0.5)))
    writer.close()
    made = store.branch(folder, at + 5)
    assert (store.job(made).parent, store.job(made).parent_step) == (folder.name, at)
    (info,) = (run for run in store.list_runs(made.parent) if run.path == made)
    assert (info.state, info.step) == ("new", at)
    assert run_job(made, resume=True)["state"] == "finished"
    first, second = load_file(checkpoint.newest(folder)), load_file(checkpoint.newest(made))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert list(read(folder).metrics("train/loss")[1]) == list(read(made).metrics("train/loss")[1])
    assert [(mark.step, mark.text) for mark in read(made).marks()] == [(at, f"Branch of {folder.name}")]
    twig = store.branch(made, at)
    assert (store.job(twig).parent, store.job(twig).parent_step) == (made.name, at)
