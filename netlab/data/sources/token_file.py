"""Token file: a text that somebody else has turned into numbers already."""

from __future__ import annotations

import msgspec
import numpy as np

from netlab.data import splitting
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.files import FileSource, parts
from netlab.data.findings import ERROR, Ledger, Progress, silent
from netlab.data.lazy import Column, whole
from netlab.data.texts import read_text
from netlab.language import tr
from netlab.options import Choice, Float, Int

TYPES = ("uint16", "int32", "uint32", "int64")


class TokenFacts(msgspec.Struct, frozen=True):
    """How many tokens a file holds, and the highest of them."""

    sha256: str
    bytes: int
    tokens: int
    highest: int


class TokenFile(FileSource):
    """Token ids, as text (numbers with blanks or lines between) or as raw numbers of two, four or eight bytes.

    Raw numbers are not read into memory: a row is a window of `context` tokens that is looked up when it is needed.
    """

    title = "Tokens"
    about = "A file of token ids, .tokens or .ids as text, .bin as raw numbers: how do they go on?"
    task = "next_token"
    suffixes = (".tokens", ".ids", ".bin")
    facts_type = TokenFacts
    decisive = (*FileSource.decisive, "number")
    validation = Float(0.1, min=0.0, max=0.9, help="Share of the tokens, behind the training part, for validation.")
    test = Float(0.1, min=0.0, max=0.9, help="Share of the tokens, at the end, for the final test.")
    number = Choice("uint16", TYPES, help="The type of the numbers in a .bin file.")
    context = Int(64, min=2, max=4096, unit="tokens", help="Length of a window.")

    def examine(self, ledger: Ledger, progress: Progress) -> TokenFacts:
        reading, hashing = parts(progress, 2, 1)
        ids = self._ids(ledger, reading)
        if not len(ids):
            ledger.say("no_rows", tr("There is no token in {name}. Choose another file.", name=self.place.name), ERROR)
        low, high = (int(ids.min()), int(ids.max())) if len(ids) else (0, 0)
        if low < 0 or high > 2**24:
            message = tr(
                "The numbers go from {low} to {high}, which are no tokens. Choose another type of number than {type}.",
                low=low,
                high=high,
                type=self.number,
            )
            raise DataError(message)
        return TokenFacts(self.fingerprint(hashing), self.place.stat().st_size, len(ids), high)

    def fields(self) -> tuple[Field, ...]:
        size, shape = self.facts.highest + 1, f"T={self.context}"
        return Field("tokens", shape, "int", "tokens", size), Field("next_token", shape, "int", "tokens", size)

    def row_count(self) -> int | None:
        return self.facts.tokens // self.context if self.seen else None

    def load(self, progress: Progress = silent) -> Dataset:
        ledger = Ledger()
        try:
            ledger.whole += self.changed()
            ids = self._ids(ledger, progress)
        except OSError as error:
            raise self.unreadable(error) from error
        try:
            sizes = splitting.counts(len(ids), self.validation, self.test)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        starts, splits, at, row = [], {}, 0, 0
        for name, size in zip(splitting.SPLITS, sizes, strict=True):
            rows = max(0, (size - 1) // self.context)
            starts.append(at + np.arange(rows) * self.context)
            splits[name] = np.arange(row, row + rows, dtype=np.int64)
            at, row = at + size, row + rows
        if not len(splits["train"]):
            raise DataError(
                tr("The training part has no window of {context} tokens. Lower context.", context=self.context)
            )
        places = np.concatenate(starts)
        columns = {
            "tokens": TokenColumn(ids, places, self.context, self.facts.sha256),
            "next_token": TokenColumn(ids, places + 1, self.context, self.facts.sha256),
        }
        return Dataset(
            self.fields(), {name: whole(column) for name, column in columns.items()}, splits, findings=ledger.findings()
        )

    def _ids(self, ledger: Ledger, progress: Progress) -> np.ndarray:
        path = self.place
        if path.suffix.lower() == ".bin":
            size = np.dtype(self.number).itemsize
            if path.stat().st_size % size:
                raise DataError(
                    tr(
                        "{name} is no whole number of {type}. Choose another type of number.",
                        name=path.name,
                        type=self.number,
                    )
                )
            progress(1.0)
            if not path.stat().st_size:
                return np.empty(0, np.int64)
            return np.memmap(path, dtype=self.number, mode="r")
        found: list[np.ndarray] = []
        for number, line in enumerate(read_text(path, "auto", ledger, progress), 1):
            words = line.replace(",", " ").split()
            if wrong := next((word for word in words if not (word.isascii() and word.isdigit())), ""):
                ledger.bad_row("bad_number", tr("{text!r:.60} is no token id", text=wrong), number, path.name, line)
            elif words:
                found.append(np.array(words, dtype=np.int64))
        return np.concatenate(found) if found else np.empty(0, np.int64)


class TokenColumn(Column):
    """Windows into a row of ids: int64 (n, context)."""

    dtype = np.dtype(np.int64)

    def __init__(self, ids: np.ndarray, starts: np.ndarray, context: int, digest: str) -> None:
        self.ids, self.starts, self.digest = ids, starts, digest
        self.shape = (len(starts), context)

    def fetch(self, rows: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
        places = self.starts[rows][:, None] + np.arange(self.shape[1])
        return self.ids[places].astype(np.int64), {}
