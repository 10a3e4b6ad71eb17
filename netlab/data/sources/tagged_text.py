"""Tagged text: a word and its tag in each line, an empty line between sentences."""

from __future__ import annotations

from typing import Any

import msgspec

from netlab.data import splitting, tokenizer
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.draws import TokenChanges
from netlab.data.files import FileSource, parts
from netlab.data.findings import ERROR, Ledger, Progress, silent
from netlab.data.judging import judge
from netlab.data.texts import cut_short, padded, read_text
from netlab.data.tokenizer import UNKNOWN_WORD
from netlab.language import tr
from netlab.options import Int

SPECIALS = ("[PAD]", UNKNOWN_WORD)
NO_TAG = "[PAD]"


class TaggedFacts(msgspec.Struct, frozen=True):
    """What tagged text holds: sentences, words, the longest sentence, and all tags."""

    sha256: str
    bytes: int
    sentences: int
    words: int
    longest: int
    tags: tuple[str, ...]


class TaggedText(TokenChanges, FileSource):
    """Sentences with a tag for each word, as in the CoNLL files: first column the word, last column the tag.

    ``tags`` has the class 0 for padding, which losses leave out with ignore_index = 0.
    """

    title = "Tagged text"
    about = "A word and its tag in each line, an empty line between sentences: names, parts of speech."
    task = "sequence_labelling"
    suffixes = (".conll", ".conllu", ".iob", ".bio", ".tagged")
    facts_type = TaggedFacts
    vocab_size = Int(8000, min=3, max=200_000, unit="words", help="How many words are known; the others are unknown.")
    context = Int(32, min=1, max=1024, unit="words", help="Length of a row.")

    def examine(self, ledger: Ledger, progress: Progress) -> TaggedFacts:
        reading, hashing = parts(progress, 1, 1)
        sentences = self._sentences(ledger, reading)
        tags = sorted({tag for _, row in sentences for tag in row})
        if not sentences:
            ledger.say("no_rows", tr("{name} has no tagged word. Choose another file.", name=self.place.name), ERROR)
        words = sum(len(row) for row, _ in sentences)
        longest = max((len(row) for row, _ in sentences), default=0)
        size = self.place.stat().st_size
        return TaggedFacts(self.fingerprint(hashing), size, len(sentences), words, longest, tuple(tags))

    def advise(self, facts: TaggedFacts) -> dict[str, Any]:
        return {"context": min(max(facts.longest, 2), 128)}

    def fields(self) -> tuple[Field, ...]:
        tags = (NO_TAG, *self.facts.tags)
        shape = f"T={self.context}"
        return (
            Field("tokens", shape, "int", "tokens", self.vocab_size),
            Field("tags", shape, "int", "tags", len(tags), tags),
        )

    def load(self, progress: Progress = silent) -> Dataset:
        fields, ledger = self.fields(), Ledger()
        try:
            ledger.whole += self.changed()
            sentences = self._sentences(ledger, progress)
        except OSError as error:
            raise self.unreadable(error) from error
        index = {tag: i for i, tag in enumerate((NO_TAG, *self.facts.tags))}
        known = []
        for words, tags in sentences:
            if strange := [tag for tag in tags if tag not in index]:
                message = tr(
                    "the tag {tag!r:.60} of {words!r} was not there when the file was looked at",
                    tag=strange[0],
                    words=" ".join(words)[:60],
                )
                ledger.bad_row("unknown_class", message, 0, "tags")
            else:
                known.append((words, tags))
        try:
            splits = splitting.at_random(len(known), self.validation, self.test, self.split_seed)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        train = [known[row][0] for row in splits["train"].tolist()]
        vocabulary = tokenizer.of_words(train, self.vocab_size, SPECIALS)
        cut_short([words for words, _ in known], self.context, "context", ledger)
        columns = {
            "tokens": padded([vocabulary.encode_words(words) for words, _ in known], self.context),
            "tags": padded([[index[tag] for tag in tags] for _, tags in known], self.context),
        }
        judge(columns, fields, splits, ledger)
        draws = self.drops(SPECIALS.index(UNKNOWN_WORD), len(SPECIALS), "tokens")
        return Dataset(fields, columns, splits, tokenizer=vocabulary, findings=ledger.findings(), draws=draws)

    def _sentences(self, ledger: Ledger, progress: Progress) -> list[tuple[list[str], list[str]]]:
        found: list[tuple[list[str], list[str]]] = []
        words: list[str] = []
        tags: list[str] = []
        for number, line in enumerate([*read_text(self.place, "auto", ledger, progress), ""], 1):
            if line.startswith("#"):
                continue
            fields = line.split("\t") if "\t" in line else line.split()
            if not fields or not line.strip():
                if words:
                    found.append((words, tags))
                words, tags = [], []
            elif len(fields) < 2:
                ledger.bad_row("too_few_fields", tr("the line has a word, but no tag"), number, self.place.name, line)
            else:
                words.append(fields[0])
                tags.append(fields[-1])
        return found
