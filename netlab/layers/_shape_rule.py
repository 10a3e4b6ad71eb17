"""A small language in which users state shapes: ``B T d -> B T 2*d``; parsed here, never run as Python.

Inputs and outputs stand left and right of the arrow, with commas between several. An axis is a name, a number, or on
the right also a sum or product of them; ``...`` stands for any axes; ``int`` or ``bool`` in front says what is held.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from netlab.language import sentences, tr
from netlab.layers._axes import longer, times
from netlab.layers._fixes import set_option
from netlab.layers.shape import DTYPES, FLOAT, Axis, Shape, ShapeError

SAME = "same"
REST = "..."
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Pattern:
    """One side's shape: what it holds ("" for anything), and its axes as words."""

    dtype: str
    axes: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """Patterns of all inputs and outputs."""

    inputs: tuple[Pattern, ...]
    outputs: tuple[Pattern, ...]


@dataclass
class Bound:
    """What the names of a rule stand for: axes, and plain numbers from the arguments."""

    axes: dict[str, Axis] = field(default_factory=dict)
    rest: tuple[Axis, ...] | None = None

    def size(self, name: str) -> int | None:
        """The size of a named axis, None if it is open or there is none."""
        return self.axes[name].size if name in self.axes else None


@lru_cache(maxsize=256)
def read_rule(text: str) -> Rule:
    """Parse a rule other than ``same``. Raises `ShapeError` with what is wrong."""
    left, arrow, right = text.replace("→", "->").replace("…", REST).partition("->")
    if not arrow:
        raise _refused(tr("The shape rule {rule!r} has no arrow.", rule=text))
    takes, gives = ([_pattern(part) for part in side.split(",")] for side in (left, right))
    for word in (word for pattern in takes for word in pattern.axes):
        if word != REST and not word.isidentifier() and not word.isdigit():
            raise _refused(tr("{word!r}, left of the arrow, is neither a name nor a number.", word=word))
    for pattern in (*takes, *gives):
        if pattern.axes.count(REST) > 1:
            raise _refused(tr("A shape can have only one '...'."))
    return Rule(tuple(takes), tuple(gives))


def _pattern(text: str) -> Pattern:
    words = text.split()
    dtype = words.pop(0) if words and words[0] in DTYPES else ""
    return Pattern(dtype, tuple(words))


def _refused(what: str) -> ShapeError:
    message = sentences(what, tr("Write it like B T d -> B T 2*d, or same."))
    return ShapeError(message, fixes=(set_option("rule", SAME),))


def bind(rule: Rule, arriving: Mapping[str, Shape | None], numbers: Mapping[str, int]) -> Bound:
    """What the names of the inputs stand for; `numbers` are known from the start.

    Raises:
        ShapeError: an input has other axes than the rule says.
    """
    bound = Bound({name: Axis("d", size) for name, size in numbers.items()})
    if len(rule.inputs) > len(arriving):
        message = tr("The shape rule has {rule} inputs, the code {code}.", rule=len(rule.inputs), code=len(arriving))
        raise _refused(message)
    for pattern, (port, shape) in zip(rule.inputs, arriving.items(), strict=False):
        if shape is not None:
            _bind_one(pattern, port, shape, bound)
    return bound


