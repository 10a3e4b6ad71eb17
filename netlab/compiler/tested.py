"""What is known of custom code from running it once: how that went, and which weights it has. Kept in the user's home."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from netlab.document.file import write_atomically
from netlab.document.home import home, part_of_home
from netlab.layers.layer import Layer, Shape
from netlab.protocol.trial import MAX_BYTES, Outcome, Trial, decode_outcome, encode

_known: dict[tuple[str, str], Outcome | None] = {}


def outcome(layer: Layer, shapes: Mapping[str, Shape | None]) -> Outcome | None:
    """How the last trial of this code with such inputs went, None if there was none."""
    place = (str(home()), key(layer, shapes))
    if place not in _known:
        _known[place] = _recall(place[1])
    return _known[place]


def weights(layer: Layer, shapes: Mapping[str, Shape | None]) -> dict[str, tuple[int, ...]] | None:
    """Shapes of the learned tensors by name, None while no trial has shown them."""
    found = outcome(layer, shapes)
    if found is None or found.fault:
        return None
    return {name: tuple(sizes) for name, sizes in found.weights.items()}


def remember(layer: Layer, shapes: Mapping[str, Shape | None], found: Outcome) -> None:
    """Keep how a trial went. Raises `OSError` if it cannot be written."""
    name = key(layer, shapes)
    _known[str(home()), name] = found
    write_atomically(part_of_home("tested") / f"{name}.json", encode(found))


def trial(layer: Layer, shapes: Mapping[str, Shape | None]) -> Trial:
    """The trial that would show it."""
    return Trial(dict(layer.values), {port: None if s is None else _spelled(s) for port, s in shapes.items()})


def key(layer: Layer, shapes: Mapping[str, Shape | None]) -> str:
    """The hash of code, options and inputs: anything else may give other weights."""
    asked = trial(layer, shapes)
    told = json.dumps([sorted(asked.options.items()), list(asked.inputs.items())])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _spelled(shape: Shape) -> str:
    """A shape as `Shape.parse` reads it."""
    return " ".join([shape.dtype, *(a.name if a.size is None else f"{a.name}={a.size}" for a in shape)])


def _recall(name: str) -> Outcome | None:
    try:
        with open(part_of_home("tested") / f"{name}.json", "rb") as file:
            return decode_outcome(file.read(MAX_BYTES + 1))
    except OSError:
        return None
