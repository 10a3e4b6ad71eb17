"""Questions to trained models: predictions, continued text, attention."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netlab.catalogue import key_of
from netlab.cli import main
from netlab.compiler.builder import Graph
from netlab.data.dataset import source_of
from netlab.data.look import guess, look, thumbnails
from netlab.data.texts import END, START
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.values import plain
from netlab.engine.attending import attention
from netlab.engine.decoding import DecodingError, Sampling
from netlab.engine.explore import ExploreError, Model, generate, predict
from netlab.engine.train import run_job
from netlab.runs.store import FITTED


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


@pytest.mark.parametrize("source", ["mnist", "digits"])
def test_an_image_file_is_what_a_row_of_the_same_pixels_is(tmp_path: Path, source: str) -> None:
    model = Model.of(run_on(tmp_path, source, {}, 10, "cross_entropy_loss", flat=True))
    image = model.field("image")
    row = int(model.dataset.splits["test"][0])
    Image.fromarray(thumbnails(model.dataset, image, np.array([row]))[0]).save(tmp_path / "digit.png")
    by_row, by_file = predict(model, ["test:0", str(tmp_path / "digit.png")])
    for one, other in zip(by_row["classes"], by_file["classes"], strict=True):
        assert one["class"] == other["class"]
        assert one["probability"] == pytest.approx(other["probability"], abs=0.01)
    (tmp_path / "bad.png").write_bytes(b"no image")
    for name, words in (("bad.png", "is no image"), ("none.png", "gone")):
        with pytest.raises(ExploreError, match=words):
            predict(model, [str(tmp_path / name)])


def test_a_model_writes_a_text_that_it_would_go_on_with_in_the_same_way(run_of: Callable[..., Path]) -> None:
    model = Model.of(run_of("seq2seq"))
    told = predict(model, ["3141", "27182"])
    assert [answer["read"] for answer in told] == ["3141", "27182"]
    for answer in told:
        ids = [model.words.encode(token)[0] for token in answer["tokens"]]
        given = torch.tensor([model.padded([START, *ids], "target_in")])
        best = model.ask(**model.text_inputs(answer["input"]), target_in=given)[0].argmax(-1).tolist()
        assert best[: len(ids)] == ids
        assert not answer["ended"] or best[len(ids)] == END
        assert answer["text"] == "".join(answer["tokens"])
    row = model.dataset.columns["source"][model.dataset.splits["test"][0]]
    assert predict(model, ["test:0"])[0]["read"] == model.words.decode(row[row > 0])
    wide = predict(model, ["3141", "27182"], 4)
    assert all(a["score"] >= b["score"] and len(a["others"]) == 3 for a, b in zip(wide, told, strict=True))


def test_gaps_in_a_text_are_filled(run_of: Callable[..., Path]) -> None:
    model = Model.of(run_of("bert", 1))
    answer = predict(model, ["The [MASK] is [MASK]. [SEP] It returns a value."])[0]
    assert [len(gap) for gap in answer["gaps"]] == [5, 5]
    best = [gap[0]["token"].replace("␣", " ").replace("↵", "\n") for gap in answer["gaps"]]
    assert answer["text"] == f"The{best[0]} is{best[1]}.It returns a value."
    asked = model.text_inputs("The [MASK]. [SEP] It")
    assert [model.words.token(i) for i in asked["tokens"][0, :6].tolist()] == [
        "[CLS]",
        "The",
        "[MASK]",
        ".",
        "[SEP]",
        "It",
    ]
    assert asked["segment"][0, :8].tolist() == [0, 0, 0, 0, 0, 1, 1, 0]
    assert attention(model, "The [MASK].")[0]["tokens"] == ["[CLS]", "The", "[MASK]", ".", "[SEP]"]
    with pytest.raises(ExploreError, match=r"\[MASK\]"):
        predict(model, ["no gap"])
    assert predict(model, ["test:0"])[0]["tokens"]


def test_attention_is_told_by_the_tokens_of_both_texts(run_of: Callable[..., Path]) -> None:
    model = Model.of(run_of("seq2seq"))
    layer = attention(model, "314")[0]
    written = predict(model, ["314"])[0]["tokens"]
    assert layer["keys"] == ["3", "1", "4"]
    assert layer["tokens"] == ["▸", *written][: len(layer["tokens"])]
    assert np.shape(layer["weights"]) == (1, len(layer["tokens"]), 3)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("spirals", "test:99999", "rows"), ("spirals", "abc", "numbers"), ("spirals", "1,2,3", "2 numbers"),
     ("spirals", "1,\n2", "one line")],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_sentence(run_of: Callable[..., Path], name: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        predict(Model.of(run_of(name)), [text])
    with pytest.raises(ExploreError, match="beam"):
        predict(Model.of(run_of("spirals")), ["test:0"], 2)


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
        with pytest.raises(DecodingError):
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
    assert main(["predict", str(run_of("seq2seq")), "31", "--beam", "2"]) == 0
    assert capfd.readouterr().out.startswith("31: ")
    assert main(["generate", spirals, "--prompt", "x"]) == 1
    told = capfd.readouterr()
    assert told.out == ""
    assert "continue a text" in told.err


def trained(tmp_path: Path, g: Graph, source: str, data: dict[str, object]) -> Path:
    """A run of three steps."""
    from netlab.runs import store

    project = g.project("Small", source, data_options=data, device="cpu")
    folder = store.create(file.encode(project), tmp_path / "runs", steps=3)
    assert run_job(folder)["state"] == "finished"
    return folder


def run_on(tmp_path: Path, source: str, data: dict[str, object], outputs: int, loss: str, flat: bool = False) -> Path:
    """A short run of a single Linear on some data."""
    inputs, target = (f.name for f in source_of(source, data).fields()[:2])
    g = Graph()
    x = g.add("input", field=inputs)
    scores = g.add("linear", g.add("flatten", x) if flat else x, name="scores", out_features=outputs)
    g.add("output", scores)
    g.add(loss, scores, g.add("input", field=target))
    return trained(tmp_path, g, source, data)


def test_a_model_of_several_inputs_is_asked_about_rows(tmp_path: Path) -> None:
    g = Graph()
    both = g.add("add", g.add("input", field="a"), g.add("input", field="b"))
    scores = g.add("linear", both, out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    model = Model.of(trained(tmp_path, g, "random_values", {"inputs": "a: 3; b: 3; label: < 2"}))
    assert predict(model, ["test:0"])[0]["answer"] in ("0", "1")
    with pytest.raises(ExploreError, match="test:0"):
        predict(model, ["1,2,3"])


def test_a_number_is_told_in_the_units_of_the_data(tmp_path: Path) -> None:
    model = Model.of(run_on(tmp_path, "diabetes", {}, 1, "mse_loss"))
    row = model.dataset.splits["test"][0]
    features = torch.from_numpy(model.dataset.columns["features"][row : row + 1])
    mean, std = (float(np.ravel(part)[0]) for part in model.dataset.normalisation["target"])
    value = predict(model, ["test:0"])[0]["value"]
    assert value == [pytest.approx(float(model.ask(features=features)) * std + mean, rel=1e-5)]


@pytest.mark.parametrize(
    ("task", "scores", "told"),
    [
        ("binary_classification", [-3.0], {"labels": {"0": 0.047426}, "answer": []}),
        ("multi_label", [3.0, -3.0], {"labels": {"0": 0.952574, "1": 0.047426}, "answer": ["0"]}),
        ("forecasting", [12.0, 8.0], {"value": [12.0, 8.0]}),
    ],
)
def test_an_answer_is_read_as_its_task_wants_it(
    run_of: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    scores: list[float],
    told: dict[str, object],
) -> None:
    monkeypatch.setattr(Model, "task", task)
    monkeypatch.setattr(Model, "ask", lambda self, **inputs: torch.tensor([scores]))
    assert predict(Model.of(run_of("spirals")), ["test:0"]) == [{"input": "test:0"} | told]


def test_a_model_keeps_the_words_it_learned(tmp_path: Path) -> None:
    text = tmp_path / "story.txt"
    text.write_text("the cat sat on the mat. " * 200, encoding="utf-8")
    project = file.load(examples()["gpt"])
    source, _ = look(guess(text).with_options(context=16, tokenizer="char"))
    project = edits.set_data(project, key_of(type(source)), plain(source.values))
    from netlab.runs import store

    folder = store.create(file.encode(edits.set_training(project, "device", "cpu")), tmp_path / "runs", steps=2)
    assert run_job(folder)["state"] == "finished"
    before = "".join(generate(Model.of(folder), "the ", 8, Sampling(seed=1)))
    text.write_text("A zebra! the cat sat on the mat. " * 200, encoding="utf-8")
    with pytest.raises(ExploreError, match="changed"):
        predict(Model.of(folder), ["test:0"])
    text.unlink()
    assert "".join(generate(Model.of(folder), "the ", 8, Sampling(seed=1))) == before
    (folder / FITTED).unlink()  # as runs were that did not save it yet
    assert "".join(generate(Model.of(folder), "the ", 8, Sampling(seed=1))) == before


def test_a_model_of_a_table_answers_without_the_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"{i * 7 % 50},{('red', 'blue', 'green')[i % 3]},{'yes' if i % 2 else 'no'}" for i in range(90)]
    path.write_text("size,colour,sold\n" + "\n".join(rows) + "\n")
    source, _ = look(guess(path).with_options(target=["sold"]))
    folder = run_on(tmp_path, "table", plain(source.values), 2, "cross_entropy_loss")
    model = Model.of(folder)
    asked = [f"test:{i}" for i in range(3)]
    told = [answer["classes"] for answer in predict(model, asked)]
    seen = [rows[i].rpartition(",")[0] for i in model.dataset.splits["test"][:3]]
    path.unlink()
    model = Model.of(folder)
    assert [answer["classes"] for answer in predict(model, seen)] == told
    with pytest.raises(ExploreError, match="green, red"):
        predict(model, ["3,mauve"])
    with pytest.raises(ExploreError, match="size, colour"):
        predict(model, ["3"])
    with pytest.raises(ValueError, match="not there"):
        predict(model, asked)
    (folder / FITTED).unlink()
    with pytest.raises(ValueError, match="not there"):
        Model.of(folder)
