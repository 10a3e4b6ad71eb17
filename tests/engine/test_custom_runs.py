"""Custom code from the command line: refused, read, agreed to, trained and exported."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from netlab.cli import main
from netlab.compiler.builder import Graph
from netlab.document import edits, file
from netlab.document.project import Project
from netlab.layers.custom import DEFAULT

MINE = DEFAULT.replace("sigmoid", "tanh")


def project(text: str) -> Project:
    """A classifier of points with custom code in the middle: n4."""
    g = Graph()
    x, label = g.add("input", field="point"), g.add("input", field="label")
    x = g.add("linear", x, out_features=8)
    x = g.add("custom_code", x, definition=text, name="gate")
    x = g.add("linear", x, out_features=2)
    g.add("output", x)
    g.add("cross_entropy_loss", x, label)
    return g.project("Custom", "points", data_options={"points": 64}, device="cpu", batch_size=16)


def test_a_strangers_code_is_read_before_it_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "x.netlab")
    file.save(project(MINE), path)
    assert main(["check", path]) == 0
    assert "not yet agreed" in capsys.readouterr().err
    for refused in (["train", path, "--steps", "2", "--run", str(tmp_path / "no")], ["export", path, str(tmp_path), "--to", "python"]):  # fmt: skip
        assert main(refused) == 1
        assert "netlab trust FILE" in capsys.readouterr().err
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert main(["trust", path]) == 1
    assert MINE in capsys.readouterr().out
    assert main(["train", path, "--steps", "2", "--run", str(tmp_path / "no2")]) == 1
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert main(["trust", path]) == 0
    assert main(["train", path, "--steps", "2", "--run", str(tmp_path / "run")]) == 0
    assert MINE in (tmp_path / "run" / "model.py").read_text()
    capsys.readouterr()
    assert main(["trust", path]) == 0
    assert "no code" in capsys.readouterr().out


def test_its_weights_are_kept_and_stay_when_frozen(tmp_path: Path) -> None:
    path = str(tmp_path / "x.netlab")
    file.save(edits.set_frozen(project(DEFAULT), ["n4"], True), path)
    assert main(["train", path, "--steps", "2", "--run", str(tmp_path / "a")]) == 0
    assert main(["train", path, "--steps", "6", "--run", str(tmp_path / "b")]) == 0
    first, second = (load_file(tmp_path / run / "checkpoints" / "last.safetensors") for run in "ab")
    names = [name for name in first if "n4.gate.weight" in name and first[name].shape == (8, 8)]
    assert names
    assert torch.equal(first[names[0]], second[names[0]])
    other = next(name for name in first if name.endswith("n3.weight"))
    assert not torch.equal(first[other], second[other])


def test_a_fault_in_training_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "def f(x):\n    if x.shape[0] == 16:\n        raise ValueError('sixteen')\n    return x\n"
    path = str(tmp_path / "x.netlab")
    file.save(project(text), path)
    assert main(["trust", path, "--yes"]) == 0
    assert main(["train", path, "--steps", "2", "--run", str(tmp_path / "run")]) == 1
    said = capsys.readouterr().err
    assert "gate" in said
    assert "line 3 of its code" in said
    assert "sixteen" in said
