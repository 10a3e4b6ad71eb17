"""Shapes with named axes, and the error that says what does not fit and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from netlab.language import sentences, tr
from netlab.layers._fixes import Fix, insert

__all__ = [
    "BOOL",
    "DTYPES",
    "FLOAT",
    "INT",
    "Axis",
    "Fix",
    "Shape",
    "ShapeError",
    "broadcast",
    "compact",
    "either",
    "need_image",
    "need_sequence",
]  # fmt: skip

FLOAT, INT, BOOL = "float", "int", "bool"
DTYPES = (FLOAT, INT, BOOL)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its name (``B``, ``T``, ``C``, ``H``, ``W``, ``d``) and its size, None while it is not fixed."""

    name: str
    size: int | None = None

    def __str__(self) -> str:
        return self.name if self.size is None else str(self.size)


class ShapeError(ValueError):
    """Shapes that do not fit: a sentence with the remedy, the port, and fixes that can be applied."""

    def __init__(self, message: str, *, port: str = "", fixes: Iterable[Fix] = ()) -> None:
        super().__init__(message)
        self.port = port
        self.fixes = tuple(fixes)


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a tensor: named axes and what it holds: numbers (``float``), indices (``int``) or a mask (``bool``).

    >>> str(Shape.parse("B C=3 H=32 W=32"))
    'B × 3 × 32 × 32'
    """

    axes: tuple[Axis, ...]
    dtype: str = FLOAT

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Read ``"B T 64"``, ``"B C=3 H=8 W=8"`` or ``"int B T"``; an empty text is a scalar."""
        words = text.split()
        dtype = FLOAT
        if words and words[0] in DTYPES:
            dtype = words.pop(0)
        return cls(tuple(_axis(word) for word in words), dtype)

    def __str__(self) -> str:
        return " × ".join(map(str, self.axes)) if self.axes else tr("scalar")

    def __len__(self) -> int:
        return len(self.axes)

    def __iter__(self) -> Iterator[Axis]:
        return iter(self.axes)

    def __getitem__(self, index: int) -> Axis:
        return self.axes[index]

    @property
    def rank(self) -> int:
        return len(self.axes)

    @property
    def sizes(self) -> tuple[int | None, ...]:
        return tuple(axis.size for axis in self.axes)

    @property
    def last(self) -> int:
        """Size of the last axis; `ShapeError` if there is none or it is not fixed."""
        return self.size(-1)

    def size(self, index: int, port: str = "x") -> int:
        """Size of one axis; `ShapeError` if there is no such axis or it is not fixed."""
        if not -self.rank <= index < self.rank:
            message = tr("{shape} has no axis {index}; more axes are needed here.", shape=self, index=index)
            raise ShapeError(message, port=port)
        size = self.axes[index].size
        if size is None:
            name = self.axes[index].name
            message = tr("The size of axis {axis} of {shape} has to be known here.", axis=name, shape=self)
            raise ShapeError(message, port=port)
        return size

    def elements(self, batch: int = 1) -> int:
        """How many numbers it holds, with every open axis counted as `batch`."""
        total = 1
        for axis in self.axes:
            total *= batch if axis.size is None else axis.size
        return total

    def replace(self, index: int, size: int, name: str = "") -> Shape:
        """The same shape with one axis of another size, and another name if given."""
        axes = list(self.axes)
        axes[index] = Axis(name or axes[index].name, size)
        return replace(self, axes=tuple(axes))

    def replace_last(self, size: int, name: str = "") -> Shape:
        """The same shape with the last axis replaced."""
        self.size(-1)
        return self.replace(-1, size, name)

    def drop(self, index: int) -> Shape:
        """The same shape without one axis."""
        axes = list(self.axes)
        del axes[index]
        return replace(self, axes=tuple(axes))

    def fits(self, other: Shape) -> bool:
        """Same rank and no axis with two different fixed sizes."""
        return self.rank == other.rank and all(
            a.size == b.size or (a.name == b.name and None in (a.size, b.size))
            for a, b in zip(self.axes, other.axes, strict=True)
        )

    def as_float(self) -> Shape:
        return replace(self, dtype=FLOAT)

    def need_float(self, what: str, port: str = "x", fixes: Iterable[Fix] = ()) -> Shape:
        """Refuse indices (token ids, labels) where numbers are wanted."""
        if self.dtype == BOOL:
            message = tr(
                "{layer} wants numbers but gets a mask ({shape}). Wire the mask to a mask port instead.",
                layer=tr(what),
                shape=self,
            )
            raise ShapeError(message, port=port)
        if self.dtype != FLOAT:
            fixes = tuple(fixes) or (insert("embedding", "Embedding"),)
            message = tr(
                "{layer} wants numbers but gets indices ({shape}). Put an Embedding in between.",
                layer=tr(what),
                shape=self,
            )
            raise ShapeError(message, port=port, fixes=fixes)
        return self

    def need_rank(self, ranks: int | tuple[int, ...], what: str, port: str = "x", fixes: Iterable[Fix] = ()) -> Shape:
        """Refuse any other number of axes."""
        allowed = (ranks,) if isinstance(ranks, int) else ranks
        if self.rank not in allowed:
            message = tr(
                "{layer} wants {wanted} axes but gets {count}: {shape}.",
                layer=tr(what),
                wanted=either(allowed),
                count=self.rank,
                shape=self,
            )
            raise ShapeError(message, port=port, fixes=fixes)
        return self


