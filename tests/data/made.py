"""A small good file for each source of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

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
