"""What was learnt by running custom code once: the weights it makes for given shapes. Kept in the user's home."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from netlab.document.file import write_atomically
from netlab.document.home import home, part_of_home
from netlab.layers.layer import Layer, Shape

Weights = dict[str, tuple[int, ...]]
LARGEST = 1 << 20  # bytes of a result that is believed
_known: dict[tuple[str, str], Weights | None] = {}


def weights(layer: Layer, shapes: Mapping[str, Shape | None]) -> Weights | None:
    """Shapes of the learned tensors by name, None while this code has not run with such inputs."""
    place = (str(home()), key(layer, shapes))
    if place not in _known:
        _known[place] = _recall(place[1])
    return _known[place]


def remember(layer: Layer, shapes: Mapping[str, Shape | None], found: Weights) -> None:
    """Keep what a test has found. Raises `OSError` if it cannot be written."""
    name = key(layer, shapes)
    write_atomically(part_of_home("tested") / f"{name}.json", json.dumps(found).encode())
    _known[str(home()), name] = found


def key(layer: Layer, shapes: Mapping[str, Shape | None]) -> str:
    """The hash of code, options and inputs: anything else may give other weights."""
    told = [sorted(layer.values.items()), [[port, s and spelled(s)] for port, s in shapes.items()]]
    return hashlib.sha256(json.dumps(told).encode("utf-8", "surrogatepass")).hexdigest()


def spelled(shape: Shape) -> str:
    """A shape as `Shape.parse` reads it."""
    axes = (axis.name if axis.size is None else f"{axis.name}={axis.size}" for axis in shape)
    return " ".join([shape.dtype, *axes])


def _recall(name: str) -> Weights | None:
    """What a file says, None if there is none or it holds something else."""
    path = part_of_home("tested") / f"{name}.json"
    try:
        with open(path, "rb") as file:
            return checked(json.loads(file.read(LARGEST)))
    except (OSError, ValueError, RecursionError):
        return None


def checked(found: Any) -> Weights:
    """Names and sizes, if that is what it is. Raises `ValueError` otherwise."""
    if not isinstance(found, dict) or len(found) > 10_000:
        raise ValueError("these are no weights")
    for name, sizes in found.items():
        if len(name) > 300 or not isinstance(sizes, list) or len(sizes) > 64:
            raise ValueError("these are no weights")
        if not all(type(size) is int and 0 <= size < 2**40 for size in sizes):
            raise ValueError("these are no weights")
    return {name: tuple(sizes) for name, sizes in found.items()}
