"""Masked text: Python's documentation with gaps to fill and pairs of sentences to judge, as BERT was pre-trained."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from netlab.data import tokenizer
from netlab.data.dataset import DataError, Dataset, Field, Source
from netlab.data.draws import MaskTokens
from netlab.data.files import parts
from netlab.data.findings import Progress, silent
from netlab.data.pretraining import MASK, SPECIALS, masked, sentence_pairs
from netlab.data.remembered import Remembered
from netlab.data.sources.python_docs import text
from netlab.data.tokenizer import Tokenizer
from netlab.language import tr
from netlab.options import Bool, Float, Int

SHORTEST = 4  # tokens of a sentence worth having


class MaskedDocs(Source):
    """Pairs of sentences, half of them neighbours, with some tokens hidden (Devlin et al. 2018, sections 3.1 and A.1).

    A row is ``[CLS] first [SEP] second [SEP]`` and padding. Of the tokens chosen for prediction 80 % become
    ``[MASK]``, 10 % another token, and 10 % stay. ``original`` holds them where they were chosen and 0 elsewhere,
    so losses use ignore_index = 0. ``segment`` is 0 for the first sentence and 1 for the second.
    """

    title = "Masked Python documentation"
    about = "Which token was hidden, and does the second sentence follow the first? Pre-training as for BERT."
    task = "masked_language_model"
    licence = "PSF-2.0"
    origin = "pydoc_data.topics of the running Python"
    size = 465_000
    vocab_size = Int(1024, min=270, max=32768, unit="tokens", help="Size of the byte-pair vocabulary.")
    context = Int(48, min=12, max=1024, unit="tokens", help="Length of a row with both sentences.")
    masked = Float(0.15, min=0.01, max=0.9, help="Share of the tokens that are chosen for prediction.")
    docstrings = Bool(False, help="Mix in the docstrings of the standard library: three times the text, some seconds.")
    seed = Int(0, min=0, max=2**31 - 1, help="Fixes pairs and masks.")

    def fields(self) -> tuple[Field, ...]:
        shape = f"T={self.context}"
        return (
            Field("tokens", shape, "int", "tokens", self.vocab_size),
            Field("segment", shape, "int", "segments", 2),
            Field("original", shape, "int", "tokens", self.vocab_size),
            Field("is_next", "", "int", "label", 2, ("random", "next")),
        )

    def load(self, progress: Progress = silent) -> Dataset:
        words = _words(self.vocab_size, self.docstrings, progress=progress)
        sentences = [ids for ids in _encoded(self.vocab_size, self.docstrings) if len(ids) >= SHORTEST]
        splits, start, made = {}, 0, []
        cuts = self.cut(np.arange(len(sentences)))  # in order, so that no sentence is in two parts
        for i, (name, chosen) in enumerate(cuts.items()):
            random = np.random.Generator(np.random.Philox([self.seed, i]))
            rows = sentence_pairs([sentences[j] for j in chosen], self.context, random)
            rows["tokens"], rows["original"] = masked(rows["tokens"], self.masked, self.vocab_size, random)
            count = len(rows["tokens"])
            splits[name] = np.arange(start, start + count, dtype=np.int64)
            start += count
            made.append(rows)
        if not len(splits["train"]):
            raise DataError(tr("The training part has no pair of sentences. Lower validation and test."))
        columns = {name: np.concatenate([part[name] for part in made]) for name in made[0]}
        draw = MaskTokens("tokens", "original", self.masked, MASK, len(SPECIALS), self.vocab_size)
        return Dataset(self.fields(), columns, splits, tokenizer=words, draws=(draw,))


@Remembered
def _sentences(docstrings: bool, progress: Progress) -> list[str]:
    """Sentences of the documentation: prose and code alike, cut at full stops and empty lines."""
    cuts = re.split(r"\n\s*\n|(?<=[.!?:])\s+(?=[A-Z\"`*(])", text(docstrings, progress=progress))
    return [" ".join(part.split()) for part in cuts if part.strip()]


@Remembered
def _words(vocab_size: int, docstrings: bool, progress: Progress) -> Tokenizer:
    reading, learning = parts(progress, 4, 1)
    return tokenizer.train("bpe", _sentences(docstrings, progress=reading), vocab_size, SPECIALS, learning)


@cache
def _encoded(vocab_size: int, docstrings: bool) -> list[list[int]]:
    return _words(vocab_size, docstrings).encode_all(_sentences(docstrings))
