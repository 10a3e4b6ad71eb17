"""Summaries: the few forms in which a probe tells what it saw. Views are chosen by these types."""

from __future__ import annotations

import msgspec


class Array(msgspec.Struct, frozen=True, array_like=True):
    """A dense array: shape, numpy dtype such as ``<f2`` or ``|u1``, and the bytes in C order."""

    shape: tuple[int, ...]
    dtype: str
    data: bytes


class Histogram(msgspec.Struct, frozen=True, tag="histogram"):
    """Counts between `low` and `high` in equal bins, with mean and standard deviation of the values."""

    low: float
    high: float
    counts: list[int]
    mean: float
    std: float


class Matrix(msgspec.Struct, frozen=True, tag="matrix"):
    """A picture of numbers: values (rows, columns), with optional labels."""

    values: Array
    rows: list[str] = []
    columns: list[str] = []


class Attention(msgspec.Struct, frozen=True, tag="attention"):
    """Attention weights of one layer: weights (heads, queries, keys), each row sums to 1; tokens on both axes."""

    weights: Array
    queries: list[str]
    keys: list[str]
    causal: bool = False


class FeatureMaps(msgspec.Struct, frozen=True, tag="feature_maps"):
    """Activations of a convolution for one sample: values (channels, height, width), and the sample's label."""

    values: Array
    caption: str = ""


class Points(msgspec.Struct, frozen=True, tag="points"):
    """A decision surface with the data: classes of a grid (rows, columns) over `extent`, points (n, 2), labels (n,)."""

    grid: Array
    extent: tuple[float, float, float, float]
    points: Array
    labels: Array


class Levels(msgspec.Struct, frozen=True, tag="levels"):
    """One number for each of some nodes: ids, what people call them, and the numbers."""

    nodes: list[str]
    names: list[str]
    values: list[float]


class Times(msgspec.Struct, frozen=True, tag="times"):
    """How long each of some nodes takes in a step, in milliseconds: ids, what people call them, forward and backward.

    What is inside of a block is counted there and not in the block.
    """

    nodes: list[str]
    names: list[str]
    forward: list[float]
    backward: list[float]


GRADIENTS, TIMES = "gradients", "times"
"""The names under which every run records the gradient's size and the time of all nodes, with the node ""."""

Summary = Levels | Times | Histogram | Matrix | Attention | FeatureMaps | Points
_decoder = msgspec.msgpack.Decoder(Summary)


def encode(summary: Summary) -> bytes:
    """MessagePack bytes of a summary."""
    return msgspec.msgpack.encode(summary)


def decode(data: bytes) -> Summary:
    """Read a summary; `msgspec.ValidationError` if it is none."""
    return _decoder.decode(data)
