"""Real data at every node: small pictures of what one sample becomes, made by a process of their own."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from app.conftest import Hand
from PySide6.QtCore import Qt

from netlab.app.canvas.preview import strip
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.engine.preview import Previewer, answer, small
from netlab.probes.probe import array
from netlab.protocol.preview import Ask, decode_shown

Example = Callable[..., Path]


def ask(name: str, row: int = 0, run: str = "") -> Ask:
    return Ask(1, examples()[name].read_bytes(), run, row)


def test_every_node_of_the_model_is_shown() -> None:
    for name in ("lenet", "lstm_from_gates"):
        project = file.load(examples()[name])
        shown = Previewer().show(ask(name))
        assert not shown.problem
        silent = {n.id for n in project.graph.nodes.values()} - shown.values.keys()
        assert {project.graph.nodes[id].type for id in silent} <= {"output", "block_input", "block_output", "block"}


def test_another_sample_gives_other_pictures_and_the_same_one_the_same() -> None:
    viewer = Previewer()
    first, again, other = viewer.show(ask("spirals", 3)), viewer.show(ask("spirals", 3)), viewer.show(ask("spirals", 4))
    assert first == again
    assert first.values != other.values


def test_what_cannot_run_is_told_in_words() -> None:
    project = edits.remove(file.load(examples()["spirals"]), ["n2"])
    out = io.BytesIO()
    answer(Previewer(), Ask(7, file.encode(project), "", 0), out)
    shown = decode_shown(out.getvalue())
    assert shown.number == 7
    assert "wired" in shown.problem


def test_pictures_stay_small_and_finite() -> None:
    for shape in ((), (1,), (5_000,), (3, 4), (900, 1_200), (64, 112, 112), (2, 3, 4, 5)):
        values = small(np.full(shape, np.inf))
        assert values.size <= 6 * 28 * 28
        assert np.isfinite(values).all()
        assert not strip(array(values, "<f2")).isNull()


def test_the_window_shows_it_when_switched_on_and_follows_the_sample(
    make_window: Callable[..., Hand], example: Example
) -> None:
    hand = make_window(example("spirals"))
    graph = hand.canvas.scene_.graph
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    hand.key(Qt.Key.Key_D, keys, widget=hand.window)
    hand.qtbot.waitUntil(lambda: bool(graph._pictures), timeout=60_000)
    learning = {id for id, weights in hand.session.inferred.weights.items() if weights}
    assert learning <= graph._pictures.keys()
    before = dict(graph._pictures)
    hand.canvas.preview.bar.sample.setValue(5)
    hand.qtbot.waitUntil(lambda: graph._pictures.keys() == before.keys() and graph._pictures != before, timeout=20_000)
    hand.key(Qt.Key.Key_D, keys, widget=hand.window)
    assert not graph._pictures
