"""Texts from files: continued, translated, classified, tagged; vocabularies learned from the training part only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netlab.data import tokenizer
from netlab.data.dataset import DataError
from netlab.data.draws import DropTokens
from netlab.data.look import guess, look
from netlab.data.sources.tagged_text import TaggedText
from netlab.data.sources.text_classes import TextClasses
from netlab.data.sources.text_file import TextFile
from netlab.data.sources.text_pairs import TextPairs

STORY = "".join(
    f"Line {i} tells of {['cats', 'dogs', 'cows'][i % 3]} and goes on. Ende gut, alles gut: 数 {i}.\n"
    for i in range(300)
)
PAIRS = [
    (f"the {a} {b} number {i}", f"der {b} {a} Nummer {i}")
    for i, (a, b) in enumerate([("big", "dog"), ("old", "cat")] * 60)
]


@pytest.mark.parametrize("kind", tokenizer.KINDS)
def test_a_text_becomes_windows(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    source, seen = look(guess(path).with_options(tokenizer=kind, context=16, vocab_size=300))
    assert isinstance(source, TextFile)
    dataset = source.load()
    tokens, following = dataset.columns["tokens"], dataset.columns["next_token"]
    assert np.array_equal(tokens[:, 1:], following[:, :-1])
    size = source.fields()[0].classes
    assert dataset.tokenizer is not None
    assert size is not None
    assert tokens.max() < dataset.tokenizer.size <= size
    if kind in ("char", "byte", "bpe"):
        train = dataset.tokenizer.decode(tokens[dataset.splits["train"]].ravel())
        assert STORY.startswith(train[:1000])
    assert seen.texts
    assert sum(seen.lengths.counts) > 0


@pytest.mark.parametrize("kind", tokenizer.KINDS)
def test_dropped_tokens_become_one_that_stands_for_nothing_else(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    plain, _ = look(guess(path).with_options(tokenizer=kind, context=16, vocab_size=300))
    assert not plain.load().draws
    source = plain.with_options(drop=0.25)
    dataset = source.load()
    (draw,) = dataset.draws
    assert isinstance(draw, DropTokens)
    assert dataset.tokenizer is not None
    assert (draw.field, draw.share, draw.by) == ("tokens", 0.25, dataset.tokenizer.id_of("[DROP]"))
    assert draw.first == len(dataset.tokenizer.specials)
    assert not (dataset.columns["tokens"] == draw.by).any()
    size = source.fields()[0].classes
    assert size is not None
    assert dataset.columns["tokens"].max() < dataset.tokenizer.size <= size


def test_bad_lines_of_a_text_cost_themselves(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(STORY.encode() + b"broken \xff\xfe line\nNUL \0 line\n" + STORY.encode())
    _, seen = look(guess(path))
    assert [(f.code, f.line) for f in seen.findings if f.costs] == [("encoding", 301), ("nul", 302)]
    assert "broken" not in "".join(map("".join, seen.texts))
    (tmp_path / "empty.txt").write_text("")
    _, seen = look(guess(tmp_path / "empty.txt"))
    assert {"no_rows", "blocked"} <= {f.code for f in seen.findings}


def test_a_folder_of_texts_is_one_text(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.md").write_text(STORY[i * 1000 : i * 1000 + 1000], encoding="utf-8")
    source, _ = look(guess(tmp_path))
    assert isinstance(source, TextFile)
    assert source.facts.files == 3
    (tmp_path / "2.md").write_text("other")
    assert "changed_file" in {f.code for f in source.load().findings}
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(DataError):
        source.load()


@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.csv"])
@pytest.mark.parametrize("kind", ["char", "bpe", "word"])
def test_pairs_are_read_for_teacher_forcing(tmp_path: Path, name: str, kind: str) -> None:
    sign = "\t" if name.endswith("tsv") else ","
    path = tmp_path / name
    path.write_text("english" + sign + "german\n" + "".join(f"{a}{sign}{b}\n" for a, b in PAIRS))
    source, seen = look(guess(path).with_options(tokenizer=kind, vocab_size=300))
    assert isinstance(source, TextPairs)
    dataset = source.load()
    words = dataset.tokenizer
    assert words is not None
    for row in dataset.splits["train"][:8]:
        read, given, target = (dataset.columns[n][row] for n in ("source", "target_in", "target"))
        assert words.decode(read, specials=False).strip() == PAIRS[row][0]
        made = [int(i) for i in target if i]
        assert words.decode(made, specials=False).strip() == PAIRS[row][1]
        assert made[-1] == words.id_of("[END]")
        assert [int(i) for i in given if i] == [words.id_of("[START]"), *made[:-1]]
    assert [f.sizes for f in source.fields()] == [c.shape[1:] for c in dataset.columns.values()]
    assert seen.task == "sequence_to_sequence"
    assert [draw.field for draw in source.with_options(drop=0.1).load().draws] == ["source", "target_in"]


def test_pairs_without_a_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("en\tde\n" + "".join(f"{a}\t{b}\n" for a, b in PAIRS) + "alone\t\n")
    _, seen = look(guess(path))
    assert [(f.code, f.line, f.column) for f in seen.findings if f.costs] == [("no_text", 122, "de")]
    assert sum(seen.splits.values()) == 120


def test_texts_with_classes(tmp_path: Path) -> None:
    path = tmp_path / "moods.csv"
    path.write_text(
        "text,mood\n" + "".join(f'"{a}, {b}",{"good" if i % 3 else "bad"}\n' for i, (a, b) in enumerate(PAIRS))
    )
    source, seen = look(guess(path))
    assert isinstance(source, TextClasses)
    assert dict(seen.classes) == {"bad": 40, "good": 80}
    dataset = source.load()
    assert dataset.tokenizer is not None
    row = dataset.splits["train"][0]
    assert dataset.tokenizer.decode(dataset.columns["tokens"][row], specials=False) == ", ".join(PAIRS[row])
    assert {int(n) for n in np.bincount(dataset.columns["label"][dataset.splits["test"]])} == {6, 12}


def test_tagged_words_keep_their_tags(tmp_path: Path) -> None:
    path = tmp_path / "names.conll"
    sentence = "Ada\tNOUN\nLovelace\tNOUN\nwrote\tVERB\nU.S.\tNOUN\n.\tPUNCT\n\n"
    path.write_text("# a comment\n" + sentence * 30 + "lonely\n\n")
    source, seen = look(guess(path))
    assert isinstance(source, TaggedText)
    assert source.facts.sentences == 30
    assert source.with_options(drop=0.1).load().draws == (DropTokens("tokens", 0.1, by=1, first=2),)
    assert [f.code for f in seen.findings if f.costs] == ["too_few_fields"]
    dataset = source.load()
    tags, names = dataset.columns["tags"], source.fields()[1].names
    assert [names[i] for i in tags[0]] == ["NOUN", "NOUN", "VERB", "NOUN", "PUNCT"]
    assert dataset.tokenizer is not None
    assert [dataset.tokenizer.token(i) for i in dataset.columns["tokens"][0]] == [
        "Ada",
        "Lovelace",
        "wrote",
        "U.S.",
        ".",
    ]
