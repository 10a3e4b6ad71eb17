"""From an empty window to a trained model, by mouse and keys alone."""

from __future__ import annotations

from pathlib import Path

from app.conftest import Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox

from netlab.document import file

LAYERS = [
    ("point", "input", QPoint(110, 80)),
    ("hidden", "linear", QPoint(330, 80)),
    ("act", "relu", QPoint(550, 80)),
    ("scores", "linear", QPoint(110, 280)),
    ("output", "output", QPoint(330, 280)),
    ("label", "input", QPoint(110, 430)),
    ("loss", "cross_entropy_loss", QPoint(550, 380)),
]
WIRES = [
    ("point", "y", "hidden", "x"),
    ("hidden", "y", "act", "x"),
    ("act", "y", "scores", "x"),
    ("scores", "y", "output", "x"),
    ("scores", "y", "loss", "prediction"),
    ("label", "y", "loss", "target"),
]


def _field(hand: Hand, node: str, name: str) -> None:
    hand.click_node(node)
    combo = hand.field("option/field")
    assert isinstance(combo, QComboBox)
    combo.setFocus()
    hand.qtbot.keyClicks(combo, name)
    hand.qtbot.keyClick(combo, Qt.Key.Key_Return)
    hand.settle()


def _build(hand: Hand) -> dict[str, str]:
    ids = {name: hand.drop(key, place) for name, key, place in LAYERS}
    for source, source_port, target, target_port in WIRES:
        hand.wire(ids[source], source_port, ids[target], target_port)
    assert len(hand.session.project.graph.edges) == len(WIRES)
    _field(hand, ids["point"], "point")
    _field(hand, ids["label"], "label")
    hand.click_node(ids["hidden"])
    hand.type(hand.field("option/out_features"), "16")
    hand.click_node(ids["scores"])
    hand.type(hand.field("option/out_features"), "2")
    hand.click(QPoint(20, hand.viewport.height() - 20))
    hand.type(hand.field("option/epochs"), "2000")
    return ids


def test_build_train_undo_redo_save_and_reopen(hand: Hand, tmp_path: Path) -> None:
    ids = _build(hand)
    session = hand.session
    assert not session.inferred.blocking, [p.message for p in session.inferred.blocking]
    assert str(session.inferred.outputs[ids["hidden"], "y"]) == "B × 16"
    assert session.inferred.parameters() == 2 * 16 + 16 + 16 * 2 + 2

    path = tmp_path / "mine.netlab"
    assert session.save(path)
    first_bytes = path.read_bytes()

    _train(hand)

    _undo_everything_and_redo(hand)
    hand.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier, hand.window)
    assert path.read_bytes() == first_bytes

    assert session.open(path)
    assert session.save(tmp_path / "again.netlab")
    assert (tmp_path / "again.netlab").read_bytes() == first_bytes


def _train(hand: Hand) -> None:
    hand.qtbot.mouseClick(hand.window.docks["Training"].widget().train, Qt.MouseButton.LeftButton)  # type: ignore[union-attr]
    run = hand.session.run
    assert run is not None
    hand.qtbot.waitUntil(lambda: run.curve("train/loss")[0].size > 20, timeout=40_000)
    seen = run.curve("train/loss")[0].size
    hand.qtbot.waitUntil(lambda: run.curve("train/loss")[0].size > seen, timeout=10_000)
    curves = hand.window.docks["Training"].widget().curves  # type: ignore[union-attr]
    hand.qtbot.waitUntil(lambda: curves.drawn_points("train/loss") > 20, timeout=10_000)
    hand.qtbot.mouseClick(hand.window.docks["Training"].widget().stop, Qt.MouseButton.LeftButton)  # type: ignore[union-attr]
    hand.qtbot.waitUntil(lambda: not hand.session.is_running, timeout=20_000)
    assert run.status["state"] in ("stopped", "finished")
    losses = run.curve("train/loss")[1]
    assert losses[-10:].mean() < losses[:3].mean()


def _undo_everything_and_redo(hand: Hand) -> None:
    document = hand.session.document
    built = file.encode(document.project)
    steps = 0
    while document.can_undo:
        hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, hand.window)
        steps += 1
        assert steps < 100
    assert not document.project.graph.nodes
    assert not hand.canvas.scene_.nodes
    assert not hand.canvas.scene_.wires
    while document.can_redo:
        hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, hand.window)
    assert file.encode(document.project) == built
