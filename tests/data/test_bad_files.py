"""Every source of files: what it says of files that vanish, change, are empty, or are damaged in any way."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from data.made import MADE
from PIL import Image

from netlab.data.dataset import DataError
from netlab.data.files import FileSource
from netlab.data.findings import ERROR
from netlab.data.look import guess, look

DAMAGES = 12


def looked_at(key: str, root: Path) -> tuple[FileSource, Path]:
    path = MADE[key](root)
    source, seen = look(guess(path, key))
    assert not [finding for finding in seen.findings if finding.severity == ERROR]
    return source, path


@pytest.mark.parametrize("key", MADE)
def test_a_file_that_vanishes_is_missed_by_name(key: str, tmp_path: Path) -> None:
    source, path = looked_at(key, tmp_path)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(DataError, match=f"{path.name}.* not there"):
        source.load()
    assert source.fields(), "the model can be edited all the same"


@pytest.mark.parametrize("key", MADE)
def test_a_file_that_changes_is_said(key: str, tmp_path: Path) -> None:
    source, path = looked_at(key, tmp_path)
    assert "changed_file" not in {finding.code for finding in source.load().findings}
    if path.is_dir():
        Image.fromarray(np.zeros((6, 6, 3), np.uint8)).save(path / "a" / "new.png")
    elif path.suffix == ".npz":
        np.savez(path, x=np.ones((60, 4)), y=np.arange(60) % 3)
    elif path.suffix == ".bin":
        path.write_bytes(path.read_bytes()[:-4])
    else:
        content = path.read_bytes()
        path.write_bytes(content + content[-content[::-1].find(b"\n", 1) :])
    assert "changed_file" in {finding.code for finding in source.load().findings}


@pytest.mark.parametrize("key", [key for key in MADE if key != "image_folder"])
def test_an_empty_file_blocks_in_words(key: str, tmp_path: Path) -> None:
    path = MADE[key](tmp_path)
    path.write_bytes(b"")
    assert refused(path, key)


@pytest.mark.parametrize("key", MADE)
def test_damage_costs_rows_or_is_said_and_never_more(key: str, tmp_path: Path) -> None:
    path = MADE[key](tmp_path)
    victims = sorted(path.rglob("*.png"))[:4] if path.is_dir() else [path]
    whole = {victim: victim.read_bytes() for victim in victims}
    random = np.random.default_rng(len(key))
    for _ in range(DAMAGES):
        for victim, content in whole.items():
            victim.write_bytes(damaged(content, random))
        refused(path, key)


def refused(path: Path, key: str) -> bool:
    """Whether a file cannot be trained on, which has to be said in words; anything but a `DataError` fails the test."""
    try:
        source, seen = look(guess(path, key))
        blocking = [str(finding) for finding in seen.findings if finding.severity == ERROR]
        if not blocking:
            source.load()
    except DataError as error:
        blocking = [str(error)]
    assert all(len(sentence) > 20 and sentence.rstrip().endswith(".") for sentence in blocking), blocking
    return bool(blocking)


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """The content cut short, with other bytes, NULs or quotes in it, twice over, or in UTF-16 as far as it is text."""
    way, at = int(random.integers(6)), int(random.integers(1, max(2, len(content))))
    if way == 0:
        return content[:at]
    if way == 1:
        return content[:at] + random.bytes(8) + content[at + 8 :]
    if way == 2:
        return content[:at] + b"\0" * 5 + content[at:]
    if way == 3:
        return content[:at] + b'"' + content[at:]
    if way == 4:
        return content + content
    return content.decode("latin-1").encode("utf-16")
