"""Takes up commands between the phases of a step, and lets the job wait when it is asked to."""

from __future__ import annotations

import time
from collections.abc import Callable

from netlab.engine.distributed import Orders
from netlab.engine.process import Asked
from netlab.engine.step import UPDATE
from netlab.protocol import commands
from netlab.runs.writer import RunWriter

LOOK_SECONDS = 0.02
PAUSE_POLL_SECONDS = 0.02


class Steering:
    """Stands between the commands of a run and its job.

    Args:
        change: does a command that changes the job rather than its pace, behind the given phase.
        waits: called when the job begins to wait (True) and when it goes on (False).
        redo: makes the changes again that were made behind the given phase, in a run that went back.

    Attributes:
        waits: whether the job waits now.
    """

    def __init__(
        self,
        orders: Orders,
        asked: Asked,
        writer: RunWriter,
        change: Callable[[commands.Change, str], None],
        waits: Callable[[bool], None],
        redo: Callable[[str], None],
    ) -> None:
        self.orders, self.asked, self.writer = orders, asked, writer
        self._change, self._told, self._redo = change, waits, redo
        self._next = 0.0
        self.waits = self._paused = False

    def obey(self, phase: str) -> None:
        """Do what was asked since the last time; returns when the job may go on behind `phase`."""
        self._redo(phase)
        now = time.monotonic()
        if phase == UPDATE if self.orders.shared else now >= self._next:
            self._next = now + LOOK_SECONDS
            self._take_up(phase)
        if self.asked.hold == phase and not self.asked.stop:
            self._wait(phase)

    def wants_out(self) -> bool:
        """Whether the user or the system wants the end: asked in the middle of what takes longer than a step.

        A pause begins here too. Who waits for the end of a phase does not mean this.
        """
        self._paused = False
        self._take_up(UPDATE)
        if self._paused and not self.asked.stop:
            self._wait(UPDATE)
        return self.asked.stop

    def _wait(self, phase: str) -> None:
        self._told(True)
        self.writer.status(state="paused", phase=phase)
        self.waits = True
        while self.waits and not self.asked.stop:
            time.sleep(PAUSE_POLL_SECONDS)
            self._take_up(phase)
        self._told(False)
        self.writer.status(state="running")

    def _take_up(self, phase: str) -> None:
        for command in self.orders.new():
            self._do(command, phase)

    def _do(self, command: commands.Command, phase: str) -> None:
        match command:
            case commands.Pause():
                self.asked.hold, self._paused = UPDATE, True
            case commands.Resume():
                self.asked.hold, self.waits = "", False
            case commands.Advance(to=to):
                self.asked.hold, self.waits = to, False
            case commands.Stop():
                self.asked.stop = True
            case commands.Begin():
                pass  # for the engine that it asks for
            case _:
                self._change(command, phase)
