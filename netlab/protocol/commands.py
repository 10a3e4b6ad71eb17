"""Commands to a running job: one JSON object a line in ``commands.jsonl``, taken up between the phases of a step."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Wait after the present step."""


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    """Go on after a pause."""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Write a checkpoint and end."""


class Advance(msgspec.Struct, frozen=True, tag="advance"):
    """Go on until the next end of a phase, and wait there; what is there then is recorded as readings."""

    to: Literal["forward", "backward", "update"] = "update"


class Keep(msgspec.Struct, frozen=True, tag="keep"):
    """Write a checkpoint that stays."""


class SetLearningRate(msgspec.Struct, frozen=True, tag="set_learning_rate"):
    """Use another learning rate from the next step on."""

    value: float


class SetWeightDecay(msgspec.Struct, frozen=True, tag="set_weight_decay"):
    """Use another weight decay from the next step on."""

    value: float


class SetLossWeight(msgspec.Struct, frozen=True, tag="set_loss_weight"):
    """Give the loss of a node another share in the total loss, λ."""

    node: str
    value: float


class SetProbes(msgspec.Struct, frozen=True, tag="set_probes"):
    """Look at these nodes: pairs of probe key and node id."""

    probes: list[tuple[str, str]]


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """An engine is asked to go on with the run: what was said before is over, what is said from here on counts.

    Without it a command would be lost that is given while the engine starts and finds out why it had to.
    """


PHASES = ("forward", "backward", "update")
"""The parts of a step, and the probe names under which a job that is led through them records what is there."""

Pace = Pause | Resume | Stop | Advance | Begin
Change = Keep | SetLearningRate | SetWeightDecay | SetLossWeight | SetProbes
Command = Pace | Change
_decoder = msgspec.json.Decoder(Command)


def append(folder: Path, command: Command) -> None:
    """Add one command to the run in `folder`. The line is written by one call, so a reader never sees half."""
    with open(folder / "commands.jsonl", "ab", buffering=0) as file:
        file.write(encode(command) + b"\n")


def encode(command: Command) -> bytes:
    """A command as a line, without its end."""
    return msgspec.json.encode(command)


def decode(line: bytes) -> Command:
    """Read one line; `msgspec.ValidationError` or `msgspec.DecodeError` if it is not a command."""
    return _decoder.decode(line)
