"""Tokenizers: from text to ids and back, by characters, bytes, words, byte pairs or word pieces."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from netlab.data.findings import Progress, silent
from netlab.language import tr

UNKNOWN = "\ufffd"
UNKNOWN_WORD = "[UNK]"
KINDS = ("char", "byte", "word", "bpe", "wordpiece")
LEARNED = ("word", "bpe", "wordpiece")  # those with a vocabulary of a chosen size
SMALLEST = {"bpe": 256, "word": 1, "wordpiece": 1}
MARKS = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍", UNKNOWN: "?"}
BATCH = 1000


@dataclass(frozen=True)
class Tokenizer:
    """A trained tokenizer as a value.

    Attributes:
        kind: ``char`` (one id a character), ``byte`` (one id a byte of UTF-8), ``word``, ``bpe`` (byte-level, loses
            nothing; Sennrich et al. 2016) or ``wordpiece`` (Wu et al. 2016).
        model: JSON of the vocabulary, or of the backend.
        specials: tokens that stand for no text, such as ``[PAD]``; they have the first ids.
    """

    kind: str
    model: str
    specials: tuple[str, ...] = ()

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
        if self.kind == "byte":
            return len(self.specials) + 256
        return len(self._chars) if self.kind == "char" else self._backend.get_vocab_size()

    def id_of(self, token: str) -> int:
        """The id of a special token; KeyError if there is none of that name."""
        try:
            return self.specials.index(token)
        except ValueError:
            raise KeyError(token) from None

    def encode(self, text: str) -> list[int]:
        """Ids of a text; special tokens in it are read as plain text."""
        if self.kind == "byte":
            first = len(self.specials)
            return [first + byte for byte in text.encode("utf-8", "replace")]
        if self.kind == "char":
            unknown = self._ids.get(UNKNOWN, 0)
            return [self._ids.get(char, unknown) for char in text]
        return self._backend.encode(text, add_special_tokens=False).ids

    def encode_array(self, text: str) -> np.ndarray:
        """Ids of a long text, int32."""
        if self.kind == "char":
            table = np.full(0x110000, self._ids.get(UNKNOWN, 0), np.int32)
            table[[ord(char) for char in self._chars if len(char) == 1]] = [
                i for i, char in enumerate(self._chars) if len(char) == 1
            ]
            return table[np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)]
        if self.kind == "byte":
            return np.frombuffer(text.encode("utf-8", "replace"), np.uint8).astype(np.int32) + len(self.specials)
        return np.asarray(self.encode(text), np.int32)

    def encode_words(self, words: Sequence[str]) -> list[int]:
        """One id for each word of a sentence that is cut into words already."""
        unknown = self._backend.token_to_id(UNKNOWN_WORD) or 0
        return [self._backend.token_to_id(word) or unknown for word in words]

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of many texts, on all cores."""
        if self.kind in ("char", "byte"):
            return [self.encode(text) for text in texts]
        return [encoding.ids for encoding in self._backend.encode_batch(list(texts), add_special_tokens=False)]

    def decode(self, ids: Iterable[int], specials: bool = True) -> str:
        """Text of ids; without `specials`, tokens that stand for no text are left out."""
        first = len(self.specials)
        ids = [int(i) for i in ids if specials or int(i) >= first]
        if self.kind == "char":
            return "".join(self._chars[i] for i in ids)
        if self.kind == "byte":
            return "".join(self._pieces(ids))
        return self._backend.decode(ids, skip_special_tokens=False)

    def _pieces(self, ids: list[int]) -> Iterator[str]:
        first, held = len(self.specials), bytearray()
        for i in ids:
            if i >= first:
                held.append(i - first)
                continue
            yield held.decode("utf-8", "replace") + self.specials[i]
            held.clear()
        yield held.decode("utf-8", "replace")

    def token(self, index: int) -> str:
        """One token in a form that can be printed on an axis: blanks and line ends become signs."""
        if self.kind == "byte" and index >= len(self.specials) + 128:
            return f"{index - len(self.specials):02X}"
        if self.kind in ("word", "wordpiece"):
            return self._backend.id_to_token(index) or UNKNOWN
        text = self.decode([index])
        return "".join(MARKS.get(char, char) for char in text)

    def vocabulary(self) -> tuple[str, ...]:
        """Every token as `token` shows it, by id."""
        return tuple(map(self.token, range(self.size)))

    def to_json(self) -> str:
        """The whole tokenizer as JSON text."""
        told = {"kind": self.kind, "model": self.model, "specials": self.specials}
        return json.dumps(told, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """Read what `to_json` wrote."""
        told = json.loads(text)
        return cls(str(told["kind"]), str(told["model"]), tuple(map(str, told.get("specials", ()))))


def train(
    kind: str,
    text: str | Sequence[str],
    vocab_size: int = 1024,
    specials: tuple[str, ...] = (),
    progress: Progress = silent,
) -> Tokenizer:
    """Learn a vocabulary from texts.

    ``char`` and ``byte`` take what there is; the others learn at most `vocab_size` tokens, specials included. Words
    that were not learned, and characters that were not seen, become one token for the unknown.

    Raises:
        ValueError: there is no such kind.
        Exception: whatever the progress callback raises to end it.
    """
    if kind == "byte":
        return Tokenizer(kind, "", specials)
    texts = text.split("\n\n") if isinstance(text, str) else text
    if kind == "char":
        seen: set[str] = set()
        for part in _watched([text] if isinstance(text, str) else text, progress):
            seen.update(part)
        chars = [*specials, UNKNOWN, *sorted(seen - {UNKNOWN, *specials})]
        return Tokenizer(kind, json.dumps(chars, ensure_ascii=False), specials)
    if kind not in LEARNED:
        raise ValueError(
            tr("There is no tokenizer of kind {kind!r}; there are: {known}.", kind=kind, known=", ".join(KINDS))
        )
    if kind != "bpe" and UNKNOWN_WORD not in specials:
        specials = (*specials, UNKNOWN_WORD)
    backend, trainer = _backend(kind, vocab_size, specials)
    backend.train_from_iterator(_watched(texts, progress), trainer)
    return Tokenizer(kind, backend.to_str(), specials)


def of_words(sentences: Iterable[Sequence[str]], vocab_size: int, specials: tuple[str, ...] = ()) -> Tokenizer:
    """A tokenizer of kind ``word`` for sentences that are cut into words already: the most frequent words."""
    if UNKNOWN_WORD not in specials:
        specials = (*specials, UNKNOWN_WORD)
    counts = Counter(word for sentence in sentences for word in sentence if word not in specials)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    vocabulary = {word: i for i, word in enumerate((*specials, *ranked[: max(0, vocab_size - len(specials))]))}
    backend = Backend(models.WordLevel(vocabulary, unk_token=UNKNOWN_WORD))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return Tokenizer("word", backend.to_str(), specials)


def _watched(texts: Sequence[str], progress: Progress) -> Iterator[str]:
    for i, text in enumerate(texts):
        if not i % BATCH:
            progress(i / len(texts))
        yield text
    progress(1.0)


def _backend(kind: str, size: int, specials: tuple[str, ...]) -> tuple[Backend, trainers.Trainer]:
    """An untrained backend and its trainer."""
    if kind == "bpe":
        backend = Backend(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        return backend, trainers.BpeTrainer(
            vocab_size=size, initial_alphabet=alphabet, show_progress=False, special_tokens=list(specials)
        )
    if kind == "word":
        backend = Backend(models.WordLevel(unk_token=UNKNOWN_WORD))
        backend.pre_tokenizer = pre_tokenizers.Whitespace()
        return backend, trainers.WordLevelTrainer(vocab_size=size, show_progress=False, special_tokens=list(specials))
    backend = Backend(models.WordPiece(unk_token=UNKNOWN_WORD))
    backend.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    return backend, trainers.WordPieceTrainer(
        vocab_size=size, show_progress=False, special_tokens=list(specials), limit_alphabet=size // 2
    )
