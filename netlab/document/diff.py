"""What differs between two projects: for each record, what it was and what it is. Undo, journal and canvas use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from netlab.document.graph import Edge, Frame, Graph, Node
from netlab.document.project import DataChoice, ProbeChoice, Project
from netlab.language import tr

T = TypeVar("T")

# The kinds of records with an id of their own, and the part of the project that holds them.
RECORDS: dict[str, type] = {"node": Node, "edge": Edge, "frame": Frame, "probe": ProbeChoice}
TRAINING = "project/training/"
SINGLES: dict[str, type] = {"project/title": str, "project/about": str, "project/data": DataChoice}


class DiffError(ValueError):
    """A diff that does not belong to the project it is applied to, or bytes that are no diff."""


class Diff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The changed records by path.

    The paths are ``node/n1``, ``edge/e1``, ``frame/f1``, ``probe/p1``, ``project/title``, ``project/about``,
    ``project/data`` and ``project/training/batch_size``.

    Attributes:
        changes: for each path the record before and after; None where it did not exist.
    """

    changes: dict[str, tuple[Any, Any]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not self.changes

    def ids(self, kind: str) -> list[str]:
        """The ids of the changed records of a kind: ``"node"``, ``"edge"``, ``"frame"`` or ``"probe"``."""
        start = kind + "/"
        return [path[len(start) :] for path in self.changes if path.startswith(start)]


def between(old: Project, new: Project) -> Diff:
    """The diff that leads from `old` to `new`. Records that are the same object cost only a look."""
    changes: dict[str, tuple[Any, Any]] = {}
    for kind in RECORDS:
        _compare(kind + "/", records(old, kind), records(new, kind), changes)
    _compare("project/", _singles(old), _singles(new), changes)
    _compare(TRAINING, old.training, new.training, changes)
    return Diff(changes)


def invert(diff: Diff) -> Diff:
    """The diff that leads back."""
    return Diff({path: (after, before) for path, (before, after) in diff.changes.items()})


def compose(first: Diff, second: Diff) -> Diff:
    """One diff for `first` and then `second`; a record that ends as it began is left out."""
    changes = dict(first.changes)
    for path, (before, after) in second.changes.items():
        start = changes.pop(path)[0] if path in changes else before
        if not same(start, after):
            changes[path] = (start, after)
    return Diff(changes)


def patch(project: Project, diff: Diff) -> Project:
    """The project with the diff carried out.

    Raises:
        DiffError: a record is not as it was when the diff was made.
    """
    parts: dict[str, dict[str, Any]] = {}
    current = {kind: records(project, kind) for kind in RECORDS}
    current |= {"project": _singles(project), "training": project.training}
    for path, (before, after) in diff.changes.items():
        kind, name = _split(path)
        if not same(current[kind].get(name), before):
            raise DiffError(
                tr("{path} is not as it was when the change was made, so the change does not fit.", path=path)
            )
        part = parts.setdefault(kind, dict(current[kind]))
        if after is None:
            part.pop(name, None)
        else:
            part[name] = after
    return _put_together(project, {kind: in_order(part) for kind, part in parts.items()})


def encode(diff: Diff) -> bytes:
    """The diff as JSON in one line."""
    return msgspec.json.encode(diff, order="sorted")


def decode(data: bytes | str) -> Diff:
    """The diff from JSON, with its records in their own types again.

    Raises:
        DiffError: the text is no diff.
    """
    try:
        raw = msgspec.json.decode(data, type=Diff)
        typed = {path: (_typed(path, pair[0]), _typed(path, pair[1])) for path, pair in raw.changes.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise DiffError(tr("This is not a change that NetLab wrote: {problem}.", problem=problem)) from problem
    return Diff(typed)


def same(a: Any, b: Any) -> bool:
    """Whether two values are stored as the same bytes; unlike ``==``, 1, 1.0 and true differ."""
    if a is b:
        return True
    return a == b and msgspec.json.encode(a, order="sorted") == msgspec.json.encode(b, order="sorted")


def natural(name: str) -> tuple[str, int, str]:
    """Sort key that puts n2 before n10."""
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    # Numbers of absurd length come from files only; they are compared as text.
    return (stem, int(digits), name) if 0 < len(digits) <= 18 else (stem, -1, name)


def in_order(part: Mapping[str, T]) -> dict[str, T]:
    """The records sorted by id, so that undo, replay and reopening all give the same order of nodes."""
    return {name: part[name] for name in sorted(part, key=natural)}


def records(project: Project, kind: str) -> dict[str, Any]:
    """All records of a kind by id: ``"node"``, ``"edge"``, ``"frame"`` or ``"probe"``."""
    graph = project.graph
    match kind:
        case "node":
            return graph.nodes
        case "edge":
            return graph.edges
        case "frame":
            return graph.frames
    assert kind == "probe", kind
    return project.probes


def _singles(project: Project) -> dict[str, Any]:
    return {"title": project.title, "about": project.about, "data": project.data}


def _compare(start: str, old: Mapping[str, Any], new: Mapping[str, Any], changes: dict[str, tuple[Any, Any]]) -> None:
    if old is new:
        return
    for name, before in old.items():
        after = new.get(name)
        if before is not after and not same(before, after):
            changes[start + name] = (before, after)
    for name, after in new.items():
        if name not in old:
            changes[start + name] = (None, after)


def _split(path: str) -> tuple[str, str]:
    if path.startswith(TRAINING):
        return "training", path[len(TRAINING) :]
    kind, slash, name = path.partition("/")
    if not slash or (kind not in RECORDS and path not in SINGLES):
        raise DiffError(tr("{path!r} is not the path of anything in a project.", path=path))
    return kind, name


def _typed(path: str, value: Any) -> Any:
    kind, _ = _split(path)
    if value is None or kind == "training":
        return value
    return msgspec.convert(value, RECORDS[kind] if kind in RECORDS else SINGLES[path])


def _put_together(project: Project, parts: dict[str, dict[str, Any]]) -> Project:
    graph = project.graph
    if not parts.keys().isdisjoint(("node", "edge", "frame")):
        graph = Graph(
            nodes=parts.get("node", graph.nodes),
            edges=parts.get("edge", graph.edges),
            frames=parts.get("frame", graph.frames),
        )
    return msgspec.structs.replace(
        project,
        graph=graph,
        probes=parts.get("probe", project.probes),
        training=parts.get("training", project.training),
        **parts.get("project", {}),
    )