def either(choices: Iterable[object]) -> str:
    """What there is to choose from: ``2 or 3``."""
    return tr(" or ").join(map(str, choices))


def _axis(word: str) -> Axis:
    name, _, size = word.partition("=")
    if size:
        return Axis(name, int(size))
    return Axis("d", int(word)) if word.isdigit() else Axis(word)


def need_image(x: Shape, what: str, port: str = "x") -> Shape:
    """Refuse anything but numbers of shape B × C × H × W with fixed C, H and W."""
    if x.rank != 4:
        message = tr(
            "{layer} wants an image, B × C × H × W, but gets {count} axes: {shape}. "
            "Wire it to an image field or a convolution, before anything that flattens.",
            layer=tr(what),
            count=x.rank,
            shape=x,
        )
        raise ShapeError(message, port=port)
    if x.dtype != FLOAT:
        message = tr(
            "{layer} wants numbers but gets indices ({shape}). Wire it to an image field or a convolution.",
            layer=tr(what),
            shape=x,
        )
        raise ShapeError(message, port=port)
    for axis in (1, 2, 3):
        x.size(axis, port)
    return x


def need_sequence(x: Shape, what: str, port: str = "x") -> Shape:
    """Refuse anything but numbers of shape B × T × d with a fixed d; T may be open."""
    x.need_float(what, port)
    if x.rank != 3:
        message = tr(
            "{layer} wants a sequence, B × T × d, but gets {count} axes: {shape}.",
            layer=tr(what),
            count=x.rank,
            shape=x,
        )
        few, many = tr("Wire it to a layer that still has the time axis."), tr("Merge the axes before it.")
        raise ShapeError(sentences(message, few if x.rank < 3 else many), port=port)
    x.size(-1, port)
    return x


def compact(sizes: Iterable[int]) -> str:
    """Sizes as people write them in code: ``5`` if all are equal, else ``(5, 3)``."""
    listed = tuple(sizes)
    return str(listed[0]) if len(set(listed)) == 1 else str(listed)


def broadcast(a: Shape, b: Shape, refuse: Callable[[str], ShapeError]) -> Shape:
    """The shape of a + b by the rules of broadcasting, aligned at the last axis.

    Two open axes match only if they have the same name: B and T may differ when the model runs.
    """
    longer, shorter = (a, b) if a.rank >= b.rank else (b, a)
    axes = list(longer.axes)
    offset = longer.rank - shorter.rank
    for i, axis in enumerate(shorter.axes):
        other = axes[offset + i]
        same = axis.size == other.size and (axis.size is not None or axis.name == other.name)
        if same or axis.size == 1:
            continue
        if other.size != 1:
            why = tr("axis {index} is {a} on one side and {b} on the other", index=offset + i, a=other, b=axis)
            raise refuse(why)
        axes[offset + i] = axis
    return Shape(tuple(axes), a.dtype if a.dtype == b.dtype else FLOAT)
