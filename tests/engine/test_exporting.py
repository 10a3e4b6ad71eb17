"""Every example leaves as Python, ONNX, pt2 and weights, and says the same there."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from engine.conftest import COMING_BACK, differs

from netlab.compiler.builder import Graph
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.engine import exporting, start
from netlab.engine.build import build, seed_everything
from netlab.engine.exporting import ExportError, Inference, example_inputs, export
from netlab.engine.train import run_job
from netlab.runs.reader import RunReader

NewRun = Callable[..., Path]
SMALL = [name for name in examples() if len(file.load(examples()[name]).graph.nodes) < 40]
QUICK = [name for name in SMALL if name != "dates" or "NETLAB_ALL" in os.environ]  # half a minute, all in seq2seq, too


@pytest.mark.parametrize("name", [name for name in QUICK if name not in COMING_BACK])
def test_onnx_says_the_same(name: str, tmp_path: Path) -> None:
    assert differs(export(examples()[name], "onnx", tmp_path / "m.onnx")) < 1e-4


@pytest.mark.parametrize("name", QUICK)
def test_pt2_says_the_same_at_another_batch_size(name: str, tmp_path: Path) -> None:
    export(examples()[name], "pt2", tmp_path / "m.pt2")
    program = torch.export.load(tmp_path / "m.pt2").module()
    project = file.load(examples()[name])
    seed_everything(int(project.training["seed"]))
    built = build(project)
    built.model.eval()
    inputs = example_inputs(built, 7)
    torch.testing.assert_close(program(*inputs), Inference(built.model)(*inputs))


SETTINGS: dict[str, dict[str, Any]] = {
    "as usual": {},
    "cosine after a warm-up": {"schedule": "cosine", "warmup_steps": 7, "final_share": 0.1},
    "one cycle": {"schedule": "one_cycle"},
    "drawn": {"schedule": "drawn", "schedule_points": ((0.0, 0.1), (0.5, 2.0), (1.0, 0.0))},
    "step": {"schedule": "step", "schedule_epochs": 1, "schedule_factor": 0.5},
    "plateau": {"schedule": "plateau", "schedule_epochs": 1, "learning_rate": 0.3, "optimizer": "sgd", "epochs": 6},
    "ends early": {"early_stopping": "stop", "patience": 1, "learning_rate": 0.3, "epochs": 8},
    "clipped by norm": {"clip": "norm", "clip_at": 0.05, "optimizer": "sgd", "learning_rate": 0.5},
    "clipped by value": {"clip": "value", "clip_at": 0.01, "optimizer": "rmsprop"},
    "in parts, averaged": {"micro_batches": 3, "ema_decay": 0.9},
    "bfloat16": {"precision": "bfloat16"},
    "float16, in parts": {"precision": "float16", "micro_batches": 2, "clip": "norm", "clip_at": 0.05},
    "muon": {"optimizer": "muon", "weight_decay": 0.1, "precision": "float16"},
    "lbfgs": {"optimizer": "lbfgs", "learning_rate": 0.1, "batch_size": 400, "iterations": 5},
    "lbfgs, in parts": {"optimizer": "lbfgs", "learning_rate": 0.1, "micro_batches": 2, "iterations": 5},
}


def epoch_losses(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"val/loss (\S+)", text)]


def losses_of_run(folder: Path) -> list[float]:
    reader = RunReader(folder)
    steps, losses = reader.metrics("val/loss")
    rows = reader.metrics("train/loss")[0][-1] / len(steps)
    reader.close()
    assert all(step % rows == 0 for step in steps), "only ends of epochs are compared"
    return list(losses)


def run_script(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run ``train.py`` there as ``python train.py`` would, without a process of its own."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    for name in ("model", "draws"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        runpy.run_path("train.py", run_name="__main__")
    finally:
        torch.set_num_threads(threads)
        for name in ("model", "draws"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_training_script_gives_the_same_losses(
    name: str,
    make_points: Callable[..., Project],
    new_run: NewRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = make_points(**{"epochs": 3} | SETTINGS[name])
    if name in ("step", "muon"):
        for told, value in {"learning_rate_factor": 0.1, "weight_decay_factor": 0.5}.items():
            project = edits.set_node_training(project, ["n3"], told, value)
        project = edits.set_node_training(project, ["n6"], "frozen_epochs", 1)
    folder = new_run(project)
    assert run_job(folder)["state"] == "finished"
    export(folder, "python", tmp_path / "out")
    assert "netlab" not in (tmp_path / "out" / "train.py").read_text().split('"""')[2]
    run_script(tmp_path / "out", monkeypatch)
    theirs = epoch_losses(capsys.readouterr().out)
    assert theirs == pytest.approx(losses_of_run(folder), rel=1e-5)
    assert len(theirs) < 8, "one of them ends early"


def test_the_training_script_masks_the_same_tokens_and_begins_with_the_same_weights(
    make_masked: Callable[..., Project],
    new_run: NewRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = make_masked(micro_batches=3)
    built = build(project)
    given = {name: torch.full_like(built.model.state_dict()[path], 0.1) for path, name in built.names().items()}
    project = edits.set_training(project, "start", start.keep(given, "a test"))
    folder = new_run(project)
    assert run_job(folder)["state"] == "finished"
    export(folder, "python", tmp_path / "out")
    run_script(tmp_path / "out", monkeypatch)
    theirs = capsys.readouterr().out
    assert epoch_losses(theirs) == pytest.approx(losses_of_run(folder), rel=1e-5)
    assert "step 1  loss 5.94499  masked 5.59842  " in theirs, "all answers are as likely"


def test_the_training_script_runs_by_itself(
    make_points: Callable[..., Project], new_run: NewRun, tmp_path: Path
) -> None:
    file.save(make_points(epochs=1), tmp_path / "p.netlab")
    export(tmp_path / "p.netlab", "python", tmp_path / "out")
    done = subprocess.run([sys.executable, "train.py"], cwd=tmp_path / "out", capture_output=True, text=True)
    assert epoch_losses(done.stdout), done.stderr


def test_what_cannot_be_exported_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExportError, match="onnx"):
        export(examples()["spirals"], "nonsense", tmp_path / "x")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(exporting.torch.onnx, "export", broken)
    with pytest.raises(ExportError, match="no such operator"):
        export(examples()["spirals"], "onnx", tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()


def test_a_copy_and_a_compiled_model_say_the_same() -> None:
    import copy

    built = build(file.load(examples()["gpt"]))
    built.model.eval()
    inputs = example_inputs(built)
    model = Inference(built.model)
    wanted = model(*inputs)
    assert torch.equal(copy.deepcopy(model)(*inputs), wanted)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    assert torch.equal(compiled(*inputs), wanted)


@pytest.mark.parametrize("name", ["x", "Länge", "class"])
def test_a_field_may_have_any_name(
    name: str, new_run: NewRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    g = Graph()
    g.add("output", g.add("linear", g.add("input", field=name), out_features=3))
    g.add("cross_entropy_loss", "n2", g.add("input", field="Forward"))
    data = {"inputs": f"{name}: 8; Forward: < 3"}
    folder = new_run(g.project("Odd names", "random_values", data_options=data), steps=2)
    assert run_job(folder)["state"] == "finished"
    export(folder, "onnx", tmp_path / "m.onnx")
    export(folder, "python", tmp_path / "code")
    run_script(tmp_path / "code", monkeypatch)
    assert "epoch 1" in capsys.readouterr().out
