"""Find things by what somebody types: names, other names, purposes, even with a letter wrong."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache, lru_cache

from netlab.app.offered import offered
from netlab.app.purposes import PURPOSES
from netlab.language import ENGLISH, language, tr
from netlab.layers.layer import Layer

TYPO_FROM = 5  # shorter words have too many neighbours
TYPO_LIKE = 0.8


def search(text: str) -> list[tuple[str, type[Layer]]]:
    """Layers that match all words typed, best first; all of them for an empty text."""
    words = text.lower().split()
    scored = []
    for key, layer in offered().items():
        score = max(rank(words, *told) for told in _told(key, layer, language()))
        if score >= 0:
            scored.append((-round(score), _place(key, words), -score, layer.title(), key, layer))
    return [(key, layer) for *_, key, layer in sorted(scored, key=lambda row: row[:4])]


def rank(words: Iterable[str], title: str, others: Iterable[str] = (), about: str = "") -> float:
    """How well all words fit; -1 if one does not. The beginning of the title fits best, a word with a typo least."""
    total, title, names = 0.0, title.lower(), [name.lower() for name in others]
    for word in words:
        score = _score(word, title, names, about.lower())
        if not score:
            return -1
        total += score
    return total


def _score(word: str, title: str, names: list[str], about: str) -> float:
    if title.startswith(word):
        return 10 + len(word) / len(title)
    if any(name.startswith(word) for name in names[:1]):
        return 10
    if any(part.startswith(word) for part in title.replace("-", " ").split()):
        return 8
    if word in title:
        return 6
    if any(name.startswith(word) or f" {word}" in name for name in names):
        return 5
    if any(word in name for name in names):
        return 4
    if word in about:
        return 2
    if len(word) >= 3 and _in_order(word, title):
        return 1
    return 0.5 if len(word) >= TYPO_FROM and _like(word, " ".join([title, *names])) else 0


def _in_order(word: str, title: str) -> bool:
    letters = iter(title)
    return all(letter in letters for letter in word)


def _like(word: str, text: str) -> bool:
    """Whether some word of the text differs by little, as after a slip of the finger."""
    matcher = SequenceMatcher(b=word, autojunk=False)
    for other in set(text.replace("_", " ").split()):
        if abs(len(other) - len(word)) <= 2:
            matcher.set_seq1(other)
            if matcher.real_quick_ratio() >= TYPO_LIKE and matcher.ratio() >= TYPO_LIKE:
                return True
    return False


@lru_cache(maxsize=1024)
def _told(key: str, layer: type[Layer], code: str) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """Title, other names and a line about a layer: in English, and in the language in use, whose code is given."""
    title, names, purposes = layer.title(), (key, *layer.aliases), _purposes(key)
    english = title, (*names, *purposes), f"{layer.category} {layer.summary()}"
    if code == ENGLISH:
        return (english,)
    said = (*names, title.lower(), *layer.words(), *map(tr, purposes))
    return english, (tr(title), said, f"{tr(layer.category)} {tr(layer.summary())}")


@cache
def _purposes(key: str) -> tuple[str, ...]:
    return tuple(phrase for phrase, keys in PURPOSES.items() if key in keys)


def _place(key: str, words: list[str]) -> int:
    """How soon a layer is named for a purpose that has one of these words; 99 if for none."""
    asked = (
        keys
        for phrase, keys in PURPOSES.items()
        if key in keys and any(word in phrase or word in tr(phrase) for word in words)
    )
    return min((keys.index(key) for keys in asked), default=99)
