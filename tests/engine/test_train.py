"""The training job in this process: numbers, faults, probes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from netlab.document import edits
from netlab.document.graph import Frame
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.engine import checkpoint, faults, optim
from netlab.engine.build import build, compile, seed_everything
from netlab.engine.distributed import Team
from netlab.engine.evaluate import evaluate
from netlab.engine.guard import LAG, Guard
from netlab.engine.train import run_job
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.again import same_numbers
from netlab.runs.reader import RunReader

Points = Callable[..., Project]
NewRun = Callable[..., Path]
Read = Callable[[Path], RunReader]


def frozen(project: Project, *nodes: str) -> Project:
    changed = {n: msgspec.structs.replace(project.graph.nodes[n], frozen=True) for n in nodes}
    graph = msgspec.structs.replace(project.graph, nodes=project.graph.nodes | changed)
    return msgspec.structs.replace(project, graph=graph)


def test_loss_falls_and_the_folder_is_whole(make_points: Points, new_run: NewRun, read: Read) -> None:
    folder = new_run(make_points(), steps=250)
    told: list[int] = []
    status = run_job(folder, on_metrics=lambda step, epoch, metrics: told.append(step))
    reader = read(folder)
    steps, losses = reader.metrics("train/loss")
    assert status["state"] == "finished"
    assert status["step"] == "250"
    assert list(steps) == list(range(1, 251))
    assert losses[-20:].mean() < 0.6 * losses[:20].mean()
    assert {"val/loss", "val/accuracy", "train/accuracy", "lr", "samples_per_s", "epoch"} <= set(reader.names())
    assert told[-1] == 250
    for name in ("model.py", "project.netlab", "job.json", "commands.jsonl", "checkpoints/last.safetensors"):
        assert (folder / name).is_file()
    assert folder.stat().st_mode & 0o077 == 0
    assert evaluate(folder, "test").metrics["accuracy"] > 0.8


def test_every_epoch_is_validated_once(make_points: Points, new_run: NewRun, read: Read) -> None:
    folder = new_run(make_points(epochs=3, batch_size=40))
    run_job(folder)
    per_epoch = 280 // 40
    assert list(read(folder).metrics("val/loss")[0]) == [per_epoch, 2 * per_epoch, 3 * per_epoch]


def test_same_seed_same_numbers_with_and_without_probes(make_points: Points, new_run: NewRun, read: Read) -> None:
    curves, weights, folders = [], [], []
    for probes, seed in ((False, 5), (False, 5), (True, 5), (False, 6)):
        project = make_points(probes=probes, seed=seed)
        folder = new_run(project, steps=120)
        assert run_job(folder)["state"] == "finished"
        folders.append(folder)
        curves.append(read(folder).metrics("train/loss")[1])
        weights.append((folder / "model.py").read_text() and load_file(checkpoint.newest(folder))["n6.weight"])
    assert np.array_equal(curves[0], curves[1])
    assert np.array_equal(curves[0], curves[2])
    assert torch.equal(weights[0], weights[2])
    assert not np.array_equal(curves[0], curves[3])
    assert same_numbers(folders[0], folders[1]).startswith("The same numbers, to the bit, in all 120 steps")


def test_no_probe_draws_a_random_number(make_points: Points, new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking after every single step leaves the very numbers of not looking."""
    monkeypatch.setattr("netlab.engine.train.REPORT_SECONDS", 0.0)
    weights = []
    for probes in (False, True):
        monkeypatch.setattr("netlab.probes.decision.Decision.seconds", 0.0)
        folder = new_run(make_points(probes=probes), steps=40)
        run_job(folder)
        weights.append(load_file(checkpoint.newest(folder)))
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_learning_rate_of_1e10_names_the_node_and_keeps_good_weights(
    make_points: Points, new_run: NewRun, read: Read
) -> None:
    folder = new_run(make_points(learning_rate=1e10), steps=100)
    status = run_job(folder)
    assert status["state"] == "failed"
    assert "hidden" in status["message"]
    assert "Lower the learning rate (now 1e+10)" in status["message"]
    assert status["node"] == "n3"
    assert read(folder).log()[-1].node == "n3"
    kept = load_file(checkpoint.newest(folder))
    assert all(torch.isfinite(tensor).all() for tensor in kept.values() if tensor.is_floating_point())
    assert kept["n3.weight"].abs().max() < 10


