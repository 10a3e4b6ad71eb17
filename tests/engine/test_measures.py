"""What an evaluation measures: the metrics of the task, against numbers worked out another way."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from netlab.cli import main
from netlab.compiler.builder import Graph
from netlab.data.texts import PAD
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.engine import evaluate as module
from netlab.engine.evaluate import evaluate
from netlab.engine.explore import Model, translations
from netlab.engine.train import run_job

NewRun = Callable[..., Path]


def dense(source: str, asked: str, wanted: str, loss: str, width: int, **options: Any) -> Project:
    g = Graph()
    x = g.add(
        "linear", g.add("relu", g.add("linear", g.add("input", field=asked), out_features=16)), out_features=width
    )
    g.add("output", x)
    g.add(loss, x, g.add("input", field=wanted))
    return g.project("Measured", source, data_options=options, device="cpu", learning_rate=0.01)


def trained(project: Project, new_run: NewRun, steps: int) -> Path:
    folder = new_run(project, steps=steps)
    assert run_job(folder)["state"] == "finished"
    return folder


def answers(folder: Path, asked: str, wanted: str) -> tuple[np.ndarray, np.ndarray]:
    """What the model gives for the test rows, and what is right."""
    model = Model.of(folder, "cpu")
    rows = model.dataset.splits["test"]
    given = model.ask(**{asked: torch.from_numpy(model.dataset.columns[asked][rows])})
    return given.numpy(), model.dataset.columns[wanted][rows]


def test_classes(new_run: NewRun, capsys: pytest.CaptureFixture[str]) -> None:
    folder = trained(dense("iris", "features", "label", "cross_entropy_loss", 3), new_run, 60)
    assert main(["evaluate", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    scores, label = answers(folder, "features", "label")
    taken = scores.argmax(1)
    table = np.zeros((3, 3), int)
    np.add.at(table, (label, taken), 1)
    assert told["confusion"] == table.tolist()
    hits = np.diag(table)
    f1 = 2 * hits / (table.sum(0) + table.sum(1))
    assert told["metrics"]["f1"] == pytest.approx(f1.mean(), abs=1e-6)
    assert told["metrics"]["accuracy"] == pytest.approx(hits.sum() / len(label), abs=1e-6)


def test_numbers(new_run: NewRun) -> None:
    folder = trained(dense("diabetes", "features", "target", "mse_loss", 1), new_run, 60)
    found = evaluate(folder)
    scores, target = (array.ravel() for array in answers(folder, "features", "target"))
    off = scores - target
    assert found.metrics["rmse"] == pytest.approx(math.sqrt((off**2).mean()), rel=1e-5)
    assert found.metrics["mae"] == pytest.approx(abs(off).mean(), rel=1e-5)
    assert found.metrics["r2"] == pytest.approx(1 - (off**2).sum() / ((target - target.mean()) ** 2).sum(), rel=1e-4)
    assert found.confusion == []


def test_tokens(new_run: NewRun) -> None:
    """A row counts as exact if the model, left to itself, writes just that row."""
    project = edits.set_data(
        file.load(examples()["seq2seq"]), "sequences", {"sequences": 1000, "max_length": 4, "min_length": 2}
    )
    project = edits.set_training(edits.set_training(project, "device", "cpu"), "learning_rate", 0.01)
    folder = trained(project, new_run, 90)
    exact = evaluate(folder).metrics["exact_match"]
    model = Model.of(folder, "cpu")
    right = 0
    rows = model.dataset.splits["test"]
    for row in rows:
        written = translations(model, {"source": torch.from_numpy(model.dataset.columns["source"][[row]])})[0]
        wanted = [int(i) for i in model.dataset.columns["target"][row] if i != PAD]
        right += [*written.ids, wanted[-1]] == wanted if written.ended else False
    assert 0 < right < len(rows), "neither all nor none, or this shows nothing"
    assert exact == pytest.approx(right / len(rows), abs=1e-6)


def test_what_is_counted_over_all_rows_is_told_before_a_mean_over_batches(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained(dense("iris", "features", "label", "cross_entropy_loss", 3), new_run, 2)
    by_batch = module.over
    monkeypatch.setattr(module, "over", lambda *a, **k: by_batch(*a, **k) | {"accuracy": -1.0})
    scores, label = answers(folder, "features", "label")
    assert evaluate(folder).metrics["accuracy"] == pytest.approx((scores.argmax(1) == label).mean(), abs=1e-6)


def test_text_that_goes_on(new_run: NewRun) -> None:
    folder = trained(edits.set_training(file.load(examples()["gpt"]), "device", "cpu"), new_run, 2)
    found = evaluate(folder).metrics
    assert found["perplexity"] == pytest.approx(math.exp(found["loss"]), rel=1e-4)


def test_a_model_with_two_losses_has_their_readings_alone(new_run: NewRun) -> None:
    folder = trained(edits.set_training(file.load(examples()["vae"]), "device", "cpu"), new_run, 2)
    assert set(evaluate(folder).metrics) == {
        "loss",
        "divergence",
        "divergence_std",
        "reconstruction",
        "reconstruction_mae",
    }
