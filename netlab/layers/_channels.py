"""What layers with one weight for each channel ask of their input."""

from __future__ import annotations

from collections.abc import Iterable

from netlab.layers.shape import Fix, Shape, ShapeError

TIME = ("T", "S")


def need_channels(x: Shape, what: str, remedy: str, ranks: tuple[int, ...] = (), fixes: Iterable[Fix] = ()) -> Shape:
    """Refuse anything but numbers with the channels, fixed, as the second axis; `remedy` is a sentence."""
    x.need_float(what)
    if x.rank < 2 or (ranks and x.rank not in ranks):
        wanted = " or ".join(map(str, ranks)) or "at least 2"
        message = f"{what} wants {wanted} axes with the channels second but gets {x.rank}: {x}. {remedy}"
        raise ShapeError(message, port="x", fixes=fixes)
    if x[1].size is None or x[1].name in TIME:
        message = f"{what} wants the channels as second axis, but in {x} that is {x[1].name}. {remedy}"
        raise ShapeError(message, port="x", fixes=fixes)
    return x
