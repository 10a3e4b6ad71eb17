from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlab.document import file
from netlab.document.file import FileError
from netlab.document.graph import Edge, Frame, Graph, Node
from netlab.document.migrations import migrate
from netlab.document.project import DataChoice, ProbeChoice, Project

SMALL = Project(
    title="Käse ☃",
    about="line\nline",
    graph=Graph(
        {"n1": Node("n1", "input"), "n2": Node("n2", "from_the_future", options={"a": [1, None, {"b": 1e-5}]})},
        {"e1": Edge("e1", "n1", "y", "n2", "x")},
        {"f1": Frame("f1", "F")},
    ),
    data=DataChoice("iris", {"test": 0.1}),
    training={"seed": 3, "unheard_of": "kept"},
    probes={"p1": ProbeChoice("p1", "weights", "n2")},
)
BYTES = file.encode(SMALL)


def refused(data: bytes) -> FileError:
    with pytest.raises(FileError) as caught:
        file.parse(data)
    assert caught.value.message.endswith((".", "…"))
    assert caught.value.fix.endswith(".")
    return caught.value


def changed(path: str, value: object) -> bytes:
    content = json.loads(BYTES)
    *way, last = path.split("/")
    place = content
    for name in way:
        place = place[name]
    place[last] = value
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


def test_round_trip_is_canonical(tmp_path: Path) -> None:
    path = tmp_path / "x.netlab"
    told = file.save(SMALL, path)
    assert path.read_bytes() == BYTES
    assert file.load(path) == SMALL
    assert file.encode(file.load(path)) == BYTES
    assert told == file.digest(path)
    assert BYTES.endswith(b"}\n")
    assert json.loads(BYTES) == json.loads(json.dumps(json.loads(BYTES), sort_keys=True))
    assert list(json.loads(BYTES)) == sorted(json.loads(BYTES))


