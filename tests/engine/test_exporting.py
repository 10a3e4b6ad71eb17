"""Every example leaves as Python, ONNX, pt2 and weights, and says the same there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from netlab.compiler.builder import Graph
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.engine import exporting
from netlab.engine.build import build, seed_everything
from netlab.engine.exporting import ExportError, Inference, example_inputs, export
from netlab.engine.train import run_job
from netlab.runs.reader import RunReader

NewRun = Callable[..., Path]
SMALL = [name for name in examples() if len(file.load(examples()[name]).graph.nodes) < 40]


@pytest.mark.parametrize("name", SMALL)
def test_onnx_says_the_same(name: str, tmp_path: Path) -> None:
    told = export(examples()[name], "onnx", tmp_path / "m.onnx")
    found = re.search(r"equal to within (\S+)\.$", told)
    assert found is not None
    assert float(found.group(1)) < 1e-4


@pytest.mark.parametrize("name", SMALL)
def test_pt2_says_the_same_at_another_batch_size(name: str, tmp_path: Path) -> None:
    export(examples()[name], "pt2", tmp_path / "m.pt2")
    program = torch.export.load(tmp_path / "m.pt2").module()
    project = file.load(examples()[name])
    seed_everything(int(project.training["seed"]))
    built = build(project)
    built.model.eval()
    inputs = example_inputs(built, 7)
    torch.testing.assert_close(program(*inputs), Inference(built.model)(*inputs))


@pytest.mark.parametrize("name", SMALL)
def test_weights_of_a_run_are_its_last(name: str, new_run: NewRun, tmp_path: Path) -> None:
    project = edits.set_training(file.load(examples()[name]), "device", "cpu")
    folder = new_run(project, steps=2)
    run_job(folder)
    export(folder, "safetensors", tmp_path / "w.safetensors")
    weights = load_file(tmp_path / "w.safetensors")
    built = build(project)
    assert weights.keys() == built.model.state_dict().keys()
    kept = load_file(folder / "checkpoints" / "last.safetensors")
    for readable, stored in built.names().items():
        assert torch.equal(weights[readable], kept[stored])


def test_the_training_script_gives_the_same_losses(
    make_points: Callable[..., Project], new_run: NewRun, tmp_path: Path
) -> None:
    project = make_points(epochs=3)
    file.save(project, tmp_path / "p.netlab")
    out = tmp_path / "out"
    export(tmp_path / "p.netlab", "python", out)
    done = subprocess.run([sys.executable, "train.py"], cwd=out, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "netlab" not in (out / "train.py").read_text().split('"""')[2]
    folder = new_run(project)
    run_job(folder)
    reader = RunReader(folder)
    ours = reader.metrics("val/loss")[1]
    first = reader.metrics("train/loss")[1][0]
    reader.close()
    theirs = [float(x) for x in re.findall(r"val/loss (\S+)", done.stdout)]
    assert np.allclose(ours, theirs, rtol=1e-5)
    assert float(re.findall(r"step 1  loss (\S+)", done.stdout)[0]) == pytest.approx(first, rel=1e-5)


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
def test_a_field_may_have_any_name(name: str, new_run: NewRun, tmp_path: Path) -> None:
    g = Graph()
    g.add("output", g.add("linear", g.add("input", field=name), out_features=3))
    g.add("cross_entropy_loss", "n2", g.add("input", field="Forward"))
    data = {"inputs": f"{name}: 8; Forward: < 3"}
    folder = new_run(g.project("Odd names", "random_values", data_options=data), steps=2)
    assert run_job(folder)["state"] == "finished"
    export(folder, "onnx", tmp_path / "m.onnx")
    export(folder, "python", tmp_path / "code")
    made = subprocess.run([sys.executable, "train.py"], cwd=tmp_path / "code", capture_output=True, text=True)
    assert "epoch 1" in made.stdout, made.stderr
