"""Every example opens, has no problem, trains some steps, and its standalone code gives the same numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from netlab.compiler.check import check
from netlab.compiler.standalone import standalone
from netlab.data.dataset import source_of
from netlab.data.task import unigram_entropy
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.engine.build import build
from netlab.engine.exporting import export
from netlab.engine.train import run_job
from netlab.protocol.summaries import GRADIENTS, TIMES
from netlab.runs import store
from netlab.runs.reader import RunReader

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", examples())
def test_an_example_is_whole(name: str) -> None:
    path = examples()[name]
    project = file.load(path)
    assert file.encode(project) == path.read_bytes(), "not in canonical form: save it again"
    assert not check(project).problems
    assert project.title
    assert project.about


@pytest.mark.parametrize("name", examples())
def test_an_example_trains_records_and_leaves_its_weights(name: str, tmp_path: Path) -> None:
    project = edits.set_training(file.load(examples()[name]), "device", "cpu")
    folder = store.create(file.encode(project), tmp_path, steps=3)
    assert run_job(folder)["state"] == "finished"
    reader = RunReader(folder)
    steps, losses = reader.metrics("train/loss")
    assert list(steps) == [1, 2, 3]
    assert np.isfinite(losses).all()
    assert np.isfinite(reader.metrics("val/loss")[1]).all()
    chosen = {choice.probe for choice in project.probes.values()}
    assert {probe for probe, _ in reader.watched()} == chosen | {GRADIENTS, TIMES}
    reader.close()
    export(folder, "safetensors", tmp_path / "w.safetensors")
    weights, kept = load_file(tmp_path / "w.safetensors"), load_file(folder / "checkpoints" / "last.safetensors")
    built = build(project)
    assert weights.keys() == built.model.state_dict().keys()
    for readable, stored in built.names().items():
        assert torch.equal(weights[readable], kept[stored])


def test_standalone_code_is_written_as_people_write_it(tmp_path: Path) -> None:
    """No import too many, in order, all names bound, no line too long."""
    for name, path in examples().items():
        project = file.load(path)
        (tmp_path / f"{name}.py").write_text(standalone(project, check(project, fixes=False)))
    rules = ["--isolated", "--select", "E,F,I,W", "--line-length", "130"]
    done = subprocess.run([sys.executable, "-m", "ruff", "check", *rules, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


ALONE = """
import importlib, sys, torch
for name in sys.argv[1:]:
    alone = importlib.import_module(name)
    case = torch.load(f"{name}.pt", weights_only=True)
    model = [v for v in vars(alone).values() if isinstance(v, type) and v.__module__ == name][-1]()
    model.load_state_dict(case["weights"])
    model.eval()
    with torch.no_grad():
        out, wanted = model(**case["inputs"])[0], case["wanted"]
    if isinstance(out, dict):
        assert set(out) == set(wanted), name
    else:
        out, wanted = (dict(enumerate(x if isinstance(x, tuple) else (x,))) for x in (out, wanted))
    for key, value in wanted.items():
        assert torch.equal(out[key], value), (name, key)
    assert "netlab" not in sys.modules, name
    print(name)
"""


def test_standalone_code_gives_the_same_numbers(tmp_path: Path) -> None:
    """In one process without NetLab for all, since loading torch takes longer than any of them."""
    for name, path in examples().items():
        project = file.load(path)
        built = build(project)
        (tmp_path / f"{name}.py").write_text(standalone(project, built.inferred))
        rows = source_of(project.data.source, project.data.options).load()
        batch = {field: torch.from_numpy(column[:4]) for field, column in rows.columns.items()}
        inputs = built.source.arguments(batch)
        built.model.eval()
        with torch.no_grad():
            wanted = built.model(**inputs)[0]
        torch.save({"weights": built.model.state_dict(), "inputs": inputs, "wanted": wanted}, tmp_path / f"{name}.pt")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *examples()], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": ""}, timeout=110,
    )  # fmt: skip
    assert done.stdout.split() == list(examples()), done.stderr[-2000:]


def test_the_entropy_that_the_language_model_has_to_beat() -> None:
    project = file.load(examples()["gpt"])
    rows = source_of(project.data.source, project.data.options).load()
    entropy = unigram_entropy(rows)
    assert 2.5 < entropy < np.log(rows.field("next_token").classes or 1)
