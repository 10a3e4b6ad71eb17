"""Which layers can take a value as it is."""

from __future__ import annotations

from netlab.layers.layer import Layer, Shape, ShapeError, catalogue

OUTSIDE = ("input", "block", "block_input")


def fitting(shape: Shape | None) -> list[str]:
    """Keys of the layers that take a value of this shape with their default options; all with an input if it is None."""
    return [key for key, cls in catalogue().items() if cls.inputs() and (shape is None or takes(cls, shape))]


def takes(cls: type[Layer], shape: Shape) -> bool:
    """Whether the first input of a layer takes the shape; inputs that have to be wired as well get the same."""
    if cls.role in OUTSIDE:
        return False
    ports = list(cls.inputs().items())
    given = {name: shape if i == 0 or not port.optional else None for i, (name, port) in enumerate(ports)}
    try:
        cls().shapes(**given)
    except ShapeError as error:
        return cls.role == "loss" and error.port != ports[0][0]  # the target is still to come
    return True
