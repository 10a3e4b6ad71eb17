"""Weights find their nodes by names, shapes and order, and a table says what did not; hostile files are refused."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from netlab import language
from netlab.cli import main
from netlab.compiler.builder import Graph
from netlab.document import file, weights
from netlab.document.project import Project
from netlab.document.weights import WeightsError
from netlab.engine.importing.matching import match


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLAB_HOME", str(tmp_path / "home"))


def net(width: int = 6) -> Project:
    g = Graph()
    point, label = g.add("input", field="point"), g.add("input", field="label")
    hidden = g.add("relu", g.add("linear", point, name="fc1", out_features=width))
    hidden = g.add("relu", g.add("linear", hidden, name="fc2", out_features=width))
    scores = g.add("linear", hidden, name="fc3", out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, label, name="loss")
    return g.project("Net", "points", data_options={"points": 100}, device="cpu", epochs=1)


def tensors(*names: str, width: int = 6) -> dict[str, torch.Tensor]:
    sizes = [(width, 2), (width, width), (2, width)]
    found = {}
    for name, size in zip(names, sizes, strict=True):
        found |= {f"{name}.weight": torch.randn(size), f"{name}.bias": torch.randn(size[0])}
    return found


def bring(tmp_path: Path, given: dict[str, torch.Tensor], project: Project | None = None) -> tuple[dict[str, Any], Any]:
    """The table by tensor, and what the project begins with."""
    save_file(given, tmp_path / "w.safetensors")
    file.save(project or net(), tmp_path / "net.netlab")
    arguments = ["import", str(tmp_path / "w.safetensors"), str(tmp_path / "net.netlab"), "--json"]
    assert main(arguments) == 0
    project = file.load(tmp_path / "net.netlab")
    return project.training, load_file(weights.find(project.training["start"]))


def test_by_name_with_a_wrapper_around_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = tensors("module.fc1", "module.fc2", "module.fc3")
    _, kept = bring(tmp_path, given)
    table = json.loads(capsys.readouterr().out)["table"]
    assert {row["by"] for row in table} == {"name"}
    assert torch.equal(kept["n3.weight"], given["module.fc1.weight"])
    # and a run begins with exactly these
    assert main(["export", str(tmp_path / "net.netlab"), str(tmp_path / "out.safetensors"), "--to", "safetensors"]) == 0
    assert torch.equal(load_file(tmp_path / "out.safetensors")["fc3.bias"], given["module.fc3.bias"])


def test_by_shape_and_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = tensors("net.0", "net.2", "net.4")
    _, kept = bring(tmp_path, given)
    assert {row["by"] for row in json.loads(capsys.readouterr().out)["table"]} == {"shape"}
    assert torch.equal(kept["n5.weight"], given["net.2.weight"])
    two = match({"a.w": (3, 3), "b.w": (3, 3)}, {"x.10.w": (3, 3), "x.9.w": (3, 3)})
    assert [(row.source, row.how) for row in two] == [("x.9.w", "order"), ("x.10.w", "order")]


def test_what_does_not_fit_is_told_and_stays_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = tensors("fc1", "fc2", "fc3") | {"fc2.weight": torch.randn(5, 6), "more.weight": torch.randn(9)}
    del given["fc3.bias"]
    training, kept = bring(tmp_path, given)
    table = {row["tensor"] or row["from"]: row for row in json.loads(capsys.readouterr().out)["table"]}
    assert "5 × 6, the model wants 6 × 6" in table["fc2.weight"]["why"]
    assert "nothing for it" in table["fc3.bias"]["why"]
    assert "no place" in table["more.weight"]["why"]
    assert set(kept) == {"n3.weight", "n3.bias", "n5.bias", "n7.weight"}
    project = file.load(tmp_path / "net.netlab")
    run = tmp_path / "run"
    assert main(["train", str(tmp_path / "net.netlab"), "--steps", "1", "--run", str(run)]) == 0
    assert project.training["start"] == training["start"]


def test_linears_that_are_stored_transposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {
        name: tensor.t().contiguous() if tensor.dim() == 2 else tensor
        for name, tensor in tensors("fc1", "fc2", "fc3").items()
    }
    _, kept = bring(tmp_path, given)
    table = {row["tensor"]: row["by"] for row in json.loads(capsys.readouterr().out)["table"]}
    assert table["fc1.weight"] == "name, transposed"
    assert torch.equal(kept["n3.weight"], given["fc1.weight"].t())


def test_from_a_run_and_from_torch(tmp_path: Path) -> None:
    path, run = tmp_path / "net.netlab", tmp_path / "run"
    file.save(net(), path)
    assert main(["train", str(path), "--steps", "3", "--run", str(run)]) == 0
    assert main(["import", str(run), str(path), "-o", str(tmp_path / "next.netlab")]) == 0
    begun = load_file(weights.find(file.load(tmp_path / "next.netlab").training["start"]))
    last = load_file(run / "checkpoints" / "last.safetensors")
    assert all(torch.equal(tensor, last[name]) for name, tensor in begun.items())
    torch.save({"state_dict": tensors("fc1", "fc2", "fc3")}, tmp_path / "w.pt")
    assert main(["import", str(tmp_path / "w.pt"), str(path)]) == 0


class Evil:
    def __reduce__(self) -> Any:
        return print, ("code ran",)


def test_files_that_could_run_code_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.save(net(), tmp_path / "net.netlab")
    torch.save({"a": Evil()}, tmp_path / "evil.pt")
    assert main(["import", str(tmp_path / "evil.pt"), str(tmp_path / "net.netlab")]) == 1
    said = capsys.readouterr()
    assert "asks for print, and opening that could run code" in said.err
    assert "weights_only" not in said.err
    assert "code ran" not in said.out


@pytest.fixture
def in_chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NETLAB_LANG", "zh_CN")
    yield
    language.use(language.ENGLISH)


@pytest.mark.usefixtures("in_chinese")
def test_a_program_is_refused_in_the_language_in_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.save(net(), tmp_path / "net.netlab")
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), tmp_path / "script.pt")
    assert main(["import", str(tmp_path / "script.pt"), str(tmp_path / "net.netlab")]) == 1
    assert "script.pt 是 TorchScript" in capsys.readouterr().err  # the process that opens it says so


def safetensors(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
HOSTILE = {
    "empty": b"",
    "header longer than the file": struct.pack("<Q", 1 << 40) + b"{}",
    "no JSON": safetensors(b"{nonsense"),
    "deep": safetensors(b"[" * 100_000),
    "a name twice": safetensors(b'{"a": 1, "a": 2}'),
    "too large": safetensors({"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}}, b"1234"),
    "negative": safetensors({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}}),
    "overlap": safetensors({"a": ONE, "b": ONE}, b"1234"),
    "gap": safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, b"12345678"),
    "behind": safetensors({"a": ONE}, b"1234more"),
    "unknown type": safetensors({"a": ONE | {"dtype": "PICKLE"}}, b"1234"),
    "true as size": safetensors({"a": ONE | {"shape": [True]}}, b"1234"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_headers_are_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(HOSTILE[name])
    with pytest.raises(WeightsError, match="no sound safetensors"):
        weights.header(tmp_path / "w.safetensors")


def test_changed_weights_are_noticed(tmp_path: Path) -> None:
    _, _ = bring(tmp_path, tensors("fc1", "fc2", "fc3"))
    path = weights.find(file.load(tmp_path / "net.netlab").training["start"])
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert main(["export", str(tmp_path / "net.netlab"), str(tmp_path / "o.safetensors"), "--to", "safetensors"]) == 1
    path.unlink()
    assert main(["train", str(tmp_path / "net.netlab"), "--steps", "1", "--run", str(tmp_path / "r")]) == 1
