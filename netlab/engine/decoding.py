"""How scores become a row of tokens: drawn by lot, the best each time, or the best of several rows (beam search)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from netlab.language import tr

LENGTH_PENALTY = 0.6  # α of Wu et al. 2016, who found 0.6 to 0.7 best
Step = Callable[[torch.Tensor], torch.Tensor]
"""Scores of what comes next, (rows, vocabulary), for rows of what was written so far, (rows, places), start included."""


class DecodingError(ValueError):
    """A way to decode that makes no sense, as a sentence with the remedy."""


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn: softmax of the scores / temperature, among the `top_k` or the likeliest `top_p`."""

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature <= 100.0:
            raise DecodingError(
                tr(
                    "temperature is {temperature:g}, but it has to be from 0 (always the best) to 100.",
                    temperature=self.temperature,
                )
            )
        if self.top_k is not None and self.top_k < 1:
            raise DecodingError(tr("top_k is {top_k}, but at least one token has to stay.", top_k=self.top_k))
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            raise DecodingError(tr("top_p is {top_p:g}, but it has to be above 0 and at most 1.", top_p=self.top_p))

    def shares(self, scores: torch.Tensor) -> torch.Tensor:
        """Probabilities of all tokens from scores (vocabulary), after temperature, top-k and top-p (Holtzman et al. 2019)."""
        if self.temperature == 0:
            return torch.nn.functional.one_hot(scores.argmax(), len(scores)).float()
        scores = scores / self.temperature
        if self.top_k is not None and self.top_k < len(scores):
            scores = scores.masked_fill(scores < scores.topk(self.top_k).values[-1], -torch.inf)
        shares = scores.softmax(-1)
        if self.top_p is not None:
            ranked, order = shares.sort(descending=True)
            dropped = order[ranked.cumsum(0) - ranked >= self.top_p]  # the first always stays
            shares = shares.index_fill(0, dropped, 0.0)
        return shares / shares.sum()


@dataclass(frozen=True)
class Written:
    """A row that was decoded.

    Attributes:
        ids: its tokens, without those for start and end.
        score: log-probability over the length penalty, at most 0; the higher the better.
        ended: whether the model ended it; otherwise there was no more room.
    """

    ids: tuple[int, ...]
    score: float
    ended: bool


def penalty(length: int, alpha: float = LENGTH_PENALTY) -> float:
    """What a log-probability of so many tokens, the end included, is divided by: ((5 + length) / 6)^α.

    Without it short rows would win, as every token costs something (Wu et al. 2016, equation 14).
    """
    return ((5 + length) / 6) ** alpha


def greedy(step: Step, start: int, end: int, longest: int) -> Written:
    """The row that takes the likeliest token each time, until the end or `longest` tokens."""
    return _searched(step, start, end, longest, 1, LENGTH_PENALTY)[0]


def beam(step: Step, start: int, end: int, longest: int, width: int, alpha: float = LENGTH_PENALTY) -> list[Written]:
    """The best rows that a search finds which goes on with the `width` likeliest beginnings, best first.

    The greedy row is always among those that are compared: a search of any width answers at least as well. Wide
    enough for all rows there are, it finds the best of all (Sutskever et al. 2014, section 3.2).

    Args:
        longest: tokens of a row at most, the end included.
        alpha: of the length penalty; 0 compares plain log-probabilities.

    Raises:
        DecodingError: the width is below 1.
    """
    if width < 1:
        raise DecodingError(tr("The beam is {width} wide, but at least one row has to go on.", width=width))
    found = _searched(step, start, end, longest, width, alpha)
    if width > 1:
        known = {(written.ids, written.ended) for written in found}  # scores differ by rounding with the rows beside
        alone = _searched(step, start, end, longest, 1, alpha)
        found += [written for written in alone if (written.ids, written.ended) not in known]
    return sorted(found, key=lambda written: -written.score)[:width]


def _searched(step: Step, start: int, end: int, longest: int, width: int, alpha: float) -> list[Written]:
    rows, sums = torch.tensor([[start]]), torch.zeros(1, dtype=torch.float64)
    done: list[Written] = []
    for length in range(1, longest + 1):
        sums, parents, tokens = _likeliest(sums, step(rows), width)
        rows = torch.cat([rows[parents], tokens[:, None]], 1)
        over = tokens == end
        for row, total in zip(rows[over].tolist(), sums[over].tolist(), strict=True):
            done.append(Written(tuple(row[1:-1]), total / penalty(length, alpha), ended=True))
        rows, sums = rows[~over], sums[~over]
        if not len(rows) or _settled(done, float(sums.max()) / penalty(longest, alpha), width):
            break
    else:
        for row, total in zip(rows.tolist(), sums.tolist(), strict=True):
            done.append(Written(tuple(row[1:]), total / penalty(longest, alpha), ended=False))
    return sorted(done, key=lambda written: -written.score)[:width]


def _likeliest(sums: torch.Tensor, scores: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The `width` best ways to go on from rows with these log-probabilities: new sums, which row, which token."""
    totals = sums[:, None] + scores.double().log_softmax(-1)
    best, places = totals.flatten().sort(descending=True, stable=True)
    best, places = best[:width], places[:width]
    possible = best > -torch.inf
    return best[possible], (places // scores.shape[1])[possible], (places % scores.shape[1])[possible]


def _settled(done: list[Written], hope: float, width: int) -> bool:
    """Whether no row that still goes on can come among the best, as its log-probability can only fall."""
    return len(done) >= width and sorted((w.score for w in done), reverse=True)[width - 1] >= hope
