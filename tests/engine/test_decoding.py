"""Decoding: beam search against the search of everything, on models that are tables of random scores."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from netlab.engine.decoding import DecodingError, Step, beam, greedy, penalty

START, END = 3, 0
MODELS = st.builds(lambda seed, sharp: table(seed, sharp), st.integers(0, 10_000), st.floats(0.1, 4.0))
LENGTHS, ALPHAS = st.integers(1, 4), st.sampled_from([0.0, 0.6, 1.0, 2.0])


def table(seed: int, sharp: float, size: int = 3) -> Step:
    """Scores of three tokens that depend on all that was written."""

    def step(rows: torch.Tensor) -> torch.Tensor:
        found = []
        for row in rows.tolist():
            generator = torch.Generator().manual_seed(hash((seed, *row)) % 2**31)
            found.append(torch.randn(size, generator=generator) * sharp)
        return torch.stack(found)

    return step


def score(step: Step, ids: tuple[int, ...], ended: bool, alpha: float) -> float:
    """The score of a row by the definition: Σ log p(token | those before) over the length penalty."""
    row, total = [START], 0.0
    tokens = [*ids, END] if ended else list(ids)
    for token in tokens:
        total += float(step(torch.tensor([row]))[0].double().log_softmax(0)[token])
        row.append(token)
    return total / penalty(len(tokens), alpha)


def every(longest: int) -> list[tuple[tuple[int, ...], bool]]:
    """All rows of the tokens 1 and 2 that are ended in time, and those that fill the room."""
    ended = [(ids, True) for n in range(longest) for ids in itertools.product((1, 2), repeat=n)]
    return ended + [(ids, False) for ids in itertools.product((1, 2), repeat=longest)]


@given(MODELS, LENGTHS, ALPHAS)
@settings(max_examples=30)
def test_a_beam_that_is_wide_enough_finds_the_best_of_all(step: Step, longest: int, alpha: float) -> None:
    rows = every(longest)
    found = beam(step, START, END, longest, 3**longest, alpha)
    scores = {row: score(step, *row, alpha) for row in rows}
    best = max(scores.values())
    assert found[0].score == pytest.approx(best)
    assert scores[found[0].ids, found[0].ended] == pytest.approx(best)


@given(MODELS, LENGTHS, ALPHAS, st.integers(2, 6))
@settings(max_examples=30)
def test_rows_have_the_scores_they_claim_and_none_is_below_greedy(
    step: Step, longest: int, alpha: float, width: int
) -> None:
    found = beam(step, START, END, longest, width, alpha)
    for written in found:
        assert written.score == pytest.approx(score(step, written.ids, written.ended, alpha))
    assert [w.score for w in found] == sorted((w.score for w in found), reverse=True)
    assert len({(w.ids, w.ended) for w in found}) == len(found) <= width
    assert found[0].score >= beam(step, START, END, longest, 1, alpha)[0].score


@given(MODELS, LENGTHS)
@settings(max_examples=20)
def test_greedy_takes_the_likeliest_token_each_time(step: Step, longest: int) -> None:
    row = [START]
    while len(row) <= longest and row[-1] != END:
        row.append(int(step(torch.tensor([row])).argmax()))
    ended = row[-1] == END
    written = greedy(step, START, END, longest)
    assert (written.ids, written.ended) == (tuple(row[1:-1] if ended else row[1:]), ended)


def test_greedy_can_be_led_astray_where_a_beam_is_not() -> None:
    shares = {
        (START,): [0.0, 0.6, 0.4],
        (START, 1): [0.34, 0.33, 0.33],
        (START, 2): [1.0, 0.0, 0.0],
    }

    def step(rows: torch.Tensor) -> torch.Tensor:
        return torch.tensor([shares.get(tuple(row), [1.0, 0.0, 0.0]) for row in rows.tolist()]).log()

    assert greedy(step, START, END, 3).ids == (1,)
    best = beam(step, START, END, 3, 2, alpha=0.0)[0]
    assert best.ids == (2,)
    assert best.score == pytest.approx(math.log(0.4))


def test_a_beam_of_nothing_is_refused() -> None:
    with pytest.raises(DecodingError, match="at least one"):
        beam(table(0, 1.0), START, END, 3, 0)
