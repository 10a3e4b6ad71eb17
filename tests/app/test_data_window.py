"""Data in the window: from a dropped file to a trained model, and what is said when a file is bad, gone or changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from app.conftest import Hand
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

from netlab.app.data.hub_dialog import HubDialog
from netlab.app.data.pages.changes import ChangesPage
from netlab.app.data.pages.findings import FindingsPage
from netlab.app.data.pages.text import TextPage
from netlab.app.data.pages.vocabulary import VocabularyPage
from netlab.app.data.sheet import ImportSheet
from netlab.data.dataset import catalogue, source_of
from netlab.data.files import FileSource
from netlab.document import edits, file
from netlab.document.values import plain

MakeWindow = Callable[..., Hand]
LEFT = Qt.MouseButton.LeftButton
RANDOM = np.random.default_rng(5)


def table(folder: Path, rows: int = 60) -> Path:
    path = folder / "flowers.csv"
    lines = [f"{a:.2f},{b:.2f},{'rose' if a > b else 'lily'}" for a, b in RANDOM.normal(size=(rows, 2))]
    path.write_text("\n".join(["height,width,kind", *lines]) + "\n")
    return path


def series(folder: Path) -> Path:
    path = folder / "level.csv"
    days = [f"2024-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(120)]
    path.write_text("day,level\n" + "".join(f"{day},{np.sin(i / 5):.3f}\n" for i, day in enumerate(days)))
    return path


def drop(hand: Hand, path: Path) -> ImportSheet:
    """Drop a file on the window, and wait until it has been looked at."""
    let_fall(hand, path)
    sheet = hand.window.findChildren(ImportSheet)[-1]
    await_sheet(hand, sheet)
    return sheet


def let_fall(hand: Hand, path: Path) -> None:
    """Send the events of a file that is dropped on the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    at = hand.viewport.rect().center()
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, action, mime, LEFT, none)
    QApplication.sendEvent(hand.viewport, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(hand.viewport, QDropEvent(QPointF(at), action, mime, LEFT, none))


def await_sheet(hand: Hand, sheet: ImportSheet) -> None:
    hand.qtbot.waitUntil(lambda: not sheet.looker.is_busy and not sheet._later.isActive(), timeout=30_000)
    hand.settle()


def await_panel(hand: Hand) -> None:
    panel = hand.window.data
    hand.qtbot.waitUntil(lambda: not panel._later.isActive() and not panel.looker.is_busy, timeout=30_000)
    hand.settle()


def press(hand: Hand, button: QPushButton) -> None:
    assert button.isEnabled(), button.text()
    QTest.mouseClick(button, LEFT)
    hand.settle()


def pictures(folder: Path) -> Path:
    root = folder / "pets"
    for named in ("cats", "dogs"):
        (root / named).mkdir(parents=True)
        for i in range(20):
            Image.fromarray(RANDOM.integers(0, 256, (10, 12, 3), dtype=np.uint8)).save(root / named / f"{i}.png")
    return root


def picture_list(folder: Path) -> Path:
    root, path = pictures(folder), folder / "pets.csv"
    rows = [f"pets/{image.parent.name}/{image.name},{image.parent.name}" for image in sorted(root.rglob("*.png"))]
    path.write_text("\n".join(["file,animal", *rows]) + "\n")
    return path


def arrays(folder: Path) -> Path:
    path = folder / "numbers.npz"
    np.savez(path, x=RANDOM.normal(size=(80, 5)), y=RANDOM.integers(0, 3, 80))
    return path


def story(folder: Path) -> Path:
    path = folder / "story.txt"
    path.write_text("".join(f"Line {i} tells of {'cats' if i % 2 else 'dogs'}.\n" for i in range(150)))
    return path


def pairs(folder: Path) -> Path:
    path = folder / "pairs.tsv"
    rows = [f"the {a} dog no {i}\tder {b} Hund Nr {i}" for i, (a, b) in enumerate([("big", "große")] * 80)]
    path.write_text("\n".join(["en\tde", *rows]) + "\n", encoding="utf-8")
    return path


def moods(folder: Path) -> Path:
    path = folder / "moods.csv"
    rows = [f"sentence number {i} of them,{'good' if i % 2 else 'bad'}" for i in range(80)]
    path.write_text("\n".join(["text,mood", *rows]) + "\n")
    return path


def tagged(folder: Path) -> Path:
    path = folder / "tagged.conll"
    path.write_text("".join(f"The DET\ndog NOUN\nno{i} NUM\nbarks VERB\n\n" for i in range(60)))
    return path


def token_ids(folder: Path) -> Path:
    path = folder / "text.ids"
    path.write_text(" ".join(map(str, RANDOM.integers(0, 20, 3000))))
    return path


SOURCES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "table": (table, "mlp"),
    "time_series": (series, "lstm"),
    "image_folder": (pictures, "cnn"),
    "image_list": (picture_list, "cnn"),
    "arrays": (arrays, "mlp"),
    "text_file": (story, "gpt"),
    "text_pairs": (pairs, "transformer"),
    "text_classes": (moods, "encoder"),
    "tagged_text": (tagged, "tagger"),
    "token_file": (token_ids, "gpt"),
}


