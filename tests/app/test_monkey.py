"""A monkey at the canvas: after anything, undo of all is empty, redo of all the same bytes, and Qt has not complained.

`NETLAB_MONKEY_OPERATIONS` and `NETLAB_MONKEY_SEED` make the walk longer and other, as ``dev.py torture`` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from app.monkey import Monkey, Quiet
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from netlab.app.canvas.view import CanvasView
from netlab.app.preferences import set_preference
from netlab.document import file

OPERATIONS = int(os.environ.get("NETLAB_MONKEY_OPERATIONS", "10000"))
SEED = int(os.environ.get("NETLAB_MONKEY_SEED", "1"))
ROUND = 1_000  # so many operations from one seed, then all are undone and redone
TOUCHES = 100  # every so many commands one gesture
PINNED = (2_000_014,)  # seeds that once failed


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[CanvasView]:
    """A canvas alone, without a window around it."""
    set_preference("reduced_motion", True)
    session = Quiet(keep_journal=False)
    view = CanvasView(session)
    session.setParent(view)
    view.resize(900, 600)
    view.show()
    yield view
    session.close()
    view.close()
    view.deleteLater()
    QApplication.processEvents()


def agree(view: CanvasView) -> None:
    """What is shown is what is there."""
    graph = view.session.project.graph
    shown = {node.id for node in graph.inside(view.session.scope)}
    assert set(view.scene_.nodes) == shown
    assert set(view.scene_.wires) == {edge.id for edge in graph.edges.values() if edge.source in shown}
    assert set(view.scene_.frames.items) == {f.id for f in graph.frames.values() if f.parent == view.session.scope}
    for id, item in view.scene_.nodes.items():
        assert (item.x(), item.y()) == pytest.approx((graph.nodes[id].x, graph.nodes[id].y), abs=1e-6)


def walk(view: CanvasView, seed: int, operations: int) -> None:
    session = view.session
    session.new()
    start = file.encode(session.project)
    monkey = Monkey(session, view, seed)
    for number in range(operations):
        monkey.step()
        if number % TOUCHES == 0:
            monkey.touch()
    agree(view)
    while session.document.can_redo:
        session.document.redo()
    end = file.encode(session.project)
    assert file.parse(end) == session.project
    while session.document.can_undo:
        session.document.undo()
    assert file.encode(session.project) == start
    agree(view)
    while session.document.can_redo:
        session.document.redo()
    assert file.encode(session.project) == end
    session.go_to(0)
    assert file.encode(session.project) == start
    agree(view)


@pytest.mark.timeout(0)
def test_a_monkey_leaves_nothing_behind_that_undo_does_not_undo(view: CanvasView) -> None:
    for seed in (*PINNED, *(SEED * 1_000_000 + turn for turn in range(OPERATIONS // ROUND))):
        try:
            walk(view, seed, ROUND)
        except BaseException as problem:
            problem.add_note(f"Pin this seed in PINNED: {seed}")
            raise
