"""NumPy files and token files: shapes tell what they are, rows that cannot be are listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netlab.data.dataset import DataError
from netlab.data.look import guess, look
from netlab.data.sources.arrays import Arrays
from netlab.data.sources.token_file import TokenFile

CHANCE = np.random.Generator(np.random.Philox(0))


def saved(folder: Path, **arrays: Any) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("x", "shape", "kind"),
    [
        (CHANCE.normal(size=(60, 5)), "d=5", "features"),
        (CHANCE.integers(0, 256, (60, 8, 9)).astype(np.uint8), "C=1 H=8 W=9", "image"),
        (CHANCE.integers(0, 256, (60, 8, 9, 3)).astype(np.uint8), "C=3 H=8 W=9", "image"),
        (CHANCE.normal(size=(60, 3, 8, 9)), "C=3 H=8 W=9", "image"),
        (CHANCE.normal(size=(60, 7, 2)), "T=7 d=2", "series"),
    ],
)
def test_shapes_tell_what_arrays_are(tmp_path: Path, x: np.ndarray, shape: str, kind: str) -> None:
    source, seen = look(guess(saved(tmp_path, x=x, y=np.arange(60) % 3)))
    assert isinstance(source, Arrays)
    field = source.fields()[0]
    assert (field.shape, field.kind) == (shape, kind)
    dataset = source.load()
    assert dataset.columns[field.name].shape == (60, *field.sizes)
    assert seen.task == "classification"
    assert list(seen.classes.values()) == [20, 20, 20]


def test_rows_that_are_not_finite_or_out_of_range_are_left_out(tmp_path: Path) -> None:
    x, y = CHANCE.normal(size=(60, 4)), np.arange(60) % 3
    x[5, 1], x[6, 0], y[9] = np.nan, np.inf, -1
    source, seen = look(guess(saved(tmp_path, x=x, y=y)))
    bad = [(f.code, f.message.split()[1]) for f in seen.findings if f.costs]
    assert bad == [("not_finite", "5"), ("not_finite", "6"), ("label_range", "9")]
    assert sum(seen.splits.values()) == 57
    assert np.isfinite(source.load().columns["features"]).all()


def test_floats_are_foretold_and_alone_given_back(tmp_path: Path) -> None:
    source, seen = look(guess(saved(tmp_path, x=CHANCE.normal(size=(50, 4)), y=CHANCE.normal(size=50))))
    assert seen.task == "regression"
    assert source.load().columns["target"].shape == (50, 1)
    path = tmp_path / "alone.npy"
    np.save(path, CHANCE.normal(size=(50, 4)))
    assert look(guess(path))[1].task == "autoencoding"


def test_what_is_no_array_of_numbers_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bad.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="without Python objects"):
        guess(path).look()
    path.write_bytes(b"\x93NUMPY broken")
    with pytest.raises(DataError, match="no NumPy file"):
        guess(path).look()
    (tmp_path / "bad.npz").write_bytes(b"PK broken")
    with pytest.raises(DataError, match="no NumPy file"):
        guess(tmp_path / "bad.npz").look()
    source, seen = look(guess(saved(tmp_path, x=np.zeros((20, 2)), y=np.arange(19))))
    assert any("20 rows" in f.message for f in seen.findings)
    with pytest.raises(DataError, match="no array 'z'"):
        source.with_options(target="z").fields()
    _, seen = look(guess(saved(tmp_path, x=CHANCE.normal(size=(30, 2)), y=np.zeros(30, int))))
    assert "one_class" in {f.code for f in seen.findings}
    _, seen = look(guess(saved(tmp_path, x=CHANCE.normal(size=(30, 2)), y=np.arange(30) * 10**6)))
    assert any("too many classes" in f.message for f in seen.findings)
    _, seen = look(guess(saved(tmp_path, x=CHANCE.normal(size=(30, 2)), words=np.array(["a"] * 30))))
    assert "no_numbers" in {f.code for f in seen.findings}


@pytest.mark.parametrize("name", ["a.tokens", "a.bin"])
def test_tokens_become_windows(tmp_path: Path, name: str) -> None:
    ids = CHANCE.integers(0, 50, 1000)
    path = tmp_path / name
    if name == "a.bin":
        ids.astype(np.uint16).tofile(path)
    else:
        path.write_text("\n".join(" ".join(map(str, row)) for row in ids.reshape(100, 10)))
    source, seen = look(guess(path).with_options(context=9))
    assert isinstance(source, TokenFile)
    dataset = source.load()
    tokens, following = dataset.columns["tokens"], dataset.columns["next_token"]
    assert np.array_equal(tokens[dataset.splits["train"]].ravel(), ids[:792])
    assert np.array_equal(tokens[:, 1:], following[:, :-1])
    assert source.fields()[0].classes == ids.max() + 1
    assert seen.task == "next_token"


def test_words_and_negative_numbers_are_no_tokens(tmp_path: Path) -> None:
    path = tmp_path / "a.ids"
    path.write_text("1 2 3\n4 x 5\n6 7 8\n-1 2\n" + "1 2 3 4\n" * 100)
    _, seen = look(guess(path).with_options(context=4))
    assert [(f.code, f.line) for f in seen.findings if f.costs] == [("bad_number", 2), ("bad_number", 4)]
    odd = tmp_path / "odd.bin"
    odd.write_bytes(b"123")
    with pytest.raises(DataError, match="no whole number"):
        guess(odd).look()