def test_every_source_of_a_file_is_tried() -> None:
    assert SOURCES.keys() == {key for key, source in catalogue().items() if issubclass(source, FileSource)}


@pytest.mark.parametrize("key", SOURCES)
def test_from_a_dropped_file_to_a_trained_model(hand: Hand, tmp_path: Path, key: str) -> None:
    make, model = SOURCES[key]
    path = make(tmp_path)
    sheet = drop(hand, path)
    assert sheet.key == key, sheet.preview.sentence.text()
    assert sheet.preview.preview is not None
    assert sheet.preview.preview.rows > 10
    assert sheet.model.currentData() == model
    before = hand.session.document.position
    press(hand, sheet.use)
    assert hand.session.document.position == before + 1, "taking the data is one undo step"
    project = hand.session.project
    assert project.data.source == key
    assert project.data.options["path"] == str(path)
    assert project.data.options["seen"], "what was found goes with the project"
    assert not hand.session.inferred.blocking, hand.session.inferred.blocking
    for name, value in {"epochs": 1, "batch_size": 16, "device": "cpu"}.items():
        hand.session.apply("Set", edits.set_training, name, value)
    assert hand.session.train()
    run = hand.session.run
    assert run is not None
    hand.qtbot.waitUntil(lambda: run.status.get("state") in ("finished", "failed"), timeout=60_000)
    assert run.status["state"] == "finished", run.status
    assert np.isfinite(run.curve("train/loss")[1]).all()


def test_undo_takes_data_and_model_back_together(hand: Hand, tmp_path: Path) -> None:
    was = file.encode(hand.session.project)
    press(hand, drop(hand, table(tmp_path)).use)
    assert hand.session.project.graph.nodes
    hand.window.activateWindow()
    hand.settle()
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, hand.window)
    assert file.encode(hand.session.project) == was


def test_a_model_is_adapted_to_other_fields(
    make_window: MakeWindow, example: Callable[..., Path], tmp_path: Path
) -> None:
    hand = make_window(example("perceptron"))
    nodes = set(hand.session.project.graph.nodes)
    sheet = drop(hand, table(tmp_path))
    assert sheet.model.currentData() == "adapt"
    press(hand, sheet.use)
    hand.qtbot.waitUntil(lambda: not hand.session.inferred.blocking, timeout=5000)
    assert nodes & set(hand.session.project.graph.nodes), "the model was kept"


