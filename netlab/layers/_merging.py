"""What the layers share that bring two or more values together: the checks, and what to do where they differ."""

from __future__ import annotations

from netlab.layers._axes import has_batch, insert_axis
from netlab.layers.shape import Axis, Fix, Shape, ShapeError, broadcast


def wired(**given: Shape | None) -> dict[str, Shape]:
    """The ports that something arrives at."""
    return {port: shape for port, shape in given.items() if shape is not None}


def elementwise(what: str, a: Shape, b: Shape) -> Shape:
    """The shape of a and b combined number by number, where axes of size 1 are stretched but the batch never is."""
    a.need_float(what, "a")
    b.need_float(what, "b")

    def refuse(why: str) -> ShapeError:
        message = f"{what} wants two equal shapes but gets {a} and {b}: {why}. Give both the same size."
        return ShapeError(message, port="b", fixes=width_fixes(a, b, "b"))

    (few, port), (many, _) = sorted(((a, "a"), (b, "b")), key=lambda pair: pair[0].rank)
    if few.rank < many.rank and has_batch(few):
        message = f"{what} lines up the last axes of {a} and {b}, so the batch of {port} would meet another axis. "
        message += f"Give {port} axes of size 1 until both have {many.rank} axes."
        raise ShapeError(message, port=port, fixes=stretch_fixes(few, many))
    return broadcast(a, b, refuse)


def need_equal(what: str, given: dict[str, Shape], *, numbers: bool = True) -> Shape:
    """The one shape that all ports have; the first is right if they differ."""
    (first, wanted), *others = given.items()
    if numbers:
        for port, shape in given.items():
            shape.need_float(what, port)
    for port, shape in others:
        if shape.dtype != wanted.dtype:
            message = f"{what} wants values of one kind, but {first} holds {wanted.dtype} and {port} {shape.dtype}."
            raise ShapeError(f"{message} Wire both to the same kind.", port=port)
        if not shape.fits(wanted):
            remedy, fixes = _remedy(wanted, shape, port)
            message = f"{what} wants equal shapes, but {first} is {wanted} and {port} is {shape}. {remedy}"
            raise ShapeError(message, port=port, fixes=fixes)
    return wanted


def width_fixes(wanted: Shape, got: Shape, port: str) -> tuple[Fix, ...]:
    """Make the last axis as wide as wanted, if nothing else differs."""
    if wanted.rank != got.rank or not wanted.rank or not wanted.drop(-1).fits(got.drop(-1)):
        return ()
    size = wanted.sizes[-1]
    if size is None or got.sizes[-1] is None:
        return ()
    values: dict[str, object] = {"name": "out_features", "value": size, "of": port}
    return (
        Fix(f"Give the layer before {port} {size} outputs", "set_option", values),
        Fix(f"Insert Linear with {size} outputs", "insert", {"type": "linear", "options": {"out_features": size}}),
    )


def stretch_fixes(few: Shape, many: Shape) -> tuple[Fix, ...]:
    """Give the shape with fewer axes axes of size 1, so that it can be stretched to the other."""
    if many.rank - few.rank > 1:
        sizes = [axis.size for axis in few.axes[1:]]
        if None in sizes or [axis.size for axis in many.axes[1 : few.rank]] != sizes:
            return ()
        sizes += [1] * (many.rank - few.rank)
        return (Fix(f"Insert Reshape to {sizes}", "insert", {"type": "reshape", "options": {"sizes": sizes}}),)
    for index in range(1, many.rank):
        try:
            broadcast(insert_axis(few, index, Axis("n", 1)), many, ShapeError)
        except ShapeError:
            continue
        return (Fix(f"Insert Unsqueeze at {index}", "insert", {"type": "unsqueeze", "options": {"axis": index}}),)
    return ()


def _remedy(wanted: Shape, got: Shape, port: str) -> tuple[str, tuple[Fix, ...]]:
    """How to make a shape equal to the one wanted, in words and as fixes."""
    if fixes := width_fixes(wanted, got, port):
        return f"Give the layer before {port} {wanted.last} outputs.", fixes
    if got.rank == wanted.rank + 1 and got.sizes[-1] == 1 and got.drop(-1).fits(wanted):
        fix = Fix("Insert Squeeze", "insert", {"type": "squeeze", "options": {"axis": -1}})
        return "Put Squeeze before it, to take the last axis away.", (fix,)
    if wanted.rank == got.rank + 1 and wanted.sizes[-1] == 1 and wanted.drop(-1).fits(got):
        fix = Fix("Insert Unsqueeze", "insert", {"type": "unsqueeze", "options": {"axis": -1}})
        return "Put Unsqueeze before it, to add a last axis.", (fix,)
    if got.rank == 3 and wanted.rank == 2:
        fix = Fix("Insert Select over time", "insert", {"type": "select_time"})
        return "Put Select over time before it, so that one answer is left for each sample.", (fix,)
    if got.rank > 3 and wanted.rank == 2:
        return "Put Flatten and a Linear before it.", (Fix("Insert Flatten", "insert", {"type": "flatten"}),)
    return "Wire both to values of the same shape.", ()
