"""Questions to trained models: predictions, continued text, attention."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from netlab.cli import main
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.engine.explore import ExploreError, Model, Sampling, attention, generate, predict
from netlab.engine.train import run_job


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A short run of an example, made once."""
    from netlab.runs import store

    made: dict[str, Path] = {}

    def run(name: str, steps: int = 20) -> Path:
        key = f"{name}/{steps}"
        if key not in made:
            project = edits.set_training(file.load(examples()[name]), "device", "cpu")
            made[key] = store.create(file.encode(project), tmp_path_factory.mktemp(name), steps=steps)
            assert run_job(made[key])["state"] == "finished"
        return made[key]

    return run


def test_predict_classifies_rows_and_numbers(run_of: Callable[..., Path]) -> None:
    model = Model.of(run_of("spirals", 1500))
    rows = predict(model, ["test:0", "test:1", "0.1,-0.2"])
    labels = model.dataset.columns["label"][model.dataset.splits["test"][:40]]
    asked = predict(model, [f"test:{i}" for i in range(40)])
    names = ("blue", "orange")
    right = np.mean([names[label] == answer["answer"] for label, answer in zip(labels, asked, strict=True)])
    assert right > 0.8
    for row in rows:
        assert sum(entry["probability"] for entry in row["classes"]) == pytest.approx(1.0, abs=1e-4)


def test_predict_answers_each_token_of_a_sequence(run_of: Callable[..., Path]) -> None:
    answer = predict(Model.of(run_of("seq2seq")), ["test:0"])[0]
    assert len(answer["tokens"]) == 11


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("spirals", "test:99999", "rows"), ("spirals", "abc", "numbers"), ("spirals", "1,2,3", "2 numbers"),
     ("seq2seq", "hello", "test:0")],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_sentence(run_of: Callable[..., Path], name: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        predict(Model.of(run_of(name)), [text])


def text_of(model: Model, **how: object) -> str:
    return "".join(generate(model, "The ", 30, Sampling(**how)))  # type: ignore[arg-type]


def test_generate_is_a_function_of_the_seed(run_of: Callable[..., Path]) -> None:
    model = Model.of(run_of("gpt"))
    assert len(text_of(model)) == 30
    assert text_of(model, seed=3) == text_of(model, seed=3) != text_of(model, seed=4)
    assert text_of(model, temperature=0.0) == text_of(model, top_k=1) == text_of(model, top_p=1e-9)


def test_sampling_keeps_what_it_says() -> None:
    scores = torch.tensor([2.0, 1.0, 0.0, -1.0])
    assert torch.allclose(Sampling().shares(scores), scores.softmax(0))
    assert torch.allclose(Sampling(temperature=2.0).shares(scores), (scores / 2).softmax(0))
    two = Sampling(top_k=2).shares(scores)
    assert torch.allclose(two[:2], scores[:2].softmax(0))
    assert two[2:].sum() == 0
    nucleus = Sampling(top_p=0.7).shares(scores)  # 0.64 + 0.24
    assert torch.allclose(nucleus[:2], scores[:2].softmax(0))
    assert nucleus[2:].sum() == 0
    for wrong in ({"temperature": -1.0}, {"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.5}):
        with pytest.raises(ExploreError):
            Sampling(**wrong)  # type: ignore[arg-type]


def test_attention_of_a_text(run_of: Callable[..., Path]) -> None:
    layers = attention(Model.of(run_of("gpt")), "def f")
    assert [layer["name"] for layer in layers] == ["attention1", "attention2"]
    for layer in layers:
        weights = np.array(layer["weights"])
        assert weights.shape == (4, 5, 5)
        assert layer["tokens"] == ["d", "e", "f", "␣", "f"]
        assert np.allclose(weights.sum(-1), 1, atol=1e-4)
        assert not np.triu(weights, 1).any(), "a causal model looked ahead"


def test_a_model_without_text_is_refused(run_of: Callable[..., Path]) -> None:
    model = Model.of(run_of("spirals"))
    with pytest.raises(ExploreError, match="continue"):
        generate(model, "x", 1, Sampling())
    with pytest.raises(ExploreError, match="text"):
        attention(model, "x")


def test_the_commands(run_of: Callable[..., Path], capfd: pytest.CaptureFixture[str]) -> None:
    gpt, spirals = str(run_of("gpt")), str(run_of("spirals", 1500))
    assert main(["generate", gpt, "--prompt", "if ", "--max-tokens", "5", "--json"]) == 0
    assert len(json.loads(capfd.readouterr().out)["text"]) == 5
    assert main(["attention", gpt, "--text", "for", "--json"]) == 0
    assert len(json.loads(capfd.readouterr().out)) == 2
    assert main(["predict", spirals, "test:0", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)[0]["answer"] in ("blue", "orange")
    assert main(["generate", spirals, "--prompt", "x"]) == 1
    told = capfd.readouterr()
    assert told.out == ""
    assert "continue a text" in told.err
