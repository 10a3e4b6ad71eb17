"""Checks that layers with a mask port share. A mask is bool; True means that a position may look there."""

from netlab.layers.layer import Fix, Shape, ShapeError
from netlab.layers.shape import BOOL, FLOAT, INT, Axis


def check_mask(mask: Shape, what: str, wanted: tuple[Axis, Axis, Axis, Axis], port: str = "mask") -> None:
    """Refuse what cannot be stretched to `wanted`: batch, heads, queries and keys.

    Two axes stand for queries and keys, the same for every sample and head. Three would be ambiguous.
    """
    if mask.dtype != BOOL:
        kind, given = ("causal_mask", "numbers") if mask.dtype == FLOAT else ("padding_mask", "indices")
        name = kind.replace("_", " ").capitalize()
        fix = Fix(f"Insert {name}", "insert", {"type": kind})
        message = f"{what} wants a mask (true or false) but gets {given} ({mask}). Put a {name} in between."
        raise ShapeError(message, port=port, fixes=(fix,))
    shown = " × ".join(map(str, wanted))
    if mask.rank not in (2, 4):
        message = (
            f"{what} wants a mask of 2 axes ({wanted[2]} × {wanted[3]}) or 4 ({shown}) but gets {mask.rank}: {mask}. "
            "Use a mask of one of these shapes."
        )
        raise ShapeError(message, port=port)
    ours = mask.axes
    for axis, other in zip(ours, wanted[-mask.rank :], strict=True):
        last = axis is ours[-1]
        if not same_axis(axis, other) and (last or axis.size != 1):
            message = f"{what} cannot stretch the mask {mask} to {shown}: {axis} is not {other}. "
            raise ShapeError(message + "Make the mask from the same sequence.", port=port)


def same_axis(a: Axis, b: Axis) -> bool:
    """Equal sizes; two open axes have to bear the same name."""
    return a.size == b.size and (a.size is not None or a.name == b.name)


def check_same(name: str, axis: Axis, port: str, other: Axis) -> None:
    """Refuse two axes of different sizes."""
    if not same_axis(axis, other):
        message = f"{name.capitalize()} and {port} have to be equally long, but they are {axis} and {other}. "
        raise ShapeError(message + "Wire both to sequences that belong together.", port=port)


def positions_mask(x: Shape, what: str) -> Shape:
    """T × T for a sequence of vectors or of token ids."""
    if (x.rank, x.dtype) not in ((3, FLOAT), (2, INT)):
        message = f"{what} wants a sequence, B × T × d or indices B × T, but gets {x}. Wire it to one of them."
        raise ShapeError(message, port="x")
    return Shape((x[1], x[1]), BOOL)
