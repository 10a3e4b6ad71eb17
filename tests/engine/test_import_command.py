"""``netlab import``: models come in through a process of their own, with their weights, and nothing runs unasked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from netlab.cli import main
from netlab.compiler.check import check
from netlab.document import file, weights
from netlab.engine.importing.faults import ImportFault
from netlab.engine.importing.python_file import load_factory

NET = """from torch import nn

def make():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_python_file_becomes_a_project_that_trains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.py").write_text(NET)
    out = tmp_path / "net.netlab"
    assert main(["import", f"{tmp_path / 'net.py'}:make", str(out), "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["difference"] == 0.0
    project = file.load(out)
    assert project.data.source == "mnist"  # the first whose labels its outputs can tell
    assert not check(project).blocking
    stored = weights.header(weights.find(project.training["start"]))
    assert sorted(stored.tensors) == ["n3.bias", "n3.weight", "n5.bias", "n5.weight"]
    assert main(["train", str(out), "--steps", "2", "--device", "cpu", "--run", str(tmp_path / "run")]) == 0


def test_a_program_comes_back(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2)).eval()
    batch = torch.export.Dim("batch", min=1, max=1024)
    program = torch.export.export(module, (torch.randn(3, 6),), dynamic_shapes=({0: batch},))
    torch.export.save(program, tmp_path / "net.pt2")
    out = tmp_path / "net.netlab"
    assert main(["import", str(tmp_path / "net.pt2"), str(out)]) == 0
    project = file.load(out)
    assert [n.type for n in project.graph.nodes.values()] == ["input", "linear", "tanh", "linear", "output"]
    assert project.data.options["inputs"] == "x1: 6"
    assert main(["export", str(out), str(tmp_path / "again.pt2"), "--to", "pt2"]) == 1  # there is no loss yet


@pytest.mark.parametrize("spec", ["nothing", "nowhere.py:make", "{here}:nobody", "{here}:number", "{broken}:make"])
def test_a_bad_factory_is_a_sentence(tmp_path: Path, spec: str) -> None:
    (tmp_path / "here.py").write_text("number = 3\n")
    (tmp_path / "broken.py").write_text("import nonsense_that_is_not_there\n")
    with pytest.raises(ImportFault, match=r"\."):
        load_factory(spec.format(here=tmp_path / "here.py", broken=tmp_path / "broken.py"))


def test_nothing_runs_without_consent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "evil.py").write_text(f"open({str(ran)!r}, 'w')\n")
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert main(["import", f"{tmp_path / 'evil.py'}:make", str(tmp_path / "x.netlab")]) == 1
    assert not ran.exists()
    assert not (tmp_path / "x.netlab").exists()


def test_a_process_that_dies_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dies.py").write_text("import os\nos._exit(7)\n")
    assert main(["import", f"{tmp_path / 'dies.py'}:make", str(tmp_path / "x.netlab"), "--yes"]) == 1
    assert "ended with 7" in capsys.readouterr().err