def _bind_one(pattern: Pattern, port: str, shape: Shape, bound: Bound) -> None:
    said = " ".join(pattern.axes) or tr("a scalar")
    if pattern.dtype and pattern.dtype != shape.dtype:
        message = tr(
            "The rule says that {port} is {wanted}, but {shape} is {given}.",
            port=port,
            wanted=pattern.dtype,
            shape=shape,
            given=shape.dtype,
        )
        raise ShapeError(message, port=port)
    words, axes = list(pattern.axes), list(shape.axes)
    if REST in words:
        at, more = words.index(REST), len(axes) - len(words) + 1
        if more >= 0:
            _bind_rest(tuple(axes[at : at + more]), port, shape, bound)
            words[at : at + 1] = []
            axes[at : at + more] = []
    if len(words) != len(axes):
        message = tr(
            "The rule says that {port} is {rule}, but {shape} arrives. Mend the rule or the wire.",
            port=port,
            rule=said,
            shape=shape,
        )
        raise ShapeError(message, port=port)
    for word, axis in zip(words, axes, strict=True):
        known = Axis("d", int(word)) if word.isdigit() else bound.axes.setdefault(word, axis)
        if known.size != axis.size or (axis.size is None and known.name != axis.name):
            message = tr(
                "The rule says that {port} is {rule}, but {word} would be {known} and {axis} at once ({shape}). "
                "Mend the rule or the wire.",
                port=port,
                rule=said,
                word=word,
                known=known,
                axis=axis,
                shape=shape,
            )
            raise ShapeError(message, port=port)


def _bind_rest(axes: tuple[Axis, ...], port: str, shape: Shape, bound: Bound) -> None:
    if bound.rest is None:
        bound.rest = axes
    elif not Shape(axes).fits(Shape(bound.rest)):
        message = tr(
            "'...' would be {known} and, in {shape}, {other}. Both inputs need the same there.",
            known=Shape(bound.rest),
            shape=shape,
            other=Shape(axes),
        )
        raise ShapeError(message, port=port)


def made(rule: Rule, bound: Bound) -> list[Shape]:
    """The shapes of the outputs. Raises `ShapeError` for a name that no input has, or a size below 1."""
    shapes = []
    for pattern in rule.outputs:
        axes: list[Axis] = []
        for word in pattern.axes:
            if word == REST:
                axes += bound.rest or ()
            else:
                axes.append(_axis(word, bound))
        shapes.append(Shape(tuple(axes), pattern.dtype or FLOAT))
    return shapes


def _axis(word: str, bound: Bound) -> Axis:
    try:
        tree = ast.parse(word, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _refused(tr("{word!r} is no size.", word=word)) from None
    found = _size(tree, word, bound)
    found = Axis("d", found) if isinstance(found, int) else found
    if found.size is not None and not 1 <= found.size <= LARGEST:
        raise _refused(tr("{word} is {size}, which is no size of an axis.", word=word, size=found.size))
    return found


def _size(tree: ast.expr, word: str, bound: Bound) -> int | Axis:
    """A number, or the axis itself as long as it is a bare name or open."""
    match tree:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            if name not in bound.axes:
                known = ", ".join(bound.axes) or tr("none")
                raise _refused(
                    tr("The shape rule has no {name!r} left of the arrow (it has: {known}).", name=name, known=known)
                )
            return bound.axes[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(_size(left, word, bound), op, _size(right, word, bound), word)
    raise _refused(tr("{word!r} is no sum or product of names and numbers.", word=word))


def _combined(a: int | Axis, op: ast.operator, b: int | Axis, word: str) -> int | Axis:
    first, second = (value if isinstance(value, int) else value.size for value in (a, b))
    if first is not None and second is not None:
        return _calculated(first, op, second, word)
    match a, op, b:
        case Axis(), ast.Add(), int():
            return longer(a, b)
        case Axis(), ast.Sub(), int():
            return longer(a, -b)
        case (Axis(), ast.Mult(), int()) if b >= 1:
            return times(a, b)
        case (int(), ast.Mult(), Axis()) if a >= 1:
            return times(b, a)
    raise _refused(tr("{word} needs the size of an axis that is open.", word=word))


def _calculated(first: int, op: ast.operator, second: int, word: str) -> int:
    match op:
        case ast.Add():
            return first + second
        case ast.Sub():
            return first - second
        case ast.Mult() if abs(first * second) <= LARGEST:
            return first * second
        case ast.FloorDiv() if second > 0:
            return first // second
        case ast.Mod() if second > 0:
            return first % second
    raise _refused(tr("{word!r} uses something other than + - * // %, or is too large.", word=word))
