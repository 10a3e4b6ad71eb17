"""Commands to a run or a sweep by its name, where somebody is there to hear them."""

from __future__ import annotations

from pathlib import Path

from netlab.language import mark, tr
from netlab.protocol import commands
from netlab.runs import sweeps
from netlab.runs.reader import LIVE, status_of
from netlab.runs.store import RunError, find_run

NOT_YET = "new"  # made, and not begun: its engine will hear what was said
OVER = mark(
    "Nobody trains {name} now; it is {state}, and nothing was done. Let it go on with: {command} --resume {folder}"
)


def tell(target: Path | str, command: commands.Command) -> None:
    """Give a command to the run or sweep in a folder.

    Raises:
        RunError: there is none, or no engine works on it.
    """
    sweep = sweeps.find_sweep(target)
    folder = sweep or find_run(target)
    state = (sweeps.state_of(folder) if sweep is not None else status_of(folder)).get("state", NOT_YET)
    if state != NOT_YET and state not in LIVE:
        again = "netlab train" if sweep is None else "netlab sweep"
        raise RunError(tr(OVER, name=folder.name, state=state, command=again, folder=folder))
    commands.append(folder, command)
