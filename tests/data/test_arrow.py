"""Folders that Hugging Face's `datasets` saves, and data sets fetched by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from netlab.cli import main
from netlab.data import arrow, hub
from netlab.data.dataset import DataError
from netlab.data.look import guess, look
from netlab.data.sources.table import Table
from netlab.data.sources.text_classes import TextClasses
from netlab.data.sources.text_pairs import TextPairs

REVIEWS = pl.DataFrame({"text": [f"a film, number {i}" for i in range(60)], "label": [i % 2 for i in range(60)]})
CLASSES = {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": ["bad", "good"], "_type": "ClassLabel"}}


def saved(folder: Path, frames: list[pl.DataFrame], features: dict[str, object]) -> Path:
    """A folder as `Dataset.save_to_disk` of datasets 5.2 writes it, with a file for each frame."""
    folder.mkdir(parents=True)
    names = [f"data-{i:05}-of-{len(frames):05}.arrow" for i in range(len(frames))]
    for name, frame in zip(names, frames, strict=True):
        frame.write_ipc_stream(folder / name)
    state = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "0", "_split": None}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text(json.dumps({"features": features, "license": ""}))
    return folder


def test_a_saved_table_is_read_with_its_classes_by_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "reviews", [REVIEWS[:30], REVIEWS[30:]], CLASSES)
    source, seen = look(guess(path))
    assert isinstance(source, TextClasses)
    assert dict(seen.classes) == {"bad": 30, "good": 30}
    dataset = source.load()
    assert dataset.tokenizer is not None
    texts = [dataset.tokenizer.decode(row, specials=False) for row in dataset.columns["tokens"]]
    assert texts == REVIEWS["text"].to_list()
    assert np.array_equal(dataset.columns["label"], REVIEWS["label"].to_numpy())
    file = arrow.files_of(path)[1]
    file.write_bytes(arrow.files_of(path)[0].read_bytes())
    assert "changed_file" in {finding.code for finding in source.load().findings}
    file.unlink()
    with pytest.raises(DataError, match="not there"):
        source.load()


def test_translations_become_a_column_for_each_language_and_parts_one_table(tmp_path: Path) -> None:
    frame = pl.DataFrame({"translation": [{"en": f"the dog {i}", "de": f"der Hund {i}"} for i in range(40)]})
    for part, rows in (("train", frame[:30]), ("test", frame[30:])):
        saved(tmp_path / "pairs" / part, [rows], {"translation": {"_type": "Translation"}})
    (tmp_path / "pairs" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    source, seen = look(guess(tmp_path / "pairs"))
    assert isinstance(source, TextPairs)
    assert seen.rows == 40
    assert seen.header == ("translation.en", "translation.de")
    assert "parts_joined" in {finding.code for finding in seen.findings}


def test_numbers_are_a_table_and_lists_are_left_out(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": np.arange(50) / 2, "y": [i % 3 for i in range(50)], "many": [[1, 2]] * 50})
    source, seen = look(guess(saved(tmp_path / "numbers", [frame], {})))
    assert isinstance(source, Table)
    assert [finding.column for finding in seen.findings if finding.code == "nested_column"] == ["many"]
    assert seen.header == ("x", "y")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("state.json", '{"_data_files": [{"filename": "../../secret.arrow"}]}', "lies elsewhere"),
        ("state.json", '{"_data_files": [{"filename": "/etc/passwd"}]}', "lies elsewhere"),
        ("state.json", "{", "makes no sense"),
        ("dataset_info.json", "[]", "makes no sense"),
        ("data-00000-of-00001.arrow", "no table", "cannot be read"),
        ("dataset_dict.json", '{"splits": [".."]}', "lies elsewhere"),
    ],
)
def test_a_folder_that_makes_no_sense_is_refused_in_words(tmp_path: Path, name: str, content: str, words: str) -> None:
    path = saved(tmp_path / "reviews", [REVIEWS], CLASSES)
    (path / name).write_text(content)
    with pytest.raises(DataError, match=words):
        look(guess(path, "text_classes"))


def test_the_hub_needs_its_package_and_a_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    monkeypatch.setenv("NETLAB_HOME", str(tmp_path / "home"))
    assert main(["datasets", "owner/name"]) == 1
    assert "is not there" in capsys.readouterr().err
    assert main(["datasets", "owner/name", "--hub"]) == 1
    assert "pip install netlab[hub]" in capsys.readouterr().err


def test_what_is_fetched_by_name_is_saved_and_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("datasets", reason="datasets takes 300 MB, too much for the tests of every day")
    monkeypatch.setenv("NETLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    REVIEWS.write_csv(tmp_path / "files.csv", include_header=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "files.csv").rename(tmp_path / "mine" / "train.csv")
    assert main(["datasets", str(tmp_path / "mine"), "--hub", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["source"], told["rows"]) == ("text_classes", 60)
    with pytest.raises(DataError, match="cannot be fetched"):
        hub.fetch(str(tmp_path / "nothing"), tmp_path / "home")
    assert not list((tmp_path / "home").glob(".*")), "half a data set stays behind"
