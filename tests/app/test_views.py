"""Views: one for every summary, drawn from real summaries, also from strange ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from netlab.app.theme import set_theme
from netlab.app.views.attention import AttentionView
from netlab.app.views.view import View, catalogue
from netlab.probes.probe import array
from netlab.protocol.summaries import Attention, FeatureMaps, Histogram, Levels, Matrix, Points, Summary, Times
from netlab.runs.reader import Reading

RNG = np.random.default_rng(3)


def _attention(heads: int = 4, queries: int = 6, keys: int = 6) -> Attention:
    weights = RNG.random((heads, queries, keys)).astype(np.float16)
    words = [f"w{i}" for i in range(max(queries, keys))]
    return Attention(array(weights), words[:queries], words[:keys], causal=True)


SUMMARIES: dict[str, Summary] = {
    "attention": _attention(),
    "attention of one token": _attention(1, 1, 1),
    "attention of many tokens": _attention(8, 128, 96),
    "histogram": Histogram(-1.0, 1.0, [1, 4, 9, 4, 1], 0.0, 0.4),
    "histogram of equal values": Histogram(0.5, 0.5, [7], 0.5, 0.0),
    "levels": Levels(["n1", "n2", "n3"], ['Linear "a"', "GRU", 'Linear "c"'], [1e-7, 0.3, float("inf")]),
    "levels of nothing": Levels([], [], []),
    "times": Times(["n1", "n2"], ['Linear "a"', "GRU"], [0.1, 30.0], [0.2, 41.0]),
    "times of nothing": Times([], [], [], []),
    "matrix": Matrix(array(RNG.normal(size=(5, 9)).astype(np.float16))),
    "matrix with nan": Matrix(array(np.full((3, 3), np.nan, np.float32))),
    "feature maps": FeatureMaps(array(RNG.random((6, 14, 14)).astype(np.float16)), "a seven"),
    "feature maps of one pixel": FeatureMaps(array(np.zeros((1, 1, 1), np.float16))),
    "points": Points(array(RNG.integers(0, 2, (20, 20)).astype(np.uint8)), (-1.0, 1.0, -1.0, 1.0),
                     array(RNG.normal(size=(30, 2)).astype(np.float32)), array(RNG.integers(0, 2, 30).astype(np.uint8))),
}  # fmt: skip


def test_every_summary_has_a_view_and_a_case_here() -> None:
    assert set(catalogue()) == set(get_args(Summary))
    assert {type(summary) for summary in SUMMARIES.values()} == set(get_args(Summary))


@pytest.fixture
def shown(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[View]:
    """A view with its summary drawn."""
    summary = SUMMARIES[request.param]
    set_theme("light")
    view = catalogue()[type(summary)]()
    view.resize(560, 320)
    view.show()
    view.show_reading(Reading(7, "probe", "n1", summary), "layer one")
    yield view
    view.close()
    view.deleteLater()


@pytest.mark.parametrize("shown", SUMMARIES, indirect=True)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_view_draws_something(shown: View, mode: str, qtbot: QtBot) -> None:
    set_theme(mode)
    qtbot.wait(30)
    image = shown.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colours) > 1
    shown.resize(40, 20)
    shown.grab()
    set_theme("light")


def test_a_tile_is_chosen_by_click_and_a_cell_read_by_pointing(qtbot: QtBot) -> None:
    view = AttentionView()
    view.resize(640, 320)
    view.show()
    summary = _attention()
    view.show_reading(Reading(3, "attention", "n1", summary), "first")
    view.show_reading(Reading(3, "attention", "n2", _attention()), "second")
    qtbot.wait(30)
    view.grab()
    chosen = set()
    for x in range(5, view.tiles.width(), 12):
        for y in range(5, view.tiles.height(), 12):
            QTest.mouseClick(view.tiles, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
            chosen.add(view.tiles.current)
    assert chosen >= {(node, head) for node in ("n1", "n2") for head in range(4)}
    QTest.mouseMove(view.large, QPoint(view.large.width() // 2, view.large.height() // 2))
    qtbot.wait(20)
    assert "w" in view.readout.text()
    view.close()
    view.deleteLater()


def test_filler_at_the_end_is_not_drawn(qtbot: QtBot) -> None:
    """A short text in a long row: the map is of its letters."""
    weights = RNG.random((2, 4, 6)).astype(np.float16)
    view = AttentionView()
    qtbot.addWidget(view)
    told = Attention(array(weights), ["[START]", "a", "b", "[PAD]"], ["x", "[PAD]", "y", *["[PAD]"] * 3])
    view.show_reading(Reading(1, "attention", "n1", told), "cross")
    assert view.large.map is not None
    np.testing.assert_array_equal(view.large.map.weights, weights[0, :3, :3])
    assert (view.large.queries, view.large.keys) == (["[START]", "a", "b"], ["x", "[PAD]", "y"])
    view.show_reading(Reading(2, "attention", "n1", Attention(told.weights, ["[PAD]"] * 4, ["[PAD]"] * 6)), "cross")
    assert view.large.map.weights.shape == (4, 6)
