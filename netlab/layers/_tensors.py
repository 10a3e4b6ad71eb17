"""What the layers share that make a value out of no other."""

from netlab.layers.layer import Shape
from netlab.layers.shape import Axis


def made(sizes: tuple[int, ...], like: Shape | None, dtype: str) -> Shape:
    """The shape of the value: with the batch of `like` in front, if something is wired there."""
    axes = tuple(Axis("d", size) for size in sizes)
    return Shape((like[0], *axes) if like is not None and like.rank else axes, dtype)


def arguments(sizes: tuple[int, ...], *more: str) -> str:
    """What the module is called with."""
    return ", ".join([*map(str, sizes), *filter(None, more)])