def test_bad_rows_are_listed_with_their_place_and_good_ones_kept(hand: Hand, tmp_path: Path) -> None:
    path = table(tmp_path, 50)
    lines = path.read_text().splitlines()
    lines[10], lines[20] = "1.0,2.0", "oops,1.0,rose"
    path.write_text("\n".join(lines) + "\n")
    sheet = drop(hand, path)
    preview = sheet.preview.preview
    assert preview is not None
    assert preview.rows == 48
    page = sheet.preview.pages[FindingsPage]
    assert isinstance(page, FindingsPage)
    rows = [[page.model.data(page.model.index(row, column)) for column in range(4)] for row in range(2)]
    assert [(row[1], row[2], row[3]) for row in rows] == [(11, "kind", "1.0,2.0"), (21, "height", "oops")]
    assert sheet.use.isEnabled()
    sheet.reject()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"a,b,kind\n", "no good row"),
        (b"a,b,kind\n1,2,rose\n2,3,rose\n3,4,rose\n4,5,rose\n", "one class"),
        ("a,b,kind\n1,2,rose\n".encode("utf-16"), "No row"),
    ],
)
def test_data_that_cannot_be_trained_on_is_said_and_not_taken(
    hand: Hand, tmp_path: Path, content: bytes, word: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    sheet = drop(hand, path)
    seen = sheet.preview.preview
    told = sheet.preview.sentence.text() if seen is None else " ".join(f.message for f in seen.findings)
    assert word in told, told
    assert not sheet.use.isEnabled()
    sheet.reject()


def test_a_strange_file_is_said_by_name(hand: Hand, tmp_path: Path) -> None:
    path = tmp_path / "notes.xyz"
    path.write_text("?")
    let_fall(hand, path)
    assert "notes.xyz" in hand.window.banner.text.text()
    assert not hand.window.findChildren(ImportSheet)


def test_reading_can_be_cancelled(hand: Hand, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_text("a,b\n" + "1,2\n" * 300_000)
    hand.window.data.import_file(path)
    sheet = hand.window.findChildren(ImportSheet)[-1]
    hand.qtbot.waitUntil(lambda: sheet.preview.bar.value() > 0, timeout=30_000)
    press(hand, sheet.preview.cancel)
    assert not sheet.looker.is_busy
    assert "cancelled" in sheet.preview.sentence.text()
    assert not sheet.use.isEnabled()
    sheet.reject()


def test_a_file_that_a_project_names_is_read_only_when_asked(make_window: MakeWindow, tmp_path: Path) -> None:
    hand = make_window()
    press(hand, drop(hand, table(tmp_path)).use)
    assert hand.session.save(tmp_path / "strange.netlab")
    other = make_window(tmp_path / "strange.netlab")
    other.window.show_view("Data")
    await_panel(other)
    view = other.window.data.preview
    assert view.preview is None
    assert str(tmp_path / "flowers.csv") in view.sentence.text()
    press(other, view.findChild(QPushButton, "Read this file"))  # type: ignore[arg-type]
    await_panel(other)
    assert view.preview is not None
    assert view.preview.rows == 60


def test_a_file_that_moved_is_located(hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path)
    press(hand, drop(hand, path).use)
    await_panel(hand)
    view = hand.window.data.preview
    assert view.preview is not None
    moved = path.rename(tmp_path / "moved.csv")
    hand.qtbot.waitUntil(lambda: "not there" in view.sentence.text(), timeout=20_000)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(moved), ""))
    press(hand, view.findChild(QPushButton, "Locate…"))  # type: ignore[arg-type]
    await_panel(hand)
    assert hand.session.project.data.options["path"] == str(moved)
    assert view.preview is not None
    assert not [f for f in view.preview.findings if f.code == "changed_file"]


def test_a_file_that_changed_is_said_and_can_be_taken(hand: Hand, tmp_path: Path) -> None:
    path = table(tmp_path)
    press(hand, drop(hand, path).use)
    await_panel(hand)
    view, before = hand.window.data.preview, hand.session.project.data.options["seen"]["sha256"]
    path.write_text(path.read_text() + "9.0,1.0,rose\n")
    hand.qtbot.waitUntil(
        lambda: view.preview is not None and any(f.code == "changed_file" for f in view.preview.findings),
        timeout=20_000,
    )
    view.show_findings()
    hand.settle()
    buttons = [b for b in view.findChildren(QPushButton, "remedy") if b.text() == "Use the changed file"]
    press(hand, buttons[-1])
    await_panel(hand)
    assert hand.session.project.data.options["seen"]["sha256"] != before
    assert hand.session.document.undo_label == "Use the changed file"
    assert view.preview is not None
    assert view.preview.rows == 61


