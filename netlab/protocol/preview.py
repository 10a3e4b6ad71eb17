"""What is asked of, and answered by, the process that shows one sample at every node: one JSON object a line."""

from __future__ import annotations

import msgspec

from netlab.protocol.summaries import Array


class Ask(msgspec.Struct, frozen=True):
    """Run one sample: the bytes of a project file, a run whose weights it takes ("" for fresh ones), and a row."""

    number: int
    project: bytes
    run: str
    row: int


class Shown(msgspec.Struct, frozen=True):
    """What every node made of it.

    Attributes:
        number: that of the question.
        values: by node id, float16: maps (count, height, width), or bars (length,).
        rows: how many rows there are to choose from.
        caption: what the sample is.
        problem: why there is nothing to show, "" if there is.
    """

    number: int
    values: dict[str, Array] = {}
    rows: int = 0
    caption: str = ""
    problem: str = ""


def encode(message: Ask | Shown) -> bytes:
    """One line."""
    return msgspec.json.encode(message) + b"\n"


def decode_ask(line: bytes) -> Ask:
    """Read a question; `msgspec.DecodeError` if it is none."""
    return msgspec.json.decode(line, type=Ask)


def decode_shown(line: bytes) -> Shown:
    """Read an answer; `msgspec.DecodeError` if it is none."""
    return msgspec.json.decode(line, type=Shown)
