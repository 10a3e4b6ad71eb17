"""What people read: said in their language, complete, and never broken by a translation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netlab import language
from netlab.cli import main
from netlab.document import file
from netlab.document.examples import examples, said_by
from netlab.language import tr, tr_project
from tests.texts import places, texts, translations

CODES = [code for code in language.languages() if code != language.ENGLISH]


@pytest.fixture(autouse=True)
def _english_again():
    yield
    language.use(language.ENGLISH)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a language of somebody's own."""
    words = {
        "English": "Esperanto",
        "Open": "Malfermi",
        "{count:,} steps": "{count:,} paŝoj",
        "Bad {a}": "{b}",
        "No": 3,
    }
    (tmp_path / "eo").mkdir()
    (tmp_path / "eo" / "app.json").write_text(json.dumps(words), "utf-8")
    (tmp_path / "eo" / "layers.json").write_text("{broken", "utf-8")
    return tmp_path


def test_english_needs_no_file() -> None:
    assert tr("{count:,} steps", count=1234) == "1,234 steps"
    assert tr("no {braces} are filled without values") == "no {braces} are filled without values"


def test_a_language_of_ones_own(own: Path) -> None:
    assert language.languages(own)["eo"] == "Esperanto"
    language.use("eo", own)
    assert (tr("Open"), tr("{count:,} steps", count=1234)) == ("Malfermi", "1,234 paŝoj")
    assert (tr("Close"), tr("Bad {a}", a=1), tr("No")) == ("Close", "Bad 1", "No")  # not there, or not fit: English
    assert language.language() == "eo"


def test_a_language_that_is_not_there_is_english(own: Path) -> None:
    language.use("tlh", own)
    assert language.language() == language.ENGLISH
    assert tr("Open") == "Open"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["zh-CN"], "zh_CN"),
        (["zh-Hans-CN", "zh-CN"], "zh_CN"),
        (["de-DE", "zh-Hans-CN"], "zh_CN"),
        (["en-GB", "zh-CN"], "en"),
        (["fr-FR"], "en"),
        ([], "en"),
    ],
)
def test_the_language_of_the_system(wanted: list[str], found: str) -> None:
    assert language.nearest(wanted, ["en", "zh_CN"]) == found


def test_projects_that_come_along_are_said_but_never_written() -> None:
    path = examples()["spirals"]
    language.use("zh_CN")
    assert tr_project(said_by(path).title) == "多层感知机（螺旋线）"
    assert tr_project(file.load(path).about).startswith("多层感知机把分界线")
    assert file.encode(file.load(path)) == path.read_bytes()
    assert (tr("Linear"), tr_project("Linear")) == ("线性层", "Linear")  # somebody's own title stays
    language.use(language.ENGLISH)
    assert tr_project(said_by(path).title) == "MLP on spirals"


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_missing_and_nothing_is_stale(code: str) -> None:
    """``python3 dev.py texts`` brings the files up to date; what is empty then is to be translated."""
    said, has = texts(), translations(code)
    for room, words in has.items():
        assert sorted(words) == sorted(said.get(room, ())), room
        assert not [text for text, word in words.items() if not word], room


@pytest.mark.parametrize("code", CODES)
def test_translations_take_the_same_values(code: str) -> None:
    for words in translations(code).values():
        wrong = [text for text, word in words.items() if places(text) != places(word)]
        assert not wrong


def test_a_process_speaks_as_it_is_told(own: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("NETLAB_LANG", "zh_CN")
    assert main(["check", "nowhere.netlab"]) == 1
    assert "没有这个文件" in capsys.readouterr().err
    for command, told in (("templates", "会排序的 Transformer"), ("layers", "全连接层：y"), ("datasets", "鸢尾花")):
        assert main([command]) == 0
        assert told in capsys.readouterr().out
        assert main([command, "--json"]) == 0
        assert told not in capsys.readouterr().out  # what programs read is the same in every language
    monkeypatch.delenv("NETLAB_LANG")
    assert main(["check", "nowhere.netlab"]) == 1
    assert "There is no such file." in capsys.readouterr().err


def test_a_window_hands_its_language_on(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NETLAB_LANG", "NETLAB_TRANSLATIONS"):
        monkeypatch.setenv(name, "")  # so that it is as before, afterwards
    language.use("eo", own)
    language.hand_on(own)
    asked = "from netlab.language import tr, use_as_told; use_as_told(); print(tr('Open'))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert told == "Malfermi\n"
