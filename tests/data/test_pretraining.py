"""Rows for pre-training, by their definition: pairs of sentences, segments, padding, and hidden tokens."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netlab.data.pretraining import CLS, MASK, PAD, SEP, SPECIALS, masked, sentence_pairs

SENTENCES = st.lists(st.lists(st.integers(4, 9), min_size=1, max_size=20), max_size=12)
SEEDS = st.integers(0, 2**32 - 1)


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


@given(SENTENCES, st.integers(12, 48), SEEDS)
@example([[4] * 8, [4, 4], [4]], 12, 0)  # the other one is the beginning of the true one, and no more has room
@settings(max_examples=200)
def test_every_row_is_a_pair_that_its_label_is_true_of(sentences: list[list[int]], context: int, seed: int) -> None:
    rows = sentence_pairs(sentences, context, generator(seed))
    assert len(rows["tokens"]) == max(len(sentences) - 1, 0)
    for i, (tokens, segment, is_next) in enumerate(zip(*rows.values(), strict=True)):
        ends = np.flatnonzero(tokens == SEP)
        assert len(ends) == 2
        first, second = tokens[1 : ends[0]].tolist(), tokens[ends[0] + 1 : ends[1]].tolist()
        assert tokens[0] == CLS
        assert first
        assert second
        assert (tokens[ends[1] + 1 :] == PAD).all()
        assert (tokens[: ends[1] + 1] != PAD).all()
        assert segment.tolist() == [int(ends[0] < place <= ends[1]) for place in range(context)]
        assert first == sentences[i][: len(first)]
        follows = sentences[i + 1]
        if is_next:
            assert second == follows[: len(second)]
        else:
            assert any(second == s[: len(second)] for s in sentences)
            assert second != follows[: context - 3 - len(first)], "the true neighbour is called random"
            assert second != sentences[i], "a sentence is paired with itself"


@given(st.integers(3, 6), SEEDS)
@settings(max_examples=60)
def test_half_of_the_pairs_are_neighbours_however_few_sentences_there_are(count: int, seed: int) -> None:
    sentences = [[4 + i, 30, 31] for i in range(count)]
    random = generator(seed)
    labels = np.concatenate([sentence_pairs(sentences, 16, random)["is_next"] for _ in range(400 // (count - 1))])
    assert abs(labels.mean() - 0.5) < 5 * 0.5 / len(labels) ** 0.5


@given(st.floats(0.05, 0.6), st.integers(20, 500), SEEDS)
@settings(max_examples=30)
def test_hidden_tokens_have_the_shares_of_the_paper(share: float, vocab_size: int, seed: int) -> None:
    random = generator(seed)
    plain = random.integers(0, vocab_size, (200, 100))
    shown, original = masked(plain, share, vocab_size, random)
    chosen, words = original > 0, plain >= len(SPECIALS)
    assert not (chosen & ~words).any()
    assert np.array_equal(original[chosen], plain[chosen])
    assert np.array_equal(shown[~chosen], plain[~chosen])

    def near(count: int, share: float, of: int) -> None:
        assert abs(count - share * of) < 5 * (share * (1 - share) * of) ** 0.5 + 1

    near(int(chosen.sum()), share, int(words.sum()))
    total = int(chosen.sum())
    near(int((shown[chosen] == MASK).sum()), 0.8, total)
    near(int((shown[chosen] == plain[chosen]).sum()), 0.1 + 0.1 / (vocab_size - len(SPECIALS)), total)
    assert shown[chosen].min() >= MASK