@pytest.mark.parametrize("delayed", [False, True])
@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_guard_stops_at_the_bad_step_and_no_weight_moves(make_points: Points, kind: str, delayed: bool) -> None:
    """Delayed is how a GPU is watched: the verdict comes some steps later, the weights have to wait for it."""
    project = make_points(optimizer=kind, learning_rate=0.1)
    built = build(project)
    weights = list(built.model.parameters())
    optimizer = optim.make(built, Training(**project.training).values, torch.device("cpu"))
    guard = Guard(built, optimizer, torch.device("cpu"), delayed=delayed)
    good = {"point": torch.randn(8, 2), "label": torch.randint(0, 2, (8,))}
    bad = good | {"point": torch.full((8, 2), float("inf"))}
    before: list[torch.Tensor] = []
    last = 0

    def train() -> None:
        nonlocal before, last
        for step in range(1, 20):
            batch = bad if step == 3 else good
            if step == 3:
                before = [w.detach().clone() for w in weights]
            loss = built.model(**built.source.arguments(batch))[1]["loss"]
            loss.backward()
            last = step
            guard.admit(step, loss, batch, 0.1)
            optimizer.step()
            optimizer.zero_grad()

    with pytest.raises(faults.TrainingFault, match=r"Step 3 cannot be done.*'point'") as caught:
        train()
    assert (caught.value.step, caught.value.node, caught.value.row) == (3, "n1", 0)
    assert last == (3 + LAG if delayed else 3)
    assert all(torch.equal(a, b) for a, b in zip(before, weights, strict=True))


def test_the_leader_of_a_team_finds_what_is_wrong_in_the_rows_of_another(make_points: Points) -> None:
    built = build(make_points())
    optimizer = optim.make(built, Training().values, torch.device("cpu"))
    good = {"point": torch.randn(8, 2), "label": torch.randint(0, 2, (8,))}
    bad = good | {"point": torch.full((8, 2), float("inf"))}

    class Two(Team):
        def gathered(self, tensor: torch.Tensor) -> list[torch.Tensor]:
            return [tensor, next(bad[name] for name in good if good[name] is tensor)]

    loss = torch.tensor(float("nan"))  # the mean of both
    with pytest.raises(faults.TrainingFault, match=r"Step 1 cannot be done.*'point'") as caught:
        Guard(built, optimizer, torch.device("cpu"), team=Two(0, 2)).admit(1, loss, good, 0.1)
    assert caught.value.row == 8
    with pytest.raises(faults.TrainingFault, match="the first process says why"):
        Guard(built, optimizer, torch.device("cpu"), team=Two(1, 2)).admit(1, loss, good, 0.1)


def test_a_gradient_that_is_not_finite_is_refused_by_name(make_points: Points) -> None:
    built = build(make_points())
    optimizer = optim.make(built, Training(optimizer="sgd").values, torch.device("cpu"))
    batch = {"point": torch.randn(8, 2), "label": torch.randint(0, 2, (8,))}
    loss = built.model(**built.source.arguments(batch))[1]["loss"]
    loss.backward()
    built.model.hidden.weight.grad[0, 0] = float("nan")
    with pytest.raises(faults.TrainingFault, match=r"gradient is not finite at step 1.*hidden.*Lower the learning"):
        Guard(built, optimizer, torch.device("cpu")).admit(1, loss, batch, 0.1)


def test_weights_that_are_not_finite_are_never_kept(make_points: Points, new_run: NewRun) -> None:
    built = build(make_points())
    assert faults.of_weights(built, 1, 0.1) is None
    with torch.no_grad():
        built.model.scores.bias[0] = float("inf")
    fault = faults.of_weights(built, 7, 0.1)
    assert fault is not None
    assert fault.node == "n6"


def test_exception_in_the_model_names_the_node(
    make_points: Points, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, x: torch.Tensor) -> torch.Tensor:
        if x.device.type != "meta":
            raise RuntimeError("no such luck")
        return x

    monkeypatch.setattr(torch.nn.Dropout, "forward", broken)
    status = run_job(new_run(make_points(), steps=5))
    assert status["state"] == "failed"
    assert status["node"] == "n5"
    assert "no such luck" in status["message"]


def test_out_of_memory_offers_a_smaller_batch(make_points: Points) -> None:
    fault = faults.of_exception(torch.OutOfMemoryError("CUDA out of memory"), build(make_points()), 64)
    assert "batch_size (now 64) to 32" in fault.message


