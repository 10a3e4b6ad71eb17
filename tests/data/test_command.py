"""``netlab datasets FILE``: each source of files looks at one, tells what is in it, and gives it to a project."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netlab.cli import main
from netlab.compiler.fields import fields_of
from netlab.document import file
from netlab.document.project import Project

WORDS = [f"the {a} dog number {i}" for i, a in enumerate(["big", "old", "red"] * 40)]


def table(root: Path) -> Path:
    path = root / "t.csv"
    path.write_text("a,b,kind\n" + "".join(f"{i * 7 % 50},{i % 9}.5,{'xy'[i % 2]}\n" for i in range(120)))
    return path


def series(root: Path) -> Path:
    path = root / "s.csv"
    days = np.datetime64("2020-01-01") + np.arange(120)
    path.write_text("day,level\n" + "".join(f"{day},{i % 7}.5\n" for i, day in enumerate(days)))
    return path


def pictures(root: Path) -> Path:
    for i in range(20):
        folder = root / "pictures" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((6, 6, 3), i * 10, np.uint8)).save(folder / f"{i}.png")
    return root / "pictures"


def listed(root: Path) -> Path:
    pictures(root)
    path = root / "list.csv"
    path.write_text("file,kind\n" + "".join(f"pictures/{'ab'[i % 2]}/{i}.png,{'ab'[i % 2]}\n" for i in range(20)))
    return path


def arrays(root: Path) -> Path:
    np.savez(root / "a.npz", x=np.arange(240.0).reshape(60, 4), y=np.arange(60) % 3)
    return root / "a.npz"


def text(root: Path) -> Path:
    (root / "t.txt").write_text("\n".join(WORDS * 5))
    return root / "t.txt"


def pairs(root: Path) -> Path:
    (root / "p.tsv").write_text("en\tde\n" + "".join(f"{w}\tDer Hund: {w}\n" for w in WORDS))
    return root / "p.tsv"


def classes(root: Path) -> Path:
    (root / "c.tsv").write_text(
        "text\tmood\n" + "".join(f"{w}\t{'good' if i % 2 else 'bad'}\n" for i, w in enumerate(WORDS))
    )
    return root / "c.tsv"


def tagged(root: Path) -> Path:
    (root / "n.conll").write_text("Ada\tNOUN\nwrote\tVERB\n\n" * 40)
    return root / "n.conll"


def tokens(root: Path) -> Path:
    (np.arange(3000) % 17).astype(np.uint16).tofile(root / "x.bin")
    return root / "x.bin"


MADE: dict[str, Callable[[Path], Path]] = {
    "table": table, "time_series": series, "image_folder": pictures, "image_list": listed, "arrays": arrays,
    "text_file": text, "text_pairs": pairs, "text_classes": classes, "tagged_text": tagged, "token_file": tokens,
}  # fmt: skip


@pytest.mark.parametrize("key", MADE)
def test_a_file_is_looked_at_and_given_to_a_project(key: str, tmp_path: Path, capsys: Any) -> None:
    project = tmp_path / "p.netlab"
    file.save(Project(), project)
    assert main(["datasets", str(MADE[key](tmp_path)), "--json", "--into", str(project)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["source"] == key
    assert told["rows"] == sum(told["splits"].values()) > 0
    chosen = file.load(project).data  # written, read back, and known without the file
    fields, problems = fields_of(chosen)
    assert not problems
    assert [f.name for f in fields] == [f["name"] for f in told["fields"]]
    assert chosen.source == key


def test_a_bad_file_is_told_in_words_and_given_to_nobody(tmp_path: Path, capsys: Any) -> None:
    project = tmp_path / "p.netlab"
    file.save(Project(), project)
    path = tmp_path / "one.csv"
    path.write_text("a,b\n" + "1,yes\n" * 30)
    assert main(["datasets", str(path), "--into", str(project)]) == 1
    assert "one class" in capsys.readouterr().err
    assert not file.load(project).data.source
    assert main(["datasets", str(tmp_path / "none.csv")]) == 1
    assert "is not there" in capsys.readouterr().err
    assert main(["datasets", str(path), "--source", "tabel"]) == 1
    assert "No source of files is called 'tabel'" in capsys.readouterr().err
    assert main(["datasets", str(path), "--set", "target"]) == 1
    assert "NAME=VALUE" in capsys.readouterr().err


def test_a_table_of_ones_own_is_trained_on(tmp_path: Path, capsys: Any) -> None:
    from netlab.compiler.builder import Graph

    g = Graph()
    scores = g.add("linear", g.add("input", field="features"), out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    project = tmp_path / "p.netlab"
    file.save(g.project("t", "points"), project)
    path = table(tmp_path)
    path.write_text(path.read_text() + "oops,1,x\n")
    assert main(["datasets", str(path), "--set", "target=kind", "--into", str(project)]) == 0
    assert "1 row is left out" in capsys.readouterr().out
    assert (
        main(["train", str(project), "--steps", "3", "--device", "cpu", "--run", str(tmp_path / "run"), "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["state"] == "finished"
