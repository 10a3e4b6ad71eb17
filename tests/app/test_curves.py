"""Long curves: folded to what the zoom can show, without losing a spike, and moved about by the mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from netlab.app.session import Session
from netlab.app.training.curve import SHOWN, Curve, smooth
from netlab.app.training.curves import CurvesPanel
from netlab.app.training.follower import RunFollower
from netlab.runs import store
from netlab.runs.writer import RunWriter

RNG = np.random.default_rng(5)
LENGTHS = (1, 700, 2 * SHOWN + 1, 33_333, 300_001)
SPIKE = 2_777


@pytest.mark.parametrize("size", LENGTHS)
def test_what_is_in_sight_keeps_its_spikes_and_the_rest_its_bounds(size: int) -> None:
    steps, values = np.arange(size) * 3.0, RNG.standard_normal(size)
    curve = Curve(steps, values)
    for low, high in (
        (-9, 3 * size),
        (0, size // 7),
        (size, size + 30),
        (size * 1.1, size * 2.9),
        (5 * size, 6 * size),
    ):
        x, y = curve.folded((low, high))
        assert len(x) <= 2 * SHOWN + 6
        assert (np.diff(x) >= 0).all()
        assert (y.min(), y.max(), x[0], x[-1]) == (values.min(), values.max(), steps[0], steps[-1])
        seen = (steps >= low) & (steps <= high)
        drawn = (x >= low) & (x <= high)
        if seen.any():
            near = y[max(drawn.argmax() - 2, 0) : len(drawn) - drawn[::-1].argmax() + 2]  # buckets cut by the edge
            assert near.max() >= values[seen].max()
            assert near.min() <= values[seen].min()


def test_a_curve_that_grew_in_pieces_and_went_back_is_the_same() -> None:
    steps, values = np.arange(90_000.0), RNG.standard_normal(90_000)
    values[[3, 4_000, 89_999]] = np.nan, np.inf, -np.inf
    values[20_000:40_000] = np.nan
    grown = Curve()
    for start in range(0, 60_000, 7_001):
        grown.append(steps[start : start + 7_001], values[start : start + 7_001])
        grown.folded()
        grown.means()
    grown.forget_after(49_999)
    grown.append(steps[50_000:], values[50_000:])
    whole = Curve(steps, values)
    for one, other in ((grown.folded(), whole.folded()), (grown.means(), whole.means())):
        np.testing.assert_array_equal(one, other)
    x, y = whole.folded()
    assert np.isnan(y[(x > 20_100) & (x < 39_900)]).all(), "a gap stays a gap"
    assert not np.isinf(y).any()
    kept = values[np.isfinite(values)]
    assert (np.nanmin(y), np.nanmax(y)) == (kept.min(), kept.max())
    assert np.nanmean(whole.means()[1]) == pytest.approx(kept.mean(), abs=0.02)


def test_smoothing_is_the_weighted_mean_of_what_came_before() -> None:
    values = RNG.standard_normal(300).cumsum()
    values[100:120] = np.nan
    keep = 1 - 1 / (1 + 0.2 * 300 / 12)
    finite = ~np.isnan(values)
    for at in (0, 1, 50, 110, 299):
        weights = np.where(finite[: at + 1], keep ** np.arange(at, -1, -1.0), 0.0)
        expected = (weights * np.nan_to_num(values[: at + 1])).sum() / weights.sum()
        assert smooth(values, 0.2)[at] == pytest.approx(expected, rel=1e-3)
    assert smooth(values, 0.0) is values


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Iterator[CurvesPanel]:
    """The curves of a recorded run of 5,000 steps, in which the loss jumps once."""
    folder = store.create(b"{}", tmp_path, "long")
    writer = RunWriter(folder)
    for step in range(5_000):
        writer.metrics(step, {"train/loss": 50.0 if step == SPIKE else 1 + 1 / (1 + step)})
    writer.status(state="finished", step=5_000)
    writer.close()
    session, run = Session(keep_journal=False), RunFollower(folder)
    panel = CurvesPanel(session)
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    panel.follow(run)
    run.start()
    qtbot.waitUntil(lambda: panel.drawn_points("train/loss") > 0)
    yield panel
    run.close()
    session.close()


def test_the_wheel_brings_out_each_point_and_a_double_click_shows_all_again(panel: CurvesPanel, qtbot: QtBot) -> None:
    plot = panel.plots["loss"]
    x, y = plot.raw.getData()
    assert len(x) < 2 * SHOWN + 4
    assert y.max() == 50.0, "the spike is lost in the fold"
    at = QPointF(plot.item.vb.mapViewToDevice(QPointF(SPIKE, 2.0)))
    for _ in range(12):
        turn = QWheelEvent(
            at, plot.viewport().mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(plot.viewport(), turn)
        QApplication.processEvents()
    low, high = plot.item.viewRange()[0]
    assert high - low < 1_500
    x, y = plot.raw.getData()
    seen = x[(x >= low) & (x <= high)]
    np.testing.assert_array_equal(seen, np.arange(np.ceil(low), np.floor(high) + 1))
    assert y[x == SPIKE] == 50.0
    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at.toPoint())
    qtbot.waitUntil(lambda: plot.item.viewRange()[0][1] >= 4_999)
    assert plot.item.viewRange()[0][0] <= 0


def test_many_quantities_stay_wide_enough_to_be_read(panel: CurvesPanel, qtbot: QtBot) -> None:
    run = panel.run
    assert run is not None
    for name in ("accuracy", "a_mae", "b_mae", "c_mae"):
        run.metrics.emit([f"train/{name}"])
    panel.resize(700, 300)
    plots = list(panel.plots.values())
    qtbot.waitUntil(lambda: len({plot.y() for plot in plots}) == 2)
    assert min(plot.width() for plot in plots) > 150
    assert min(plot.height() for plot in plots) > 100
    panel.resize(1600, 300)
    qtbot.waitUntil(lambda: len({plot.y() for plot in plots}) == 1)