def test_an_unforeseen_error_ends_in_a_state(
    make_points: Points, new_run: NewRun, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(*arguments: object) -> None:
        raise KeyError("what")

    monkeypatch.setattr("netlab.engine.train.fingerprint", surprise)
    folder = new_run(make_points(), steps=5)
    assert run_job(folder)["state"] == "failed"
    assert "KeyError" in read(folder).log()[-1].detail


def test_a_probe_that_fails_costs_no_run(
    make_points: Points, new_run: NewRun, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, seen: object) -> None:
        raise ArithmeticError("no picture")

    monkeypatch.setattr("netlab.probes.weights.Weights.summarise", broken)
    folder = new_run(make_points(probes=True), steps=5)
    assert run_job(folder)["state"] == "finished"
    assert any("switched off" in line.message and line.level == "warning" for line in read(folder).log())


def test_a_project_with_problems_fails_in_words(make_points: Points, new_run: NewRun) -> None:
    project = make_points()
    edges = {k: e for k, e in project.graph.edges.items() if e.target != "n6"}
    broken = msgspec.structs.replace(project, graph=msgspec.structs.replace(project.graph, edges=edges))
    status = run_job(new_run(broken, steps=5))
    assert status["state"] == "failed"
    assert "scores" in status["message"]


def test_frozen_nodes_do_not_learn(make_points: Points, new_run: NewRun) -> None:
    folder = new_run(frozen(make_points(), "n3"), steps=20)
    run_job(folder)
    seed_everything(0)
    start = compile(make_points()).state_dict()
    kept = load_file(checkpoint.newest(folder))
    assert torch.equal(kept["n3.weight"], start["hidden.weight"])
    assert not torch.equal(kept["n6.weight"], start["scores.weight"])
    assert not any(key.startswith("optim/n3.") for key in kept)
    status = run_job(new_run(frozen(make_points(), "n3", "n6"), steps=20))
    assert "thaw" in status["message"]


def test_a_frame_slows_the_nodes_in_it_and_lets_them_learn_after_an_epoch(make_points: Points, new_run: NewRun) -> None:
    project = make_points(optimizer="sgd", momentum=0.0, weight_decay=0.5, batch_size=28)
    hidden = project.graph.nodes["n3"]
    told = {"learning_rate_factor": 0.25, "weight_decay_factor": 0.0, "frozen_epochs": 1}
    frame = Frame("f1", "Slow", x=hidden.x - 10, y=hidden.y - 10, width=200, height=100, training=told)
    project = edits.add_frame(project, frame)
    training = Training(**project.training).values
    seed_everything(0)
    groups = optim.make(built := build(project), training, torch.device("cpu")).param_groups
    rates = {id(p): (group["lr"], group["weight_decay"]) for group in groups for p in group["params"]}
    inside, outside = built.model.hidden.weight, built.model.scores.weight
    assert (rates[id(inside)], rates[id(outside)]) == ((0.0025, 0.0), (0.01, 0.5))
    folder = new_run(project, 10)
    for steps, stays in ((10, True), (11, False)):
        store.extend(folder, steps=steps)
        assert run_job(folder, resume=steps > 10)["state"] == "finished"
        kept = load_file(checkpoint.newest(folder))
        assert torch.equal(kept["n3.weight"], inside) is stays, f"after {steps} steps, of which an epoch has 10"
        assert not torch.equal(kept["n6.weight"], outside)


def test_a_run_has_one_engine(make_points: Points, new_run: NewRun) -> None:
    folder = new_run(make_points(), steps=3000)
    caught: list[str] = []

    def try_again(step: int, epoch: int, metrics: dict[str, float]) -> None:
        if not caught:
            with pytest.raises(store.RunError, match="still being trained"):
                run_job(folder)
            caught.append("yes")
            commands.append(folder, commands.Stop())

    assert run_job(folder, on_metrics=try_again)["state"] == "stopped"
    assert caught


def test_a_bad_learning_rate_command_is_refused(make_points: Points, new_run: NewRun, read: Read) -> None:
    folder = new_run(make_points(), steps=50_000)
    with open(folder / "commands.jsonl", "ab") as file:
        file.write(b'{"type":"set_learning_rate","value":-1}\n{"type":"set_learning_rate","value":0.5}\n')
        file.write(b'{"type":"stop"}\n{"type":"sto')
    run_job(folder)
    lines = [line.message for line in read(folder).log()]
    assert any("learning_rate is -1" in line for line in lines)
    assert any("→ 0.5" in line for line in lines)


def test_names_in_a_checkpoint_are_node_ids(make_points: Points, new_run: NewRun) -> None:
    folder = new_run(make_points(), steps=3)
    run_job(folder)
    kept = load_file(checkpoint.newest(folder))
    assert {"n3.weight", "n3.bias", "n6.weight", "optim/n3.weight/exp_avg", "rng/cpu"} <= set(kept)
