from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlab.document import diff as diffs
from netlab.document import edits, file, history
from netlab.document.diff import Diff, DiffError
from netlab.document.edits import EditError
from netlab.document.graph import Frame, Node
from netlab.document.history import Document
from netlab.document.project import Project


def step(document: Document, rng: random.Random) -> None:
    """One random edit; edits that do not fit are refused and leave no trace."""
    graph = document.project.graph
    nodes, edges_, frames = list(graph.nodes), list(graph.edges), list(graph.frames)
    new = Node(edits.fresh_id(nodes, "n"), "linear", x=rng.random())

    def some(names: list[str]) -> str:
        return rng.choice(names) if names else "none"

    moves = [
        (edits.add_node, new),
        (edits.add_node, new),
        (edits.connect, some(nodes), "y", some(nodes), rng.choice("ab")),
        (edits.connect, some(nodes), "y", some(nodes), rng.choice("ab")),
        (edits.remove, [some(nodes + edges_ + frames)]),
        (edits.move, {some(nodes): (rng.randrange(9), 0)}),
        (edits.set_option, some(nodes), "size", rng.choice([1, 1.0, True, (1, 2), "ä"])),
        (edits.rename, some(nodes), rng.choice(["", "a"])),
        (edits.set_frozen, nodes[:2], rng.random() < 0.5),
        (edits.insert_on_edge, some(edges_), new, "a", "y"),
        (edits.add_frame, Frame(edits.fresh_id(frames, "f"))),
        (edits.set_data_option, "noise", rng.choice([0, 0.0, 0.5])),
        (edits.set_training, "seed", rng.randrange(3)),
        (edits.add_probe, "weights", some(nodes)),
        (edits.remove_probe, some(list(document.project.probes))),
        (edits.set_title, rng.choice("ab")),
    ]
    edit, *rest = rng.choice(moves)
    before, count = document.project, len(document.changes)
    merge = rng.choice([None, "k"])
    try:
        document.apply("step", edit, *rest, merge=merge)
    except EditError:
        assert document.project is before
        assert len(document.changes) == count


@given(st.integers(0, 2**32))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_random_walk(seed: int) -> None:
    rng = random.Random(seed)
    document = Document()
    told: list[bytes] = []
    document.subscribe(lambda project, diff: told.append(diffs.encode(diff)))
    for _ in range(40):
        old = document.project
        frozen = file.encode(old)
        rng.choice([document.undo, document.redo, *[lambda: step(document, rng)] * 5])()
        assert file.encode(old) == frozen
    assert file.parse(file.encode(document.project)) == document.project
    replayed = Project()
    for line in told:
        replayed = diffs.patch(replayed, diffs.decode(line))
    end = file.encode(document.project)
    assert file.encode(replayed) == end
    assert list(replayed.graph.nodes) == list(document.project.graph.nodes)
    while document.redo():
        pass
    last, order = file.encode(document.project), list(document.project.graph.nodes)
    while document.undo():
        pass
    assert file.encode(document.project) == file.encode(Project())
    while document.redo():
        pass
    assert file.encode(document.project) == last
    assert list(document.project.graph.nodes) == order


def test_labels_and_dirt() -> None:
    document = Document()
    assert document.undo() is None
    assert document.redo() is None
    assert not document.is_dirty
    document.apply("Name it", edits.set_title, "a")
    assert (document.undo_label, document.redo_label, document.is_dirty) == ("Name it", "", True)
    document.mark_saved()
    assert not document.is_dirty
    document.undo()
    assert (document.undo_label, document.redo_label, document.is_dirty) == ("", "Name it", True)
    document.redo()
    assert not document.is_dirty
    document.undo()
    document.apply("Other", edits.set_title, "b")
    document.undo()
    assert document.is_dirty, "the saved state is no longer reachable"


def test_an_edit_without_effect_leaves_no_step() -> None:
    document = Document()
    assert document.apply("x", edits.set_title, document.project.title).is_empty
    assert not document.can_undo


def test_quick_changes_with_a_key_are_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(history.time, "time", lambda: now[0])
    document = Document()
    for title in ("a", "ab", "abc"):
        document.apply("Type", edits.set_title, title, merge="title")
        now[0] += 0.3
    assert len(document.changes) == 1
    now[0] += 1
    document.apply("Type", edits.set_title, "abcd", merge="title")
    assert len(document.changes) == 2
    document.mark_saved()
    document.apply("Type", edits.set_title, "abcde", merge="title")
    assert document.is_dirty
    document.undo()
    assert not document.is_dirty
    document.undo()
    assert document.project.title == "abc"
    document.undo()
    assert document.project.title == "Untitled"


def test_back_to_the_start_within_one_step_leaves_none() -> None:
    document = Document()
    document.apply("Type", edits.set_title, "a", merge="t")
    document.apply("Type", edits.set_title, "Untitled", merge="t")
    assert not document.can_undo
    assert not document.is_dirty


def test_subscribers_hear_and_can_leave() -> None:
    document, heard = Document(), list[str]()
    leave = document.subscribe(lambda project, diff: heard.append(project.title))
    document.apply("a", edits.set_title, "a")
    leave()
    leave()
    document.apply("b", edits.set_title, "b")
    assert heard == ["a"]


def test_a_failing_subscriber_does_not_silence_the_others() -> None:
    document, heard = Document(), list[str]()

    def fail(project: Project, diff: Diff) -> None:
        raise RuntimeError("boom")

    document.subscribe(fail)
    document.subscribe(lambda project, diff: heard.append(project.title))
    with pytest.raises(RuntimeError, match="boom"):
        document.apply("a", edits.set_title, "a")
    assert heard == ["a"]


def test_a_diff_that_does_not_fit_is_refused() -> None:
    diff = diffs.between(Project(title="a"), Project(title="b"))
    with pytest.raises(DiffError, match="project/title"):
        diffs.patch(Project(title="c"), diff)
    for broken in ("{", "[]", '{"changes": {"colour/c1": [null, 1]}}', '{"changes": {"node/n1": [null, 1]}}'):
        with pytest.raises(DiffError):
            diffs.decode(broken)


def test_equal_numbers_of_other_types_differ() -> None:
    old, new = Project(training={"a": 1}), Project(training={"a": 1.0})
    assert not diffs.between(old, new).is_empty
