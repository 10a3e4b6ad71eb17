"""What layers with one weight for each channel ask of their input."""

from __future__ import annotations

from collections.abc import Iterable

from netlab.language import sentences, tr
from netlab.layers.shape import Fix, Shape, ShapeError, either

TIME = ("T", "S")


def need_channels(x: Shape, what: str, remedy: str, ranks: tuple[int, ...] = (), fixes: Iterable[Fix] = ()) -> Shape:
    """Refuse anything but numbers with the channels, fixed, as the second axis; `remedy` is a sentence to say."""
    x.need_float(what)
    if x.rank < 2 or (ranks and x.rank not in ranks):
        message = tr(
            "{layer} wants {wanted} axes with the channels second but gets {count}: {shape}.",
            layer=tr(what),
            wanted=either(ranks) if ranks else tr("at least 2"),
            count=x.rank,
            shape=x,
        )
        raise ShapeError(sentences(message, tr(remedy)), port="x", fixes=fixes)
    if x[1].size is None or x[1].name in TIME:
        message = tr(
            "{layer} wants the channels as second axis, but in {shape} that is {axis}.",
            layer=tr(what),
            shape=x,
            axis=x[1].name,
        )
        raise ShapeError(sentences(message, tr(remedy)), port="x", fixes=fixes)
    return x
