"""Put rectangles in line, or at equal distances."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF

from netlab.language import mark

Place = tuple[float, float]

WAYS: dict[str, tuple[str, str]] = {
    "left": (mark("Align left"), mark("Put the left sides of the selected nodes in line.")),
    "centre": (mark("Align centre"), mark("Put the middles of the selected nodes one below the other.")),
    "right": (mark("Align right"), mark("Put the right sides of the selected nodes in line.")),
    "top": (mark("Align top"), mark("Put the upper sides of the selected nodes in line.")),
    "middle": (mark("Align middle"), mark("Put the middles of the selected nodes side by side.")),
    "bottom": (mark("Align bottom"), mark("Put the lower sides of the selected nodes in line.")),
    "across": (mark("Distribute across"), mark("Make the gaps between the selected nodes equal from left to right.")),
    "down": (mark("Distribute down"), mark("Make the gaps between the selected nodes equal from top to bottom.")),
}
"""Each way with its words and a sentence of help."""


def aligned(rects: Mapping[str, QRectF], how: str) -> dict[str, Place]:
    """New top left corners, by id; empty if there are too few rectangles for it."""
    if how in ("across", "down"):
        return _distributed(rects, how == "across") if len(rects) > 2 else {}
    if len(rects) < 2:
        return {}
    whole = QRectF()
    for rect in rects.values():
        whole = whole.united(rect)
    places = {}
    for id, rect in rects.items():
        moved = QRectF(rect)
        match how:
            case "left":
                moved.moveLeft(whole.left())
            case "right":
                moved.moveRight(whole.right())
            case "top":
                moved.moveTop(whole.top())
            case "bottom":
                moved.moveBottom(whole.bottom())
            case "centre":
                moved.moveLeft(whole.center().x() - rect.width() / 2)
            case "middle":
                moved.moveTop(whole.center().y() - rect.height() / 2)
            case _:
                raise ValueError(f"{how!r} is no way to align; there are: {', '.join(WAYS)}.")
        places[id] = (moved.x(), moved.y())
    return places


def _distributed(rects: Mapping[str, QRectF], across: bool) -> dict[str, Place]:
    """Equal gaps between neighbours; the first and the last stay."""

    def start(rect: QRectF) -> float:
        return rect.x() if across else rect.y()

    def length(rect: QRectF) -> float:
        return rect.width() if across else rect.height()

    ordered = sorted(rects, key=lambda id: (start(rects[id]), id))
    first, last = rects[ordered[0]], rects[ordered[-1]]
    span = start(last) + length(last) - start(first)
    gap = (span - sum(length(rect) for rect in rects.values())) / (len(rects) - 1)
    places, at = {}, start(first)
    for id in ordered:
        rect = rects[id]
        places[id] = (at, rect.y()) if across else (rect.x(), at)
        at += length(rect) + gap
    return places
