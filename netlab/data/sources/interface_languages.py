"""Interface languages: in which of ten languages is a string?"""

from __future__ import annotations

from functools import cache

import numpy as np

from netlab.data import catalogues, splitting
from netlab.data.dataset import DataError, Dataset, Field, Source
from netlab.data.findings import Progress, silent
from netlab.data.texts import TokenOptions, padded
from netlab.options import Int

LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt_BR": "Portuguese", "pl": "Polish",
    "ru": "Russian", "zh_CN": "Chinese", "ja": "Japanese", "ko": "Korean",
}  # fmt: skip
SPECIALS = ("[PAD]",)
SHORTEST = 6  # characters, of which Chinese needs few


class InterfaceLanguages(TokenOptions, Source):
    """Strings of dialogs in ten languages, and which language each is in."""

    title = "Which language?"
    about = "In which of ten languages is a string of a dialog? About thirty thousand, as Qt ships them."
    licence = "LGPL-3.0 (Qt), read where installed"
    origin = "translation catalogues of the installed PySide6-Essentials"
    context = Int(48, min=4, max=512, unit="tokens", help="How many tokens of a string are read.")

    def fields(self) -> tuple[Field, ...]:
        size = self.tokens_at_most(_letters(), len(SPECIALS))
        tokens = Field("tokens", f"T={self.context}", "int", "tokens", size)
        return tokens, Field("label", "", "int", "label", len(LANGUAGES), tuple(LANGUAGES.values()))

    def load(self, progress: Progress = silent) -> Dataset:
        strings, labels = _strings()
        try:
            splits = splitting.stratified(labels, self.validation, self.test, self.split_seed)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        words = self.learned([strings[row] for row in splits["train"].tolist()], SPECIALS, progress)
        columns = {"tokens": padded(words.encode_all(strings), self.context), "label": labels}
        return Dataset(self.fields(), columns, splits, tokenizer=words, draws=self.dropped(words, "tokens"))


@cache
def _strings() -> tuple[list[str], np.ndarray]:
    """All strings, each once, and the number of the language of each."""
    found: dict[str, int] = {}
    for number, code in enumerate(LANGUAGES):
        texts = [a for a, _ in catalogues.pairs("de")] if code == "en" else [b for _, b in catalogues.pairs(code)]
        for text in texts:
            if len(text) >= SHORTEST:
                found.setdefault(text, number)
    return list(found), np.array(list(found.values()), np.int64)


@cache
def _letters() -> int:
    return len(set().union(*map(set, _strings()[0])))
