"""A trial of custom code: what is asked of the throw-away process, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from netlab.language import tr

MAX_BYTES = 1 << 20
Text = Annotated[str, msgspec.Meta(max_length=4096)]


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Run a layer's code once.

    Attributes:
        options: option values of the custom code node.
        inputs: the shape at each port as `Shape.parse` reads it, None for an open port.
    """

    options: dict[str, Any]
    inputs: dict[str, str | None]


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it went.

    Attributes:
        weights: sizes of the learned tensors by name, as far as it came.
        fault: what went wrong, "" if nothing did.
        line: the line of the code where it went wrong, 0 if it was none of them.
    """

    weights: dict[Text, list[int]] = {}
    fault: Text = ""
    line: int = 0


def encode(message: Trial | Outcome) -> bytes:
    """JSON bytes."""
    return msgspec.json.encode(message)


def decode_trial(data: bytes) -> Trial:
    """Read a trial. Raises `msgspec.DecodeError` if it is none."""
    return msgspec.json.decode(data, type=Trial)


def decode_outcome(data: bytes) -> Outcome:
    """Read what came out of the process; anything but an outcome means that it came to a bad end."""
    try:
        if len(data) <= MAX_BYTES:
            return msgspec.json.decode(data, type=Outcome)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return Outcome(fault=tr("It gave no result: it took too long, needed too much memory, or ended the process."))
