"""The command line at its door: what it prints, its exit status, and a sentence for every mistake."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netlab.cli import main
from netlab.document import edits, file
from netlab.document.examples import examples

ROOT = Path(__file__).resolve().parents[1]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: status, standard output, standard error."""

    def go(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            status = main([str(a) for a in arguments])
        except SystemExit as wanted:  # argparse
            status = int(str(wanted.code or 0))
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return go


@pytest.fixture
def spirals(tmp_path: Path) -> Path:
    """A small project in a folder of its own."""
    project = file.load(examples()["spirals"])
    path = tmp_path / "spirals.netlab"
    file.save(edits.set_training(project, "device", "cpu"), path)
    return path


def test_the_lists_are_json_and_words(run: Run) -> None:
    for command, key in (("layers", "type"), ("datasets", "key"), ("templates", "id")):
        status, out, _ = run(command, "--json")
        rows = json.loads(out)
        assert status == 0
        assert rows
        status, out, _ = run(command)
        assert status == 0
        assert all(row[key] in out for row in rows)


def test_layers_say_ports_and_limits(run: Run) -> None:
    rows = {row["type"]: row for row in json.loads(run("layers", "--json")[1])}
    linear = rows["linear"]
    assert linear["category"] == "Basic"
    assert [port["name"] for port in linear["inputs"]] == ["x"]
    option = next(o for o in linear["options"] if o["name"] == "out_features")
    assert (option["min"], option["max"], option["default"]) == (1, 1_048_576, 128)
    assert option["help"]


def test_new_writes_a_project_and_never_over_one(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.netlab"
    assert run("new", "lenet", path)[0] == 0
    before = path.read_bytes()
    status, _, err = run("new", "lenet", path)
    assert (status, path.read_bytes()) == (1, before)
    assert "already there" in err
    status, _, err = run("new", "lenette", tmp_path / "other.netlab")
    assert status == 1
    assert "lenet" in err


def test_check_tells_shapes_and_weights(run: Run) -> None:
    status, out, _ = run("check", examples()["lenet"], "--json")
    told = json.loads(out)
    assert status == 0
    assert told["problems"] == []
    assert told["parameters"] == sum(node["parameters"] for node in told["nodes"])
    assert any("28" in str(node["outputs"]) for node in told["nodes"])
    assert run("check", examples()["lenet"])[0] == 0


def test_code_is_what_runs(run: Run, tmp_path: Path, spirals: Path) -> None:
    status, out, _ = run("code", spirals)
    assert status == 0
    assert "class " in out
    target = tmp_path / "model.py"
    assert run("code", spirals, "--standalone", "-o", target)[0] == 0
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import runpy; m = runpy.run_path({str(target)!r}); print(sorted(m))"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert "netlab" not in target.read_text().split('"""')[-1]
    assert "Model" in done.stdout or "nn" in done.stdout


def _lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_train_evaluate_resume_and_list(run: Run, tmp_path: Path, spirals: Path) -> None:
    folder = tmp_path / "runs" / "first"
    status, out, _ = run("train", spirals, "--steps", 30, "--seed", 3, "--run", folder, "--json")
    assert status == 0
    lines = _lines(out)
    assert all({"step", "epoch", "metrics"} <= line.keys() for line in lines[:-1])
    assert lines[-1]["run"] == str(folder)
    assert "val/loss" in lines[-1]["final"]
    assert (folder / "checkpoints" / "last.safetensors").exists()
    assert (folder / "model.py").exists()

    status, out, _ = run("evaluate", folder, "--json")
    assert status == 0
    assert 0 <= json.loads(out)["metrics"]["accuracy"] <= 1
    assert run("evaluate", folder, "--split", "val")[0] == 0

    changed = edits.set_data_option(file.load(folder / "project.netlab"), "noise", 0.3)
    file.save(changed, folder / "project.netlab")
    status, out, err = run("train", "--resume", folder, "--steps", 50, "--json")
    assert status == 0
    assert "not bit for bit as it would have: data" in err
    assert "edited since its checkpoint: data.noise 0.05 → 0.3." in err
    assert max(line["step"] for line in _lines(out)[:-1]) == 50
    rows = json.loads(run("runs", tmp_path / "runs", "--json")[1])
    assert [(row["name"], row["state"], int(row["step"])) for row in rows] == [("first", "finished", 50)]
    assert "first" in run("runs", tmp_path / "runs")[1]
    before = (folder / "commands.jsonl").read_bytes()
    for command in (["pause"], ["resume"], ["stop"], ["step"], ["keep"]):
        status, _, err = run(*command, folder)
        assert (status, "Nobody trains first now; it is finished" in err) == (1, True)
    assert "learning_rate is -1" in run("set", folder, "learning_rate=-1")[2]
    assert (folder / "commands.jsonl").read_bytes() == before


def test_set_reaches_data_training_and_nodes(run: Run, tmp_path: Path, spirals: Path) -> None:
    node = next(n for n in file.load(spirals).graph.nodes.values() if n.type == "linear")
    folder = tmp_path / "run"
    sets = ["training.learning_rate=0.5", f"{node.id}.out_features=7", "data.noise=0.3"]
    arguments = [word for assignment in sets for word in ("--set", assignment)]
    assert run("train", spirals, "--steps", 2, "--run", folder, *arguments)[0] == 0
    kept = file.load(folder / "project.netlab")
    assert kept.training["learning_rate"] == 0.5
    assert kept.graph.nodes[node.id].options["out_features"] == 7
    assert kept.data.options["noise"] == 0.3


def test_a_learning_rate_beyond_reason_is_a_sentence(run: Run, spirals: Path, tmp_path: Path) -> None:
    before = spirals.read_bytes()
    status, _, err = run("train", spirals, "--run", tmp_path / "r", "--set", "training.learning_rate=1e10")
    assert status == 1
    assert "The loss is" in err
    assert "learning rate" in err.lower()
    assert "“" in err, "the node is named"
    assert spirals.read_bytes() == before


def _graph_with(spirals: Path, change: Callable[[dict[str, Any]], None]) -> bytes:
    told = json.loads(spirals.read_text())
    change(told)
    return json.dumps(told).encode()


def _cycle(told: dict[str, Any]) -> None:
    """The second linear layer feeds the first."""
    first, second = [n["id"] for n in _nodes(told) if n["type"] == "linear"][:2]
    edges = told["graph"]["edges"]
    into = next(e for e in (edges.values() if isinstance(edges, dict) else edges) if e["target"] == first)
    into["source"] = second


def _nodes(told: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = told["graph"]["nodes"]
    return list(nodes.values()) if isinstance(nodes, dict) else nodes


def _unknown(told: dict[str, Any]) -> None:
    next(n for n in _nodes(told) if n["type"] == "linear")["type"] = "linnear"


def _limits(told: dict[str, Any]) -> None:
    next(n for n in _nodes(told) if n["type"] == "linear")["options"]["out_features"] = -4


def _misfit(told: dict[str, Any]) -> None:
    node = next(n for n in _nodes(told) if n["type"] in ("relu", "tanh", "gelu"))
    node.update(type="conv2d", options={"out_channels": 3})


BAD: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda p: b"", "empty|JSON|truncated"),
    "truncated": (lambda p: p.read_bytes()[:300], "cut|truncated|ends|end"),
    "binary": (lambda p: bytes(range(256)), "UTF-8|text|JSON"),
    "foreign": (lambda p: b'{"cells": [], "nbformat": 4}', "NetLab"),
    "list": (lambda p: b"[1, 2]", "NetLab"),
    "newer": (lambda p: _graph_with(p, lambda d: d.update(format=999)), "newer"),
    "unknown layer": (lambda p: _graph_with(p, _unknown), "linear"),
    "option outside its limits": (lambda p: _graph_with(p, _limits), "out_features"),
    "cycle": (lambda p: _graph_with(p, _cycle), "cycle"),
    "shapes that do not fit": (lambda p: _graph_with(p, _misfit), "B C H W|channels|image"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["check", "code", "train"])
def test_a_bad_project_is_a_sentence(run: Run, spirals: Path, tmp_path: Path, case: str, command: str) -> None:
    make, words = BAD[case]
    bad = tmp_path / "bad.netlab"
    bad.write_bytes(make(spirals))
    before = bad.read_bytes()
    more = ["--run", tmp_path / "r"] if command == "train" else []
    status, out, err = run(command, bad, *more)
    assert status == 1, out + err
    assert re.search(words, err), err
    assert bad.read_bytes() == before
    status, out, err = run(command, bad, "--json", *more)
    assert status == 1
    told = json.loads(out) if command == "check" and out.startswith("{") else json.loads(err.splitlines()[0])
    problem = told["problems"][0] if "problems" in told else told
    assert {"code", "where", "message", "fix"} <= problem.keys()
    assert problem["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nowhere.netlab"], "nowhere.netlab"),
        (["evaluate", "no-run"], "no-run"),
        (["train", "--resume", "no-run"], "no-run"),
        (["stop", "no-run"], "no-run"),
        (["train", "{spirals}", "--set", "training.lerning_rate=1"], "learning_rate"),
        (["train", "{spirals}", "--set", "nonsense"], "PATH=VALUE"),
        (["train", "{spirals}", "--set", "nobody.x=1"], "nobody"),
        (["train", "{spirals}", "--set", "data.noise=7000"], "noise"),
        (["train", "{spirals}", "--epochs", "-3"], "epochs"),
        (["train", "{spirals}", "--device", "cuda"], "cuda|CUDA"),
        (["shot", "{spirals}", "-o", "{tmp}/x.png", "--view", "nothing"], "nothing"),
    ],
)
def test_a_wrong_argument_is_a_sentence(
    run: Run, spirals: Path, tmp_path: Path, arguments: list[str], words: str, qapp: object
) -> None:
    import torch

    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    status, _, err = run(*[a.format(spirals=spirals, tmp=tmp_path) for a in arguments])
    assert status == 1
    assert re.search(words, err), err


@pytest.mark.parametrize("arguments", [["train"], ["check"], ["shot", "x"], ["train", "x", "--steps", "many"]])
def test_a_wrong_command_line_is_status_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2


def test_shot_makes_a_picture(tmp_path: Path, spirals: Path) -> None:
    out = tmp_path / "shot.png"
    done = subprocess.run(
        [sys.executable, "-m", "netlab", "shot", str(spirals), "-o", str(out), "--theme", "dark", "--size", "900x600"],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    head = out.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) == (900, 600)


def test_python_api() -> None:
    import torch

    import netlab

    project = netlab.load(examples()["spirals"])
    model = netlab.compile(project)
    assert isinstance(model, torch.nn.Module)
    assert all(re.match(r"[a-z_]\w*(\.\w+)+$", name) for name in model.state_dict())
