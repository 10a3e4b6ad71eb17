"""Images from files: classes by folder or by list; broken, monstrous and missing ones cost themselves."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netlab.data import images
from netlab.data.dataset import DataError
from netlab.data.look import guess, look
from netlab.data.sources.image_folder import ImageFolder
from netlab.data.sources.image_list import ImageList


def picture(seed: int, size: tuple[int, int] = (12, 10), mode: str = "RGB") -> Image.Image:
    chance = np.random.Generator(np.random.Philox(seed))
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    return Image.fromarray(chance.integers(0, 256, shape, dtype=np.uint8))


def folder(root: Path, count: int = 20, mode: str = "RGB") -> Path:
    for named in ("cats", "dogs"):
        (root / named).mkdir(parents=True)
        for i in range(count):
            picture(i + 100 * (named == "dogs"), mode=mode).save(root / named / f"{i}.png")
    return root


def test_folders_are_classes(tmp_path: Path) -> None:
    source, seen = look(guess(folder(tmp_path)))
    assert isinstance(source, ImageFolder)
    assert dict(seen.classes) == {"cats": 20, "dogs": 20}
    assert seen.images is not None
    assert seen.images.shape == (28, 10, 12, 3)
    assert len(seen.captions) == 28
    dataset = source.load()
    x = dataset.columns["image"]
    assert x.shape == (40, 3, 10, 12)
    assert np.allclose(x[dataset.splits["train"]].mean((0, 2, 3)), 0, atol=1e-3)
    first = np.asarray(picture(0), np.float64).transpose(2, 0, 1)
    mean, std = (np.reshape(part, (3, 1, 1)) for part in dataset.normalisation["image"])
    assert np.allclose(x[0] * std + mean, first, atol=1e-2)
    assert source.fields() == dataset.fields


def test_folders_of_parts_are_kept(tmp_path: Path) -> None:
    for part, count in (("train", 8), ("valid", 3), ("test", 4)):
        folder(tmp_path / part, count)
    dataset = look(guess(tmp_path))[0].load()
    assert {name: len(rows) for name, rows in dataset.splits.items()} == {"train": 16, "val": 6, "test": 8}


def test_broken_and_huge_images_are_listed_and_the_others_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_PIXELS", 10_000)
    cats = folder(tmp_path) / "cats"
    whole = (cats / "0.png").read_bytes()
    (cats / "cut.png").write_bytes(whole[: len(whole) // 2])
    (cats / "empty.png").write_bytes(b"")
    (cats / "text.jpg").write_text("this is no image")
    (cats / "flipped.png").write_bytes(whole[:40] + bytes([whole[40] ^ 255]) + whole[41:])
    picture(1, (200, 200)).save(cats / "huge.png")
    source, seen = look(guess(tmp_path))
    bad = {f.column for f in seen.findings if f.code == "bad_image"}
    assert bad == {f"cats/{name}" for name in ("cut.png", "empty.png", "text.jpg", "flipped.png", "huge.png")}
    assert source.facts.images == sum(seen.splits.values()) == 40
    assert "40,000" not in str(seen.findings)
    assert any("200 × 200" in f.message for f in seen.findings)


def test_mutated_images_never_do_more_harm_than_to_be_listed(tmp_path: Path) -> None:
    chance = np.random.Generator(np.random.Philox(3))
    (tmp_path / "a").mkdir()
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"):
        path = tmp_path / f"one.{kind.lower()}"
        picture(1, mode="RGB").save(path, kind)
        whole = bytearray(path.read_bytes())
        for i in range(40):
            mutant = whole.copy()
            for place in chance.integers(0, len(mutant), 4):
                mutant[place] = int(chance.integers(256))
            (tmp_path / "a" / f"{i}{path.suffix}").write_bytes(bytes(mutant[: int(chance.integers(len(mutant))) + 1]))
        path.unlink()
    paths = images.images_in(tmp_path)
    looked = [images.looked_at(path) for path in paths]
    assert len(looked) == 240
    assert all(one.wrong or (one.height and one.sha256) for one in looked)
    assert sum(bool(one.wrong) for one in looked) > 100


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "I;16", "LA"])
def test_modes_become_grey_or_colour(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "x.png"
    made = picture(3, mode="L")
    made = Image.fromarray(np.asarray(made, np.uint16) * 200) if mode == "I;16" else made.convert(mode)
    made.save(path)
    for channels in (1, 3):
        made = images.decoded(path, (channels, 8, 8))
        assert made.shape == (channels, 8, 8)
        assert made.std() > 10


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_that_are_no_text_are_read_and_shown(tmp_path: Path) -> None:
    root = folder(tmp_path, 5)
    strange = os.fsdecode(b"caf\xe9.png")
    os.rename(root / "cats" / "0.png", root / "cats" / strange)
    (root / os.fsdecode(b"v\xf6gel")).mkdir()
    for i in range(4):
        picture(i).save(root / os.fsdecode(b"v\xf6gel") / f"{i}.png")
    source, seen = look(guess(root))
    assert dict(seen.classes) == {"cats": 5, "dogs": 5, "v\ufffdgel": 4}
    assert len(source.load().columns["label"]) == 14


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    root = folder(tmp_path / "set", 5)
    picture(9).save(tmp_path / "secret.png")
    (root / "cats" / "link.png").symlink_to(tmp_path / "secret.png")
    assert look(guess(root))[0].facts.images == 10


def test_images_too_many_for_memory_are_decoded_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = look(guess(folder(tmp_path)))[0]
    whole = source.load().columns["image"]
    monkeypatch.setattr("netlab.data.lazy.IN_MEMORY", 10)
    dataset = source.load()
    column = dataset.columns["image"]
    assert isinstance(column, images.ImageColumn)
    assert np.array_equal(column[:], whole)
    assert np.array_equal(column[np.array([3, 1])], whole[[3, 1]])
    column.paths[3].unlink()
    found, wrong = column.fetch(np.array([2, 3]))
    assert list(wrong) == [1]
    assert "gone" in wrong[1]
    assert np.array_equal(found[0], whole[2])


def test_an_empty_folder_and_one_that_vanishes_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No kind of data fits"):
        guess(tmp_path)
    source = look(guess(folder(tmp_path / "set", 5)))[0]
    (tmp_path / "set" / "cats" / "0.png").unlink()
    assert "changed_file" in {f.code for f in source.load().findings}
    for path in images.images_in(tmp_path):
        path.unlink()
    with pytest.raises(DataError, match="no image"):
        source.load()


def test_a_list_names_images_and_classes(tmp_path: Path) -> None:
    root = folder(tmp_path / "set", 10)
    picture(1).save(tmp_path / "outside.png")
    (root / "broken.png").write_bytes(b"no image")
    rows = [f"{named}/{i}.png,{named}" for named in ("cats", "dogs") for i in range(10)]
    rows += ["cats/none.png,cats", "../outside.png,cats", "broken.png,dogs"]
    path = root / "list.csv"
    path.write_text("file,animal\n" + "\n".join(rows) + "\n")
    source, seen = look(guess(path))
    assert isinstance(source, ImageList)
    assert dict(seen.classes) == {"cats": 10, "dogs": 10}
    assert {f.code: f.line for f in seen.findings if f.costs} == {"no_image": 22, "outside": 23, "bad_image": 24}
    assert source.load().columns["image"].shape == (20, 3, 10, 12)
