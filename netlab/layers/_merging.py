"""What the layers share that bring two or more values together: the checks, and what to do where they differ."""

from __future__ import annotations

from collections.abc import Iterable

from netlab.language import mark, sentences, tr
from netlab.layers._axes import has_batch, insert_axis
from netlab.layers._fixes import insert, insert_linear, select_time, widen
from netlab.layers.shape import Axis, Fix, Shape, ShapeError, broadcast

TOGETHER = mark("Wire both to values that belong together.")


def wired(**given: Shape | None) -> dict[str, Shape]:
    """The ports that something arrives at."""
    return {port: shape for port, shape in given.items() if shape is not None}


def elementwise(what: str, a: Shape, b: Shape) -> Shape:
    """The shape of a and b combined number by number, where axes of size 1 are stretched but the batch never is."""
    a.need_float(what, "a")
    b.need_float(what, "b")

    def refuse(why: str) -> ShapeError:
        return unequal(what, a, b, why)

    (few, port), (many, _) = sorted(((a, "a"), (b, "b")), key=lambda pair: pair[0].rank)
    if few.rank < many.rank and has_batch(few):
        remedy = tr("Give {port} axes of size 1 until both have {count} axes.", port=port, count=many.rank)
        raise ShapeError(sentences(meets(what, a, b, port), remedy), port=port, fixes=stretch_fixes(few, many))
    return broadcast(a, b, refuse)


def unequal(what: str, a: Shape, b: Shape, why: str) -> ShapeError:
    """Two shapes that cannot be combined number by number."""
    message = tr(
        "{layer} wants two equal shapes but gets {a} and {b}: {why}. Give both the same size.",
        layer=tr(what),
        a=a,
        b=b,
        why=why,
    )
    return ShapeError(message, port="b", fixes=width_fixes(a, b, "b"))


def meets(what: str, a: Shape, b: Shape, port: str) -> str:
    """That the batch of one value would be laid over another axis."""
    return tr(
        "{layer} lines up the last axes of {a} and {b}, so the batch of {port} would meet another axis.",
        layer=tr(what),
        a=a,
        b=b,
        port=port,
    )


def need_equal(what: str, given: dict[str, Shape], *, numbers: bool = True) -> Shape:
    """The one shape that all ports have; the first is right if they differ."""
    (first, wanted), *others = given.items()
    if numbers:
        for port, shape in given.items():
            shape.need_float(what, port)
    for port, shape in others:
        if shape.dtype != wanted.dtype:
            raise mixed(what, (first, wanted), (port, shape))
        if not shape.fits(wanted):
            remedy, fixes = _remedy(wanted, shape, port)
            message = tr(
                "{layer} wants equal shapes, but {first} is {wanted} and {port} is {shape}.",
                layer=tr(what),
                first=first,
                wanted=wanted,
                port=port,
                shape=shape,
            )
            raise ShapeError(sentences(message, remedy), port=port, fixes=fixes)
    return wanted


def mixed(what: str, a: tuple[str, Shape], b: tuple[str, Shape], fixes: Iterable[Fix] = ()) -> ShapeError:
    """Two ports, with their shapes, that hold numbers of different kinds."""
    message = tr(
        "{layer} wants values of one kind, but {a} holds {a_kind} and {b} {b_kind}. Wire both to the same kind.",
        layer=tr(what),
        a=a[0],
        a_kind=a[1].dtype,
        b=b[0],
        b_kind=b[1].dtype,
    )
    return ShapeError(message, port=b[0], fixes=fixes)


def width_fixes(wanted: Shape, got: Shape, port: str) -> tuple[Fix, ...]:
    """Make the last axis as wide as wanted, if nothing else differs."""
    if wanted.rank != got.rank or not wanted.rank or not wanted.drop(-1).fits(got.drop(-1)):
        return ()
    size = wanted.sizes[-1]
    if size is None or got.sizes[-1] is None:
        return ()
    return widen(port, size), insert_linear(size)


def stretch_fixes(few: Shape, many: Shape) -> tuple[Fix, ...]:
    """Give the shape with fewer axes axes of size 1, so that it can be stretched to the other."""
    if many.rank - few.rank > 1:
        sizes = [axis.size for axis in few.axes[1:]]
        if None in sizes or [axis.size for axis in many.axes[1 : few.rank]] != sizes:
            return ()
        sizes += [1] * (many.rank - few.rank)
        label = tr("Insert Reshape to {sizes}", sizes=sizes)
        return (Fix(label, "insert", {"type": "reshape", "options": {"sizes": sizes}}),)
    for index in range(1, many.rank):
        try:
            broadcast(insert_axis(few, index, Axis("n", 1)), many, ShapeError)
        except ShapeError:
            continue
        label = tr("Insert Unsqueeze at {index}", index=index)
        return (Fix(label, "insert", {"type": "unsqueeze", "options": {"axis": index}}),)
    return ()


def _remedy(wanted: Shape, got: Shape, port: str) -> tuple[str, tuple[Fix, ...]]:
    """How to make a shape equal to the one wanted, in words and as fixes."""
    if fixes := width_fixes(wanted, got, port):
        return tr("Give the layer before {port} {width} outputs.", port=port, width=wanted.last), fixes
    if got.rank == wanted.rank + 1 and got.sizes[-1] == 1 and got.drop(-1).fits(wanted):
        return tr("Put Squeeze before it, to take the last axis away."), (insert("squeeze", "Squeeze", axis=-1),)
    if wanted.rank == got.rank + 1 and wanted.sizes[-1] == 1 and wanted.drop(-1).fits(got):
        return tr("Put Unsqueeze before it, to add a last axis."), (insert("unsqueeze", "Unsqueeze", axis=-1),)
    if got.rank >= 3 and wanted.rank == 2:
        return flatter(got)
    return tr("Wire both to values of the same shape."), ()


def flatter(got: Shape) -> tuple[str, tuple[Fix, ...]]:
    """How to get one answer a sample from a sequence or an image, in words and as fixes."""
    if got.rank == 3:
        return tr("Put Select over time before it, so that one answer is left for each sample."), (select_time(),)
    if got.rank > 3:
        return tr("Put Flatten and a Linear before it."), (insert("flatten", "Flatten"),)
    return tr(TOGETHER), ()
