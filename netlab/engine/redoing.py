"""Changes by hand, kept so that a run that went back to a checkpoint makes them again where they were made.

Otherwise a run that was killed would go on with another learning rate than the one it had, without anybody's wish.
"""

from __future__ import annotations

from typing import get_args

from netlab.engine.step import BACKWARD, FORWARD, UPDATE
from netlab.protocol import commands
from netlab.runs.writer import RunWriter

ByHand = commands.SetLearningRate | commands.SetWeightDecay | commands.SetLossWeight
ORDER = (UPDATE, FORWARD, BACKWARD)  # within a step that is counted once it is whole
Made = tuple[int, str, commands.Command]  # behind which step and phase, and what


class Redo:
    """What was changed by hand so far, and what of it a resumed run has still ahead.

    Attributes:
        done: how many changes the weights have felt.
        ahead: those that were made behind the checkpoint, oldest first.
    """

    def __init__(self, writer: RunWriter) -> None:
        self.writer = writer
        self.done = 0
        self.ahead: list[Made] = []

    def note(self, step: int, phase: str, command: commands.Command) -> None:
        """Remember a change just made; whoever changes things anew takes the wheel, and nothing is made again."""
        if not isinstance(command, get_args(ByHand)):
            return
        if self.ahead:
            self.ahead.clear()
            self.writer.drop_changes(self.done)
        self.done += 1
        self.writer.change(self.done, step, phase, commands.encode(command))

    def due(self, step: int, phase: str) -> list[commands.Command]:
        """The changes that were made by this place, each once."""
        now, found = (step, ORDER.index(phase)), []
        while self.ahead and (self.ahead[0][0], ORDER.index(self.ahead[0][1])) <= now:
            found.append(self.ahead.pop(0)[2])
            self.done += 1
        return found
