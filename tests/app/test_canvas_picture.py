"""What the canvas draws: the picture follows every change, from near and from afar."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from app.conftest import Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from netlab.app.theme import category_color, set_theme, wire_color
from netlab.bench.canvas_graph import large
from netlab.document import edits

Example = Callable[..., Path]


def picture(hand: Hand) -> QImage:
    """What is on the canvas once everything is drawn as well as it can be."""
    hand.viewport.repaint()
    hand.qtbot.waitUntil(lambda: hand.canvas.scene_.graph.is_finished)
    return hand.viewport.grab().toImage()


def alike(a: QColor, b: QColor) -> bool:
    return max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue())) < 12


def differing(a: QImage, b: QImage) -> float:
    """The share of pixels that are not the same."""
    one, other = (np.frombuffer(i.constBits(), np.uint32).reshape(i.height(), -1) for i in (a, b))
    return float((one != other).mean())


def furthest(a: QImage, b: QImage) -> int:
    """By how much the colour of a pixel differs at most."""
    one, other = (np.frombuffer(i.constBits(), np.uint8).astype(int) for i in (a, b))
    return int(abs(one - other).max())


def show(hand: Hand, nodes: int) -> None:
    hand.session.take(large(nodes))
    hand.canvas.fit()


@pytest.mark.parametrize("zoom", [1.0, 0.5, 0.2, 0.08])
def test_a_node_has_the_colour_of_its_category_at_every_zoom(hand: Hand, zoom: float) -> None:
    show(hand, 40)
    hand.canvas.set_zoom(zoom)
    hand.canvas.centre_on(["n6"])
    image, rect = picture(hand), hand.canvas.node_rect("n6")
    seen = image.pixelColor(rect.right() - max(2, rect.width() // 4), rect.top() + max(1, rect.height() // 7))
    assert alike(seen, category_color("Basic"))


@pytest.mark.parametrize("zoom", [1.0, 0.3, 0.1])
def test_the_picture_after_edits_is_the_picture_drawn_anew(hand: Hand, zoom: float) -> None:
    show(hand, 60)
    hand.canvas.set_zoom(zoom)
    hand.canvas.centerOn(600, 300)
    rng = random.Random(3)
    for i in range(12):
        nodes = list(hand.session.project.graph.nodes)
        chosen = rng.choice(nodes)
        match i % 4:
            case 0:
                hand.session.apply("Move", edits.move, {chosen: (310.0 * (i + 1), 1_000.0)})
            case 1:
                hand.session.apply("Delete", edits.remove, [chosen])
            case 2:
                hand.session.apply("Rename", edits.rename, chosen, f"name {i}")
            case _:
                hand.session.undo()
        picture(hand)
    hand.session.select([])
    hand.session._find_fixes()
    followed = picture(hand)
    hand.canvas.scene_.rebuild()
    assert differing(picture(hand), followed) < 0.002  # what lies on top may be another


def test_a_dragged_node_leaves_no_trail(hand: Hand) -> None:
    show(hand, 30)
    hand.canvas.set_zoom(0.7)
    hand.canvas.centre_on(["n3"])
    before = picture(hand)
    start = hand.canvas.node_rect("n3").center()
    hand.drag(start, start + QPoint(160, 90))
    assert picture(hand) != before
    hand.session.undo()
    hand.session.select([])
    hand.viewport.repaint()
    assert picture(hand) == before


def test_wires_have_the_colour_of_what_flows(make_window: Callable[..., Hand], example: Example) -> None:
    hand = make_window(example("transformer"))
    hand.canvas.set_zoom(0.8)
    hand.canvas.centre_on(["n1"])
    hand.canvas.centre_on(list(hand.canvas.scene_.nodes)[:8])
    image = picture(hand)
    colors = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    for kind in ("sequence", "memory", "tokens"):
        assert any(alike(QColor(name), wire_color(kind)) for name in colors), kind


def test_another_theme_colours_everything_anew(hand: Hand) -> None:
    show(hand, 30)
    light = picture(hand)
    set_theme("dark")
    dark = picture(hand)
    set_theme("light")
    assert dark != light
    assert picture(hand) == light


def test_a_warning_leaves_the_title_white(hand: Hand) -> None:
    id = hand.canvas.add_layer("relu", hand.canvas.mapToScene(QPoint(200, 150)))
    assert id is not None
    hand.qtbot.waitUntil(lambda: bool(hand.canvas.scene_.nodes[id].problems))
    hand.session.select([])
    image, rect = picture(hand), hand.canvas.node_rect(id)
    title = {image.pixelColor(rect.left() + x, rect.top() + y).name() for x in range(8, 60) for y in range(8, 26)}
    assert "#ffffff" in title


@pytest.mark.parametrize("zoom", [1.0, 0.3, 0.1])
def test_halos_change_under_a_picture_that_stays_right(hand: Hand, zoom: float) -> None:
    show(hand, 60)
    hand.canvas.set_zoom(zoom)
    hand.canvas.centre_on(["n6"])
    graph = hand.canvas.scene_.graph
    steps = (
        lambda: None,
        lambda: hand.session.select(["n6", "n7"]),
        lambda: hand.session.apply("Move", edits.move, {"n6": (310.0, 40.0)}),
        lambda: hand.session.apply("Rename", edits.rename, "n7", "other"),
        lambda: hand.canvas.horizontalScrollBar().setValue(hand.canvas.horizontalScrollBar().value() + 70),
        lambda: set_theme("dark"),
        lambda: hand.canvas.set_zoom(hand.canvas.zoom * 1.1),
    )
    for i, step in enumerate(steps):
        step()
        for level in (0.3, 1.0 - i / 10):
            graph.set_glow(dict.fromkeys(hand.canvas.scene_.nodes, level))
            seen = picture(hand)
        graph.update()  # all of it, not only the halos
        whole = picture(hand)
        assert furthest(seen, whole) <= 4, f"after step {i}"
        graph.set_glow({"n6": 0.1})
        assert differing(picture(hand), whole) > 0.002
    set_theme("light")


def test_ten_thousand_nodes_open_and_are_all_there(hand: Hand) -> None:
    show(hand, 10_000)
    scene = hand.canvas.scene_
    assert len(scene.nodes) == 10_000
    last = hand.session.project.graph.nodes["n10000"]
    hand.canvas.set_zoom(1.0)
    hand.canvas.centre_on(["n10000"])
    rect = hand.canvas.node_rect("n10000")
    assert hand.viewport.rect().contains(rect.center())
    hand.click(QPoint(rect.center().x(), rect.top() + 10))
    assert hand.session.selection == ["n10000"]
    hand.key(Qt.Key.Key_Right)
    assert hand.session.project.graph.nodes["n10000"].x == last.x + 10


def test_wires_that_lead_back_keep_off_the_cards_and_each_other(make_window: Callable[..., Hand]) -> None:
    """Each in a lane of its own, and all of it is shown when the whole is."""
    hand = make_window("examples/unet.netlab")
    scene = hand.canvas.scene_
    back = [wire for wire in scene.wires.values() if wire.leads_back]
    lanes = {round(wire.path.pointAtPercent(0.5).y()) for wire in back}
    assert len(lanes) == len(back) == 4
    cards = [item.layout_.rect.translated(item.pos()) for item in scene.nodes.values()]
    for wire in back:
        points = [wire.path.pointAtPercent(i / 400) for i in range(8, 393)]
        assert not [p for p in points for card in cards if card.contains(p)]
        assert hand.viewport.rect().contains(hand.canvas.mapFromScene(wire.path.boundingRect()).boundingRect())


def test_pushing_the_canvas_leaves_no_smear_about_the_minimap(hand: Hand) -> None:
    """What is pushed goes around the map; beside, above and beneath it the screen shows what drawing anew would."""
    hand.session.take(large(300))
    hand.canvas.set_zoom(0.5)
    hand.canvas.minimap.show()
    picture(hand)
    across, down = hand.canvas.horizontalScrollBar(), hand.canvas.verticalScrollBar()
    for i in range(12):  # to and fro, so that no node comes into sight that has no picture yet
        across.setValue(across.value() + (9 if i % 2 else -7))
        down.setValue(down.value() + (-5 if i % 2 else 7))
    QApplication.processEvents()
    pushed = _about_the_minimap(hand)
    hand.canvas.scene_.graph.hurry()
    hand.viewport.repaint()
    hand.canvas.minimap.repaint()
    assert np.abs(pushed - _about_the_minimap(hand)).max() < 12
    assert pushed.std() > 5, "nodes lie there"


def _about_the_minimap(hand: Hand) -> np.ndarray:
    """What is on the screen, not what drawing gives: the corner with the map, (height, width, 3)."""
    canvas, window = hand.canvas, hand.window
    image = window.screen().grabWindow(window.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    corner = canvas.minimap.geometry().adjusted(-50, -50, 12, 12).translated(canvas.mapTo(window, QPoint()))
    image = image.copy(corner)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), :3].astype(int)