def test_order_of_nodes_does_not_depend_on_history() -> None:
    nodes = {f"n{i}": Node(f"n{i}", "relu") for i in (10, 2, 1)}
    project = file.parse(file.encode(Project(graph=Graph(nodes))))
    assert list(project.graph.nodes) == ["n1", "n2", "n10"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('abü/"\n', max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
@settings(max_examples=60)
def test_option_values_survive(value: object) -> None:
    data = file.encode(Project(graph=Graph({"n1": Node("n1", "x", options={"v": value})})))
    assert file.encode(file.parse(data)) == data
    assert file.parse(data).graph.nodes["n1"].options["v"] == value


def test_cut_at_every_byte() -> None:
    for length in range(len(BYTES) - 1):
        problem = refused(BYTES[:length])
        assert problem.code == "truncated", (length, str(problem))
    assert file.parse(BYTES[:-1]) == SMALL  # only the newline is missing


def test_every_byte_damaged() -> None:
    for at in range(0, len(BYTES), 2):
        for byte in (b"\0", b'"', b"\xff", b"9", b"{"):
            try:
                file.parse(BYTES[:at] + byte + BYTES[at + 1 :])
            except FileError as problem:
                assert problem.message  # noqa: PT017 - either outcome is fine, silence is not


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes(data: bytes) -> None:
    refused(data)


BAD = {
    "empty": (b"", "truncated", ""),
    "zeros": (b"\0" * 100, "truncated", ""),
    "zeros at the end": (BYTES + b"\0\0", "truncated", ""),
    "zip": (b"PK\x03\x04rest", "not_json", "line 1, column 1"),
    "text": (b"Hello", "not_json", "line 1, column 1"),
    "latin-1": ('{"a": "é"}'.encode("latin-1"), "not_json", "line 1, column 8"),
    "broken": (b'{\n  "format": 1,\n  "graph" {}\n}', "not_json", "line 3, column 11"),
    "notebook": (b'{"cells": [], "nbformat": 4}', "foreign", ""),
    "a list": (b"[1, 2]", "foreign", ""),
    "format is text": (changed("format", "1"), "foreign", ""),
    "format is true": (changed("format", True), "foreign", ""),
    "newer": (changed("format", 99), "newer", "format"),
    "duplicate": (b'{"format": 1,\n "graph": {}, "graph": {}}', "invalid", "line 2"),
    "deep": (b"[" * 100_000, "invalid", ""),
    "deep value": (changed("training/a", json.loads("[" * 80 + "]" * 80)), "invalid", "training.a"),
    "huge int": (changed("training/a", 2**53 + 1), "invalid", "line 1"),
    "absurd int": (BYTES.replace(b'"seed": 3', b'"seed": ' + b"9" * 10_000), "invalid", "line"),
    "nan": (changed("training/a", float("nan")), "invalid", "line 1"),
    "infinity": (changed("training/a", float("-inf")), "invalid", "line 1"),
    "1e999": (BYTES.replace(b'"seed": 3', b'"seed": 1e999'), "invalid", "line"),
    "nul in a text": (BYTES.replace(b"iris", b"ir\0is"), "not_json", "line"),
    "surrogate": (BYTES.replace(b"iris", b"\\ud800"), "invalid", "data.source"),
    "not NFC": (changed("title", "e\u0301"), "invalid", "title"),
    "long text": (changed("title", "x" * 4097), "invalid", "title"),
    "long about": (changed("about", "x" * 65537), "invalid", "about"),
    "wrong type": (changed("graph/nodes/n1/x", "left"), "invalid", "graph.nodes.n1.x"),
    "nodes as list": (changed("graph/nodes", []), "invalid", "graph.nodes"),
    "unknown field": (changed("graph/nodes/n1/colour", 1), "invalid", "graph.nodes.n1"),
    "unknown part": (changed("weights", 1), "invalid", ""),
    "other id": (changed("graph/nodes/n1/id", "n9"), "invalid", "graph.nodes.n1"),
    "shared id": (changed("graph/frames/n1", {"id": "n1"}), "invalid", "graph.frames.n1"),
    "wire to nowhere": (changed("graph/edges/e1/target", "n9"), "invalid", "graph.edges.e1"),
    "two wires": (
        changed("graph/edges/e2", {**json.loads(BYTES)["graph"]["edges"]["e1"], "id": "e2"}),
        "invalid",
        "graph.edges.e2",
    ),
    "probe on nothing": (changed("probes/p1/node", "n9"), "invalid", "probes.p1"),
    "null in training": (changed("training/seed", None), "invalid", "training.seed"),
    "many nodes": (
        changed("graph/nodes", {f"n{i}": {"id": f"n{i}", "type": "x"} for i in range(20_001)}),
        "too_large",
        "graph",
    ),
    "many bytes": (b" " * (16 * 2**20 + 1), "too_large", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str) -> None:
    data, code, where = BAD[name]
    problem = refused(data)
    assert problem.code == code, str(problem)
    assert problem.where.startswith(where)


def test_bad_places(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.netlab", "not_found"), (tmp_path, "unreadable"), ("a\0b", "unreadable")):
        with pytest.raises(FileError) as caught:
            file.load(path)
        assert caught.value.code == code


def test_what_cannot_be_read_back_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "x.netlab"
    file.save(SMALL, path)
    node = Node("n1", "x", options={"v": float("nan")})
    for bad in (Project(graph=Graph({"n1": node})), Project(training={"a": object()}), Project(title="\ud800")):
        with pytest.raises(FileError):
            file.save(bad, path)
    assert path.read_bytes() == BYTES


def test_a_file_changed_elsewhere_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.netlab"
    loaded = file.save(SMALL, path)
    loaded = file.save(Project(title="mine"), path, loaded)
    path.write_bytes(BYTES)
    with pytest.raises(FileError) as caught:
        file.save(Project(title="mine too"), path, loaded)
    assert caught.value.code == "changed"
    assert path.read_bytes() == BYTES


def test_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.netlab"
    file.save(SMALL, path)
    real, calls = os.write, list[int]()

    def full(handle: int, data: memoryview) -> int:
        calls.append(len(data))
        if len(calls) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data[:10])

    for broken in (full, lambda handle, data: 0):
        monkeypatch.setattr(file.os, "write", broken)
        with pytest.raises(FileError) as caught:
            file.save(Project(title="new"), path)
        assert caught.value.code == "not_written"
        assert "Free at least" in caught.value.fix
    monkeypatch.undo()
    for name in ("fsync", "replace"):

        def fail(*args: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(file.os, name, fail)
            with pytest.raises(FileError):
                file.save(Project(title="new"), path)
    assert path.read_bytes() == BYTES
    assert os.listdir(tmp_path) == ["x.netlab"]


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(file.os, "write", lambda handle, data: real(handle, data[:7]))
    file.save(SMALL, tmp_path / "x.netlab")
    assert (tmp_path / "x.netlab").read_bytes() == BYTES


@pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")
def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "x.netlab", tmp_path / "link.netlab"
    file.save(SMALL, path)
    path.chmod(0o640)
    link.symlink_to(path)
    file.save(Project(), link)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert file.load(path) == Project()


def test_migrations_go_step_by_step() -> None:
    steps = {1: lambda old: {**old, "a": 1}, 2: lambda old: {**old, "b": old["a"] + 1}}
    assert migrate({"format": 1}, 3, steps) == {"format": 3, "a": 1, "b": 2}
    assert migrate({"format": 1}, 1) == {"format": 1}
