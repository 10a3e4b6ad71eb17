"""Tokenizers: text goes to ids and comes back, specials first, saved and read back, learned with progress."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlab.data.findings import Cancelled
from netlab.data.tokenizer import KINDS, Tokenizer, train

TEXT = "for i in range(10):\n\tprint(i)  # 数字 é 🙂\n\nThe same again, the same again. The same again."
SPECIALS = ("[PAD]", "[CLS]", "[SEP]", "[MASK]")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("specials", [(), SPECIALS])
def test_ids_come_back_as_text(kind: str, specials: tuple[str, ...]) -> None:
    words = train(kind, TEXT, 400, specials)
    ids = words.encode(TEXT)
    assert min(ids) >= len(specials)
    assert max(ids) < words.size
    text = words.decode(ids)
    if kind in ("char", "byte", "bpe"):
        assert text == TEXT
    else:
        assert [c for c in text if not c.isspace()] == [c for c in TEXT if not c.isspace()]
    assert Tokenizer.from_json(words.to_json()) == words
    assert words.encode_all([TEXT, "same"]) == [ids, words.encode("same")]


@pytest.mark.parametrize("kind", KINDS)
def test_the_vocabulary_can_be_browsed(kind: str) -> None:
    words = train(kind, TEXT, 400, SPECIALS)
    tokens = words.vocabulary()
    assert len(tokens) == words.size
    assert tokens[:4] == SPECIALS
    assert [words.id_of(token) for token in SPECIALS] == [0, 1, 2, 3]
    assert all(tokens)
    with pytest.raises(KeyError):
        words.id_of("[NONE]")


@pytest.mark.parametrize("kind", KINDS)
def test_specials_can_be_left_out(kind: str) -> None:
    words = train(kind, TEXT, 400, SPECIALS)
    ids = [1, *words.encode("same"), 2, 0, 0]
    assert words.decode(ids, specials=False).strip() == "same"


def test_unknown_text_becomes_the_unknown() -> None:
    for kind, unknown in (("char", "?"), ("word", "[UNK]"), ("wordpiece", "[UNK]")):
        words = train(kind, TEXT, 400)
        assert [words.token(i) for i in words.encode("ж")] == [unknown]


def test_sizes_are_kept() -> None:
    text = " ".join(f"word{i} " * (50 - i) for i in range(50))
    assert train("word", text, 20).size == 20
    assert train("wordpiece", text, 40).size <= 40
    assert train("bpe", text, 300).size <= 300
    assert train("byte", text, 300, SPECIALS).size == 260


def test_there_is_no_other_kind() -> None:
    with pytest.raises(ValueError, match="wordpiece"):
        train("telepathy", TEXT)


@pytest.mark.parametrize("kind", ["char", "word", "bpe", "wordpiece"])
def test_learning_tells_its_progress_and_can_be_cancelled(kind: str) -> None:
    texts = [f"text number {i}" for i in range(5000)]
    shares: list[float] = []
    train(kind, texts, 300, progress=shares.append)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)

    def stop(share: float) -> None:
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        train(kind, texts, 300, progress=stop)


BYTES, PAIRS = train("byte", ""), train("bpe", TEXT, 300)


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_bytes_and_byte_pairs_lose_nothing(text: str) -> None:
    assert BYTES.decode(BYTES.encode(text)) == text
    assert PAIRS.decode(PAIRS.encode(text)) == text
