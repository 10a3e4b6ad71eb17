"""What there is to put on the canvas: the layers, and the blocks of the library."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from netlab.compiler.blocks import class_of
from netlab.document import file, library
from netlab.language import mark
from netlab.layers.layer import Layer, catalogue

CATEGORY = mark("Library")


def offered() -> dict[str, type[Layer]]:
    """Layers and blocks by key; a block is described as a layer is: title, words, ports."""
    return {**catalogue(), **blocks()[0]}


def blocks() -> tuple[dict[str, type[Layer]], dict[str, str]]:
    """The blocks of the library by key, and for files that cannot be read the reason."""
    found: dict[str, type[Layer]] = {}
    wrong: dict[str, str] = {}
    for key, path in library.paths().items():
        try:
            found[key] = _described(path, path.stat().st_mtime_ns)
        except (file.FileError, OSError) as error:
            wrong[key] = str(error)
    return found, wrong


@cache
def _described(path: Path, stamp: int) -> type[Layer]:
    project, block = library.read(path)
    base = class_of(project.graph, block)
    assert base is not None, "a block has a class"
    words = (path.stem.replace("_", " "), block.name.replace("_", " "), "block", "library")
    body = {"label": project.title, "__doc__": project.about, "category": CATEGORY, "aliases": words, "torch_name": ""}
    return type("LibraryBlock", (base,), body)
