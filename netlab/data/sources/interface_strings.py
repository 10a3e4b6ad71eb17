"""Interface strings: what Qt's dialogs say, in English and another language."""

from __future__ import annotations

from functools import cache

from netlab.data import catalogues
from netlab.data.dataset import DataError, Dataset, Field, Source
from netlab.data.findings import Progress, silent
from netlab.data.texts import PAIR_SPECIALS, TokenOptions, pairs
from netlab.language import tr
from netlab.options import Choice, Int

LANGUAGES = ("de", "fr", "zh_CN", "es", "ja", "ko", "pl", "pt_BR", "ru", "uk")


class InterfaceStrings(TokenOptions, Source):
    """Translations of interface strings. Small for a translator: held-out strings show how much it learns by heart.

    ``source`` is English; ``target_in`` and ``target`` are for teacher forcing. Strings longer than the context in
    either language are left out.
    """

    title = "Interface strings, English to …"
    about = "How do the strings of dialogs read in another language? Three thousand pairs, as Qt ships them."
    task = "sequence_to_sequence"
    licence = "LGPL-3.0 (Qt), read where installed"
    origin = "translation catalogues of the installed PySide6-Essentials"
    language = Choice("de", LANGUAGES, help="The language to translate into.")
    context = Int(48, min=4, max=512, unit="tokens", help="Length of the English strings.")
    target_context = Int(48, min=4, max=512, unit="tokens", help="Length of the translations.")

    def fields(self) -> tuple[Field, ...]:
        size = self.tokens_at_most(_letters(self.language), len(PAIR_SPECIALS))
        target = f"T={self.target_context + 1}"
        return (
            Field("source", f"T={self.context}", "int", "tokens", size),
            Field("target_in", target, "int", "tokens", size),
            Field("target", target, "int", "tokens", size),
        )

    def load(self, progress: Progress = silent) -> Dataset:
        known = catalogues.pairs(self.language)
        splits = self.shuffled_splits(len(known))
        words = self.learned([text for row in splits["train"].tolist() for text in known[row]], PAIR_SPECIALS, progress)
        read, written = (words.encode_all([pair[side] for pair in known]) for side in (0, 1))
        fits = [len(a) <= self.context and len(b) <= self.target_context for a, b in zip(read, written, strict=True)]
        places = [row for row, fit in enumerate(fits) if fit]
        if not places:
            raise DataError(tr("No string is as short as the context. Raise context and target_context."))
        columns = pairs([read[p] for p in places], [written[p] for p in places], (self.context, self.target_context))
        draws = self.dropped(words, "source", "target_in")
        return Dataset(self.fields(), columns, self.shuffled_splits(len(places)), tokenizer=words, draws=draws)


@cache
def _letters(language: str) -> int:
    """How many different characters the strings of a language pair have."""
    return len(set().union(*(set(a) | set(b) for a, b in catalogues.pairs(language))))
