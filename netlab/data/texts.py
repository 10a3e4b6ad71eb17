"""What the sources of texts have in common: reading, padding, and windows of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netlab.data import splitting, tokenizer
from netlab.data.dataset import DataError
from netlab.data.draws import Draw, TokenChanges
from netlab.data.encoding import SAMPLE, encoding_of, lines_of
from netlab.data.findings import NOTE, Ledger, Progress, silent
from netlab.data.tokenizer import Tokenizer
from netlab.language import tr
from netlab.options import Choice, Int

PAD, START, END = 0, 1, 2
PAIR_SPECIALS = ("[PAD]", "[START]", "[END]")
DROPPED = "[DROP]"  # takes the place of tokens that training hides


class TokenOptions(TokenChanges):
    """How texts become tokens."""

    tokenizer = Choice("char", tokenizer.KINDS, help="One token a character, byte or word, or pieces that are learned.")
    vocab_size = Int(
        1024, min=2, max=200_000, unit="tokens", help="Size of a learned vocabulary; unused by char and byte."
    )

    def tokens_at_most(self, letters: int, specials: int) -> int:
        """How many ids the tokenizer can have, for texts with so many different characters."""
        specials += self.drop > 0
        if self.tokenizer == "char":
            return specials + letters + 1
        if self.tokenizer == "byte":
            return specials + 256
        least = tokenizer.SMALLEST[self.tokenizer] + specials + (self.tokenizer != "bpe")
        return max(self.vocab_size, least)

    def learned(self, texts: Sequence[str], specials: tuple[str, ...], progress: Progress = silent) -> Tokenizer:
        """A tokenizer with the vocabulary of these texts."""
        size = self.tokens_at_most(0, len(specials))
        return tokenizer.train(self.tokenizer, texts, size, (*specials, DROPPED) if self.drop else specials, progress)

    def dropped(self, words: Tokenizer, *fields: str) -> tuple[Draw, ...]:
        """What training hides in fields of tokens."""
        return self.drops(words.id_of(DROPPED), len(words.specials), *fields) if self.drop else ()


def padded(rows: Sequence[Sequence[int]], length: int) -> np.ndarray:
    """Rows of ids cut to a length, or with PAD behind: (rows, length) int64."""
    table = np.full((len(rows), length), PAD, np.int64)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row[:length]
    return table


def pairs(sources: list[list[int]], targets: list[list[int]], lengths: tuple[int, int]) -> dict[str, np.ndarray]:
    """Columns for teacher forcing: ``source``, ``target`` with END behind, and ``target_in`` one step later."""
    source_length, target_length = lengths
    cut = [target[:target_length] for target in targets]
    return {
        "source": padded(sources, source_length),
        "target_in": padded([[START, *target] for target in cut], target_length + 1),
        "target": padded([[*target, END] for target in cut], target_length + 1),
    }


def cut_short(rows: Sequence[Sequence[int]], length: int, option: str, ledger: Ledger) -> None:
    """Say how many rows lose their end."""
    if count := sum(len(row) > length for row in rows):
        message = tr(
            "{count:,} of {rows:,} texts are longer than {length} tokens and lose their end. Raise {option}.",
            count=count,
            rows=len(rows),
            length=length,
            option=option,
        )
        ledger.say("cut", message, NOTE, option, count)


def windows(ids: np.ndarray, context: int) -> np.ndarray:
    """Windows of context + 1 ids, one after the other, each beginning where the last but one token was: int64."""
    rows = max(0, (len(ids) - 1) // context)
    starts = np.arange(rows)[:, None] * context
    return ids[starts + np.arange(context + 1)].astype(np.int64)


def next_token(
    texts: Sequence[str], words: Tokenizer, context: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Columns ``tokens`` and ``next_token`` of windows, and the splits, for the texts of the three parts.

    Raises:
        DataError: the training part has no window.
    """
    tables = [windows(words.encode_array(text), context) for text in texts]
    if not len(tables[0]):
        raise DataError(tr("The training part has no window of {context} tokens. Lower context.", context=context))
    whole = np.concatenate(tables)
    ends = np.cumsum([len(table) for table in tables])
    splits = dict(zip(splitting.SPLITS, np.split(np.arange(len(whole), dtype=np.int64), ends[:-1]), strict=True))
    return {"tokens": whole[:, :-1].copy(), "next_token": whole[:, 1:].copy()}, splits


def read_text(path: Path, encoding: str, ledger: Ledger, progress: Progress = silent) -> list[str]:
    """The lines of a text file; those with NUL or broken bytes are empty, and in the ledger."""
    if encoding == "auto":
        with path.open("rb") as stream:
            encoding = encoding_of(stream.read(SAMPLE))
    kept, number = [], 0
    for lines in lines_of(path, encoding, progress):
        for line in lines:
            number += 1
            fault = _fault(line)
            if fault:
                ledger.bad_row(fault[0], fault[1], number, path.name, line)
            kept.append("" if fault else line)
    return kept


def _fault(line: str) -> tuple[str, str] | None:
    if line.isascii():
        return ("nul", tr("the line holds a NUL, which no text has")) if "\0" in line else None
    for character in line:
        if "\udc80" <= character <= "\udcff" or character == "\ufffd":
            return "encoding", tr("the line has bytes that are no text in this encoding")
    return ("nul", tr("the line holds a NUL, which no text has")) if "\0" in line else None
