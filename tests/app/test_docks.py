"""The docks: what stands behind another is made when it is first seen, and then knows what happened before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app.conftest import Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QListView, QPlainTextEdit, QTabBar

from netlab.app import docks, recent
from netlab.document import edits

LEFT = Qt.MouseButton.LeftButton
SHOWN = {"Layers", "Inspector", "Training", "Views"}


def click_tab(hand: Hand, title: str) -> None:
    for bar in hand.window.findChildren(QTabBar):
        for i in range(bar.count()):
            if bar.isVisible() and bar.tabText(i).startswith(title):
                QTest.mouseClick(bar, LEFT, pos=bar.tabRect(i).center())
                hand.settle()
                return
    pytest.fail(f"no tab says {title}")


def tabs(hand: Hand) -> list[str]:
    return [bar.tabText(i) for bar in hand.window.findChildren(QTabBar) for i in range(bar.count()) if bar.isVisible()]


def test_only_what_is_seen_is_made(hand: Hand) -> None:
    docks = hand.window.docks
    assert len(set(tabs(hand))) == len(tabs(hand)), "a row of tabs stands where no dock is"
    assert {title for title, dock in docks.items() if dock.is_made} == SHOWN
    for title in ("Code", "Problems", "History", "Runs", "Sweeps", "Data"):
        click_tab(hand, title)
        assert docks[title].is_made
        assert docks[title].widget().isVisible()
        assert docks[title].widget().minimumWidth() <= 240


def test_a_dock_that_is_seen_late_knows_what_was_done(
    make_window: Callable[..., Hand], example: Callable[..., Path]
) -> None:
    hand = make_window(example("spirals"))
    hand.session.apply("Rename", edits.rename, "n2", "late")
    click_tab(hand, "History")
    steps = hand.window.docks["History"].findChild(QListView, "history") or hand.window.docks["History"].widget()
    assert isinstance(steps, QListView)
    assert [steps.model().index(i, 0).data() for i in range(steps.model().rowCount())] == ["Opened", "Rename"]
    click_tab(hand, "Code")
    text = hand.window.docks["Code"].widget().findChild(QPlainTextEdit)
    assert text is not None
    assert "late" in text.toPlainText()


def test_a_layout_comes_back_without_stray_tabs(make_window: Callable[..., Hand]) -> None:
    first = make_window()
    first.window.tabifyDockWidget(first.window.docks["Inspector"], first.window.docks["Data"])
    first.settle()
    recent.settings().setValue("geometry", first.window.saveGeometry())
    recent.settings().setValue("docks", first.window.saveState())
    second = make_window()
    docks.restore_layout(second.window)
    second.settle()
    assert sorted(tabs(second)) == sorted({*second.window.docks} - {"Layers", "Views", "Problems"} | {"Problems (1)"})
    click_tab(second, "Data")
    assert second.window.docks["Data"].widget().isVisible()


def test_the_data_sets_are_listed_when_the_box_is_used(hand: Hand) -> None:
    box = hand.field("data")
    assert isinstance(box, QComboBox)
    assert box.currentText() == "2-D points"
    assert box.count() == 2, "the title of its task, and the source in use"
    QTest.mouseClick(box, LEFT, pos=QPoint(10, box.height() // 2))
    hand.settle()
    assert box.currentText() == "2-D points"
    assert box.findText("Iris") > 0
    box.hidePopup()
    hand.settle()
