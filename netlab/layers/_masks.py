"""Checks that layers with a mask port share. A mask is bool; True means that a position may look there."""

from netlab.language import mark, tr
from netlab.layers._fixes import insert
from netlab.layers.layer import Shape, ShapeError
from netlab.layers.shape import BOOL, FLOAT, INT, Axis


def check_mask(mask: Shape, what: str, wanted: tuple[Axis, Axis, Axis, Axis], port: str = "mask") -> None:
    """Refuse what cannot be stretched to `wanted`: batch, heads, queries and keys.

    Two axes stand for queries and keys, the same for every sample and head. Three would be ambiguous.
    """
    if mask.dtype != BOOL:
        kind, name = ("causal_mask", "Causal mask") if mask.dtype == FLOAT else ("padding_mask", "Padding mask")
        numbers = mark("{layer} wants a mask (true or false) but gets numbers ({mask}). Put a {name} in between.")
        indices = mark("{layer} wants a mask (true or false) but gets indices ({mask}). Put a {name} in between.")
        message = tr(numbers if mask.dtype == FLOAT else indices, layer=tr(what), mask=mask, name=tr(name))
        raise ShapeError(message, port=port, fixes=(insert(kind, name),))
    shown = " × ".join(map(str, wanted))
    if mask.rank not in (2, 4):
        message = tr(
            "{layer} wants a mask of 2 axes ({two}) or 4 ({four}) but gets {count}: {mask}. "
            "Use a mask of one of these shapes.",
            layer=tr(what),
            two=f"{wanted[2]} × {wanted[3]}",
            four=shown,
            count=mask.rank,
            mask=mask,
        )
        raise ShapeError(message, port=port)
    ours = mask.axes
    for axis, other in zip(ours, wanted[-mask.rank :], strict=True):
        last = axis is ours[-1]
        if not same_axis(axis, other) and (last or axis.size != 1):
            message = tr(
                "{layer} cannot stretch the mask {mask} to {wanted}: {axis} is not {other}. "
                "Make the mask from the same sequence.",
                layer=tr(what),
                mask=mask,
                wanted=shown,
                axis=axis,
                other=other,
            )
            raise ShapeError(message, port=port)


def need_mask(what: str, mask: Shape, port: str = "mask") -> Shape:
    """Refuse anything but true and false."""
    if mask.dtype != BOOL:
        message = tr(
            "{layer} wants a mask (true or false) but gets numbers ({mask}). Put a Compare in between.",
            layer=tr(what),
            mask=mask,
        )
        raise ShapeError(message, port=port, fixes=(insert("compare", "Compare"),))
    return mask


def same_axis(a: Axis, b: Axis) -> bool:
    """Equal sizes; two open axes have to bear the same name."""
    return a.size == b.size and (a.size is not None or a.name == b.name)


def check_same(name: str, axis: Axis, port: str, other: Axis) -> None:
    """Refuse two axes of different sizes; `name` is what the message begins with."""
    if not same_axis(axis, other):
        message = tr(
            "{name} and {port} have to be equally long, but they are {axis} and {other}. "
            "Wire both to sequences that belong together.",
            name=name,
            port=port,
            axis=axis,
            other=other,
        )
        raise ShapeError(message, port=port)


def positions_mask(x: Shape, what: str) -> Shape:
    """T × T for a sequence of vectors or of token ids."""
    if (x.rank, x.dtype) not in ((3, FLOAT), (2, INT)):
        message = tr(
            "{layer} wants a sequence, B × T × d or indices B × T, but gets {shape}. Wire it to one of them.",
            layer=tr(what),
            shape=x,
        )
        raise ShapeError(message, port="x")
    return Shape((x[1], x[1]), BOOL)
