"""A run that waits for its turn: seen as ``queued``, and stopped by the same command as one that trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from netlab.engine.commands import of_run
from netlab.engine.process import ends_softly, refuse_second_engine
from netlab.language import tr
from netlab.protocol.commands import Stop
from netlab.runs import queue
from netlab.runs.writer import RunWriter


@contextmanager
def turn(folder: Path, ticket: int | None, resume: bool = False) -> Iterator[bool]:
    """Hold a place to train in; with a ticket, wait for it.

    Yields False if the run was stopped while it waited, by a command or by a signal. What is said to it meanwhile and
    is not that, it hears once it trains.

    Raises:
        RunError: another engine works on the run.
    """
    if ticket is None:
        with queue.place(folder.parent) as goes_ahead:
            yield goes_ahead
        return
    refuse_second_engine(folder)
    process = psutil.Process()
    writer = RunWriter(folder)
    writer.status(state="queued", pid=process.pid, pid_start=process.create_time(), message="")
    orders = of_run(folder, resume)
    with ends_softly() as asked:

        def goes_on() -> bool:
            asked.stop = asked.stop or any(isinstance(command, Stop) for command in orders.new())
            return not asked.stop

        try:
            with queue.place(folder.parent, ticket, goes_on) as goes_ahead:
                if not goes_ahead:
                    writer.status(state="stopped", message=tr("Stopped before its turn came."))
                writer.close()
                yield goes_ahead
        finally:
            writer.close()
