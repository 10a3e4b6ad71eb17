"""Commands to a running job: one JSON object a line in ``commands.jsonl``, taken up at step boundaries."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Wait after the present step."""


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    """Go on after a pause."""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Write a checkpoint and end."""


class SetLearningRate(msgspec.Struct, frozen=True, tag="set_learning_rate"):
    """Use another learning rate from the next step on."""

    value: float


class SetProbes(msgspec.Struct, frozen=True, tag="set_probes"):
    """Look at these nodes: pairs of probe key and node id."""

    probes: list[tuple[str, str]]


Pace = Pause | Resume | Stop
Change = SetLearningRate | SetProbes
Command = Pace | Change
_decoder = msgspec.json.Decoder(Command)


def append(folder: Path, command: Command) -> None:
    """Add one command to the run in `folder`. The line is written by one call, so a reader never sees half."""
    with open(folder / "commands.jsonl", "ab", buffering=0) as file:
        file.write(msgspec.json.encode(command) + b"\n")


def decode(line: bytes) -> Command:
    """Read one line; `msgspec.ValidationError` or `msgspec.DecodeError` if it is not a command."""
    return _decoder.decode(line)
