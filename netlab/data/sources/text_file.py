"""Text: a file or a folder of texts, for models that continue them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from netlab.data import splitting
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.encoding import ENCODINGS
from netlab.data.files import FileSource, parts, shown
from netlab.data.findings import ERROR, Ledger, Progress, silent
from netlab.data.texts import TokenOptions, next_token, read_text
from netlab.language import tr
from netlab.options import Choice, Float, Int

SUFFIXES = (".txt", ".md", ".rst", ".tex", ".py", ".html", ".xml", ".json", ".log", ".srt")
MOST_FILES = 100_000


class TextFacts(msgspec.Struct, frozen=True):
    """What texts hold: how many characters, how many different ones, in how many files."""

    sha256: str
    bytes: int
    characters: int
    letters: int
    files: int = 1
    bad: int = 0


class TextFile(TokenOptions, FileSource):
    """A text for language models: a row is a window of `context` tokens, `next_token` the same one token later.

    The parts are cut from the text in order, and the vocabulary is learned from the training part.
    """

    title = "Text"
    about = "A text file, or all texts of a folder: how does it go on?"
    task = "next_token"
    suffixes = SUFFIXES
    facts_type = TextFacts
    validation = Float(0.1, min=0.0, max=0.9, help="Share of the text, behind the training part, for validation.")
    test = Float(0.1, min=0.0, max=0.9, help="Share of the text, at the end, for the final test.")
    encoding = Choice("auto", ENCODINGS, help="How the characters are written; auto looks at each file.")
    context = Int(64, min=2, max=4096, unit="tokens", help="Length of a window.")

    @classmethod
    def likes(cls, path: Path) -> float:
        if path.is_dir():
            return 0.3 if _texts(path) else 0.0
        return super().likes(path)

    def examine(self, ledger: Ledger, progress: Progress) -> TextFacts:
        letters: set[str] = set()
        characters = size = 0
        digest = hashlib.sha256()
        files = self._files()
        for path, part in zip(files, parts(progress, *[1.0] * len(files)), strict=True):
            lines = read_text(path, self.encoding, ledger, part)
            characters += sum(map(len, lines)) + len(lines)
            letters.update(*lines)
            content = path.read_bytes()
            digest.update(shown(path.name).encode() + b"\0" + content)
            size += len(content)
        if not characters:
            ledger.say("no_rows", tr("There is no text in {name}. Choose another file.", name=self.place.name), ERROR)
        letters.add("\n")
        return TextFacts(digest.hexdigest(), size, characters, len(letters), len(files), ledger.bad)

    def fingerprint(self, progress: Progress = silent) -> str:
        digest = hashlib.sha256()
        for path in self._files():
            digest.update(shown(path.name).encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def fields(self) -> tuple[Field, ...]:
        size, shape = self.tokens_at_most(self.facts.letters, 0), f"T={self.context}"
        return Field("tokens", shape, "int", "tokens", size), Field("next_token", shape, "int", "tokens", size)

    def row_count(self) -> int | None:
        counted = {"char": "characters", "byte": "bytes"}.get(self.tokenizer)
        return getattr(self.facts, counted) // self.context if self.seen and counted else None

    def load(self, progress: Progress = silent) -> Dataset:
        ledger = Ledger()
        reading, learning = parts(progress, 1, 2)
        try:
            ledger.whole += self.changed()
            files = self._files()
            lines = [line for path in files for line in read_text(path, self.encoding, ledger)]
        except OSError as error:
            raise self.unreadable(error) from error
        reading(1.0)
        texts = self._cut("\n".join(lines))
        words = self.learned(texts[0].split("\n\n") if self.tokenizer != "char" else [texts[0]], (), learning)
        columns, splits = next_token(texts, words, self.context)
        draws = self.dropped(words, "tokens")
        return Dataset(self.fields(), columns, splits, tokenizer=words, findings=ledger.findings(), draws=draws)

    def _files(self) -> list[Path]:
        place = self.place
        if not place.is_dir():
            return [place]
        return _texts(place)

    def _cut(self, text: str) -> list[str]:
        try:
            train, val, _ = splitting.counts(len(text), self.validation, self.test)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        return [text[:train], text[train : train + val], text[train + val :]]


def _texts(folder: Path) -> list[Path]:
    """The text files of a folder and its folders, in order of their names."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    return found[:MOST_FILES]
