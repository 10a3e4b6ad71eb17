"""Tokenizers: from text to ids and back, by characters or by byte-pair encoding."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers, trainers

UNKNOWN = "\ufffd"
KINDS = ("char", "bpe")
MARKS = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍", UNKNOWN: "?"}


@dataclass(frozen=True)
class Tokenizer:
    """A trained tokenizer as a value.

    Attributes:
        kind: ``char`` (one id a character, id 0 for characters never seen) or ``bpe`` (byte-level, loses nothing).
        model: JSON of the vocabulary, or of the backend.
    """

    kind: str
    model: str

    @cached_property
    def _chars(self) -> list[str]:
        return json.loads(self.model)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {char: i for i, char in enumerate(self._chars)}

    @cached_property
    def _backend(self) -> Backend:
        return Backend.from_str(self.model)

    @property
    def size(self) -> int:
        """How many different ids there are."""
        return len(self._chars) if self.kind == "char" else self._backend.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """Ids of a text."""
        if self.kind == "char":
            return [self._ids.get(char, 0) for char in text]
        return self._backend.encode(text).ids

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        """Ids of many texts, on all cores."""
        if self.kind == "char":
            return [self.encode(text) for text in texts]
        return [encoding.ids for encoding in self._backend.encode_batch(texts)]

    def decode(self, ids: list[int]) -> str:
        """Text of ids."""
        if self.kind == "char":
            return "".join(self._chars[i] for i in ids)
        return self._backend.decode(ids, skip_special_tokens=False)

    def token(self, index: int) -> str:
        """One token in a form that can be printed on an axis: blanks and line ends become signs."""
        text = self.decode([index])
        return "".join(MARKS.get(char, char) for char in text)

    def to_json(self) -> str:
        """The whole tokenizer as JSON text."""
        return json.dumps({"kind": self.kind, "model": self.model}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """Read what `to_json` wrote."""
        told = json.loads(text)
        return cls(str(told["kind"]), str(told["model"]))


def train(kind: str, text: str, vocab_size: int = 1024, specials: tuple[str, ...] = ()) -> Tokenizer:
    """Learn a vocabulary from a text: its characters, or at most `vocab_size` byte pairs (Sennrich et al. 2016).

    `specials`, such as ``[MASK]``, get the first ids of a byte-pair vocabulary.
    """
    if kind == "char":
        return Tokenizer(kind, json.dumps([UNKNOWN, *sorted(set(text) - {UNKNOWN})], ensure_ascii=False))
    if kind != "bpe":
        raise ValueError(f"There is no tokenizer of kind {kind!r}; there are: {', '.join(KINDS)}.")
    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False, special_tokens=list(specials)
    )
    backend.train_from_iterator(text.split("\n\n"), trainer)
    return Tokenizer(kind, backend.to_str())