def test_tokens_tell_their_ids_and_the_vocabulary_is_searched(hand: Hand) -> None:
    hand.window.show_view("Data")
    box = hand.window.data.box
    box.fill()  # as when it is opened
    box.setCurrentIndex(next(i for i in range(box.count()) if box.itemText(i) == "Sequence puzzles"))
    box.activated.emit(box.currentIndex())
    await_panel(hand)
    assert hand.session.project.data.source == "sequences"
    view = hand.window.data.preview
    flow = view.pages[TextPage].tokens  # type: ignore[attr-defined]
    rect, token, number, _ = flow.chips[0]
    assert flow.told_at(rect.center()) == f"{token}\nid {number}"
    page = view.pages[VocabularyPage]
    assert isinstance(page, VocabularyPage)
    assert len(page.model.shown) == 13
    view.tabs.setCurrentWidget(page)
    QTest.keyClicks(page.search, "7")
    assert {page.model.tokens[i] for i in page.model.shown} >= {"7"}
    assert page.count.text().endswith("of 13 tokens")


def test_an_option_of_the_data_is_one_undo_step_and_shows_at_once(hand: Hand) -> None:
    hand.window.show_view("Data")
    await_panel(hand)
    panel = hand.window.data
    assert panel.preview.preview is not None
    field = panel.column.body.findChild(object, "option/validation")  # type: ignore[type-var]
    hand.type(field, "0.3")  # type: ignore[arg-type]
    await_panel(hand)
    assert hand.session.project.data.options["validation"] == 0.3
    assert panel.preview.preview.splits["val"] == 300


def test_changed_training_images_are_drawn_anew_for_each_epoch(hand: Hand) -> None:
    hand.window.show_view("Data")
    options = plain(source_of("mnist", {}).values)
    hand.session.apply("Use MNIST", edits.set_data, "mnist", options)
    await_panel(hand)
    view = hand.window.data.preview
    page = view.pages[ChangesPage]
    assert isinstance(page, ChangesPage)
    view.tabs.setCurrentWidget(page)
    assert "as they are" in page.said.text()
    hand.session.apply("Set noise", edits.set_data_option, "noise", 0.5)
    await_panel(hand)
    with hand.qtbot.waitSignal(page.looker.seen, timeout=60_000) as answered:
        pass
    drawn = answered.args[0]
    rows = drawn.images.reshape(-1, drawn.wide, *drawn.images.shape[1:])
    assert len(rows) == 4
    for row in rows:
        assert len({image.tobytes() for image in row}) == drawn.wide, "each epoch sees another image"


PACKAGE = """import json, pathlib
import polars

class Found:
    def save_to_disk(self, folder):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True)
        frame = polars.DataFrame({"x": [i / 2 for i in range(60)], "y": [i % 3 for i in range(60)]})
        frame.write_ipc_stream(folder / "data.arrow")
        (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data.arrow"}]}))
        (folder / "dataset_info.json").write_text(json.dumps({"features": {}}))

def load_dataset(name, config):
    if (name, config) != ("owner/flowers", "small"):
        raise ValueError(f"there is no {name}")
    return Found()
"""


def hub(hand: Hand) -> HubDialog:
    """The dialog behind the button Open."""
    hand.window.show_view("Data")
    hand.window.data.open.menu().actions()[-1].trigger()
    return hand.window.findChildren(HubDialog)[-1]


def test_the_hub_without_its_package_says_how_to_get_it(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    dialog = hub(hand)
    assert dialog.needed.isVisible()
    assert "pip install netlab[hub]" in dialog.needed.text()
    assert not dialog.name.isEnabled()
    assert not dialog.fetch.isEnabled()
    dialog.reject()


def test_data_of_the_hub_come_by_name(hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "datasets.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    for config in ("large", "small"):
        dialog = hub(hand)
        assert not dialog.fetch.isEnabled()
        QTest.keyClicks(dialog.name, "owner/flowers")
        QTest.keyClicks(dialog.config, config)
        press(hand, dialog.fetch)
        sheet = hand.window.findChildren(ImportSheet)[-1]
        await_sheet(hand, sheet)
        if config == "large":
            assert "there is no owner/flowers" in sheet.preview.sentence.text()
            assert not sheet.use.isEnabled()
            sheet.reject()
    assert hand.window.findChildren(ImportSheet)[-1].windowTitle() == "Use owner/flowers"
    press(hand, sheet.use)
    choice = hand.session.project.data
    assert choice.source == "table"
    assert Path(choice.options["path"]).name == "owner--flowers--small"
