"""Phrases, interface strings and puzzles: real texts that need no network."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from netlab.data import catalogues
from netlab.data.dataset import DataError, Dataset, source_of
from netlab.data.findings import Cancelled
from netlab.data.phrases import Language, languages
from netlab.data.sources import python_docs


def texts(dataset: Dataset, field: str, part: str = "train") -> list[str]:
    assert dataset.tokenizer is not None
    rows = dataset.columns[field][dataset.splits[part]]
    return [dataset.tokenizer.decode([i for i in row if i > 2], specials=False) for row in rows]


def test_dates_are_written_as_people_write_them() -> None:
    day = datetime.date(1998, 10, 3)
    written = {code: Language.of(code).date(day, "full") for code in languages()}
    assert written["de"] == "Samstag, 3. Oktober 1998"
    assert written["en"] == "Saturday, October 3, 1998"
    assert written["zh"] == "1998年10月3日星期六"
    assert written["es"] == "sábado, 3 de octubre de 1998"
    assert written["ru"] == "суббота, 3 октября 1998\u202fг."
    assert Language.of("pl").amount(1, "year") == "1 rok"
    assert Language.of("pl").amount(22, "year") == "22 lata"
    assert Language.of("pl").amount(25, "year") == "25 lat"
    assert len(languages()) >= 8


def test_date_phrases_are_pairs_of_a_date_and_its_iso_form() -> None:
    dataset = source_of("phrases", {"phrases": 600, "languages": ["de"]}).load()
    months = languages()["de"]["months"]["wide"]
    for read, written in zip(texts(dataset, "source"), texts(dataset, "target"), strict=True):
        day = datetime.date.fromisoformat(written)
        assert str(day.year) in read
        assert re.search(rf"\b0?{day.day}\b", read)
        assert months[day.month - 1] in read or f"{day.month:02}" in read
    sets = {part: set(texts(dataset, "source", part)) for part in ("train", "val", "test")}
    assert not sets["train"] & sets["test"]
    assert not sets["train"] & sets["val"]


@pytest.mark.parametrize("kind", ["dates", "times"])
@pytest.mark.parametrize("into", ["numbers", "zh", "de"])
def test_phrases_fit_their_fields_for_any_seed(kind: str, into: str) -> None:
    options = {"kind": kind, "into": into, "phrases": 3000}
    for seed in (1, 2):
        source = source_of("phrases", options | {"seed": seed})
        dataset = source.load()
        assert dataset.tokenizer is not None
        assert source.fields() == dataset.fields
        for name in ("source", "target"):
            assert dataset.columns[name].max() < (dataset.field(name).classes or 0)
            assert not (dataset.columns[name] == 3).any()  # no unknown character
        assert (dataset.columns["target"] == 2).sum(1).min() == 1  # each ends, so none was cut


def test_phrases_need_a_language_that_is_there() -> None:
    for options, told in (({"languages": []}, "at least one"), ({"languages": ["xx"]}, "no phrases in 'xx'")):
        with pytest.raises(DataError, match=told):
            source_of("phrases", options).load()


def test_interface_strings_are_clean_pairs() -> None:
    for language in ("de", "fr", "zh_CN"):
        known = catalogues.pairs(language)
        assert len(known) > 2000
        assert all("&" not in a.replace(" & ", "") or "&&" in a or "& " in a for a, _ in known[:500])
        assert len({a for a, _ in known}) == len(known)
    assert catalogues.cleaned("打开(&O)…") == "打开…"
    assert catalogues.cleaned("<b>&Open</b>  file") == "Open file"
    dataset = source_of("interface_strings", {}).load()
    assert ("Close", "Schließen") in zip(texts(dataset, "source"), texts(dataset, "target"), strict=True) or (
        "Close" not in texts(dataset, "source")
    )
    with pytest.raises(DataError, match="no catalogue"):
        catalogues.pairs("xx")


def test_languages_are_told_apart_by_strings_that_come_once() -> None:
    dataset = source_of("interface_languages", {}).load()
    assert dataset.field("label").classes == 10
    assert len(dataset.columns["label"]) > 20_000
    seen = set(map(bytes, dataset.columns["tokens"][dataset.splits["train"]]))
    held = list(map(bytes, dataset.columns["tokens"][dataset.splits["test"]]))
    assert sum(row in seen for row in held) < 0.02 * len(held)  # only what the context cuts alike


@pytest.mark.parametrize("rule", ["add", "parentheses"])
def test_puzzles_of_numbers_and_brackets(rule: str) -> None:
    dataset = source_of("sequences", {"rule": rule, "sequences": 400}).load()
    for read, written in zip(texts(dataset, "source"), texts(dataset, "target"), strict=True):
        if rule == "add":
            a, _, b = read.partition("+")
            assert int(written) == int(a) + int(b)
        else:
            depth, depths = 0, ""
            for sign in read:
                depth += {"(": 1, ")": -1}.get(sign, 0)
                depths += str(depth + (sign == ")"))
            assert depth == 0
            assert written == depths


def _cancelled(share: float) -> None:
    raise Cancelled


def test_docstrings_join_the_topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = "This module tells a long story that is found in no topic."
    (tmp_path / "one.py").write_text(f'"""{told}"""\n\n\ndef f():\n    """Short."""\n')
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "odd.py").write_text('"""An old module with an odd escape \\d in a docstring of its own."""\n')
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "two.py").write_text('"""This docstring of a test is read by nobody, as it should be."""\n')
    python_docs._docstrings.cache_clear()
    python_docs.text.cache_clear()
    monkeypatch.setattr(python_docs.sysconfig, "get_path", lambda name: str(tmp_path))
    try:
        with pytest.raises(Cancelled):
            python_docs.text(True, progress=_cancelled)
        shares: list[float] = []
        both = python_docs.text(True, progress=shares.append)
        assert shares == [1 / 3, 2 / 3, 1.0]
        assert told in both
        assert "Short." not in both
        assert "read by nobody" not in both
        assert len(both) > len(python_docs.text(False))
        fields = [source_of("python_docs", {"docstrings": more}).fields() for more in (False, True)]
        assert fields[0] == fields[1]
    finally:
        python_docs._docstrings.cache_clear()
        python_docs.text.cache_clear()
