"""The queue of a folder of runs: so many places to train in, and tickets for those who wait.

Places and tickets are locked files in ``.queue``, and the system frees a lock when its process dies. So nobody has to
keep the queue: whoever waits looks whether it is the first, and whether a place is free.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from netlab.document.file import write_atomically

FOLDER = ".queue"
LOOK_SECONDS = 0.2
PLACES = 1  # a second run on one device makes both slower; who has more devices asks for more places


def places(root: Path) -> int:
    """How many runs of a folder may train at once."""
    try:
        return max(1, int((root / FOLDER / "places").read_text()))
    except (OSError, ValueError):
        return PLACES


def set_places(root: Path, count: int) -> None:
    """Let `count` runs of a folder train at once, from the next that starts on."""
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    write_atomically(root / FOLDER / "places", str(max(1, count)).encode())


@contextmanager
def place(root: Path, ticket: int | None = None, goes_on: Callable[[], bool] = lambda: True) -> Iterator[bool]:
    """Hold a place while the body runs; with a ticket, wait for it first.

    Without a ticket a free place is taken, and the body runs even if none is free.

    Args:
        ticket: when it was asked for, in nanoseconds; who asked first is served first.
        goes_on: asked while waiting; False gives the wait up.

    Yields:
        Whether to go ahead: False only if the wait was given up.
    """
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        if ticket is None:
            _take_place(folder, root, held)
            yield True
            return
        own = folder / f"ticket-{ticket:020d}-{os.getpid()}"
        held.enter_context(_ticket(own))
        while _is_behind(folder, own) or not _take_place(folder, root, held):
            if not goes_on():
                break
            time.sleep(LOOK_SECONDS)
        with suppress(OSError):  # Windows keeps an open file; whoever waits next throws it away
            own.unlink()
        yield goes_on()


@contextmanager
def _ticket(path: Path) -> Iterator[None]:
    """Hold a ticket, which is locked before it can be seen: an unlocked one would be taken for that of a dead."""
    hidden = path.with_name(f"new-{path.name}")
    with locked(hidden):
        try:
            hidden.rename(path)
        except OSError:  # Windows does not rename an open file
            with suppress(OSError), locked(path):
                yield
            return
        yield


def _take_place(folder: Path, root: Path, held: ExitStack) -> bool:
    for number in range(1, places(root) + 1):
        try:
            held.enter_context(locked(folder / f"place-{number}"))
        except OSError:  # somebody trains there
            continue
        return True
    return False


def _is_behind(folder: Path, own: Path) -> bool:
    """Whether somebody who lives has an earlier ticket; the tickets of the dead are thrown away."""
    for ticket in sorted(folder.glob("ticket-*")):
        if ticket.name >= own.name:
            return False
        try:
            with locked(ticket):
                pass
        except OSError:
            return True
        with suppress(OSError):
            ticket.unlink()
    return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file; `OSError` at once if another process holds it."""
    with path.open("a+b") as handle:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
