"""Find a layer by what somebody types."""

from __future__ import annotations

from netlab.layers.layer import Layer, catalogue


def search(text: str) -> list[tuple[str, type[Layer]]]:
    """Layers that match all words typed, best first; all of them for an empty text."""
    words = text.lower().split()
    scored = []
    for key, layer in catalogue().items():
        score = sum(_score(word, key, layer) for word in words)
        if all(_score(word, key, layer) > 0 for word in words):
            scored.append((-score, layer.title(), key, layer))
    return [(key, layer) for _, _, key, layer in sorted(scored, key=lambda row: row[:2])]


def _score(word: str, key: str, layer: type[Layer]) -> float:
    """How well one word fits: the beginning of the name best, letters in order least."""
    title = layer.title().lower()
    if title.startswith(word) or key.startswith(word):
        return 10 + len(word) / len(title)
    if word in title or word in key:
        return 6
    if any(alias.startswith(word) for alias in layer.aliases):
        return 5
    if any(word in alias for alias in layer.aliases):
        return 4
    if word in layer.category.lower() or word in layer.summary().lower():
        return 2
    return 1 if _in_order(word, title) else 0


def _in_order(word: str, title: str) -> bool:
    letters = iter(title)
    return len(word) >= 3 and all(letter in letters for letter in word)
