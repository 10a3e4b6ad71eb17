"""The library of blocks: projects that each hold one block, those that NetLab brings along and the user's own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from netlab.document import edits, file, piece
from netlab.document.examples import folder
from netlab.document.graph import BLOCK, Graph, Node
from netlab.document.home import home
from netlab.document.piece import Piece
from netlab.document.project import Project
from netlab.language import tr

PREFIX = "block:"
"""What keys of the library begin with, so that they cannot be taken for types of layers."""


def own() -> Path:
    """The folder of the user's blocks; it need not exist."""
    return home() / "blocks"


def paths() -> dict[str, Path]:
    """The files of the library by key; the user's own come before those of the same name."""
    found = [*sorted((folder() / "blocks").glob("*.netlab")), *sorted(own().glob("*.netlab"))]
    return {PREFIX + path.stem: path for path in found}


def read(path: Path) -> tuple[Project, Node]:
    """A block of the library and the project that holds it.

    Raises:
        FileError: the file cannot be read, or holds no block.
    """
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return _read(path, stamp)


@cache
def _read(path: Path, stamp: int) -> tuple[Project, Node]:
    project = file.load(path)
    for node in project.graph.inside(""):
        if node.type == BLOCK:
            return project, node
    raise file.FileError("invalid", str(path), tr("It holds no block."), tr("Save a block to the library again."))


def piece_of(path: Path, graph: Graph, x: float, y: float, parent: str = "") -> tuple[Piece, str]:
    """The block as a piece for `graph`, at a place and in a block, and the id that it has there."""
    project, block = read(path)
    cut = piece.cut_out(project.graph, [block.id])
    placed = [msgspec.structs.replace(n, x=x, y=y) if n.id == block.id else n for n in cut.nodes]
    new = piece.renewed(Piece(placed, cut.edges), graph, 0.0, parent)
    return new, new.nodes[0].id


def keep(project: Project, block: str, title: str, about: str = "") -> Path:
    """Put a block of a project into the user's library and return its file; one of the same title is replaced.

    Raises:
        EditError: a title without letters or digits.
        FileError: it cannot be written.
    """
    name = re.sub(r"\W+", "_", title.casefold()).strip("_")[:60]
    if not name:
        raise edits.EditError(tr("Give the block a title with letters or digits, so that it can be found again."))
    cut = piece.renewed(piece.cut_out(project.graph, [block]), Graph(), 0.0)
    graph = Graph({n.id: n for n in cut.nodes}, {e.id: e for e in cut.edges})
    own().mkdir(parents=True, exist_ok=True)
    path = own() / f"{name}.netlab"
    file.save(Project(title=title, about=about, graph=graph), path)
    return path
