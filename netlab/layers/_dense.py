"""Costs of layers that work on the last axis alone, at every place by itself."""

from math import prod

from netlab.layers.layer import Shape


def places(y: Shape) -> int:
    """At how many places of one sample the weights are applied."""
    return y.elements() // y.last


def dense_flops(y: Shape, weights: dict[str, tuple[int, ...]]) -> int:
    """Every matrix of weights once at every place, and one operation for every number that comes out."""
    return y.elements() + 2 * places(y) * sum(prod(shape) for shape in weights.values() if len(shape) > 1)
