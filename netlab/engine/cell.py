"""A cell for code that somebody wrote: a process without network, with limits, that does not outlive its time.

What the system offers is used: on Linux namespaces for network and processes, elsewhere limits alone. It keeps faults
and mistakes from doing harm; it is no fortress, which is why nothing runs in it that the user has not agreed to.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from typing import BinaryIO

NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000  # of unshare(2)
DIE_WITH_PARENT = 1  # of prctl(2)


def enter(seconds: int) -> BinaryIO:
    """Shut this process in for `seconds`; returns the way out, the old standard output.

    Whatever the code prints goes nowhere, so that it cannot forge a result. Call it before torch starts threads.
    """
    way_out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it is the leader of its session already
            os.setsid()
    if sys.platform == "linux" and _unshare():
        _be_watched(seconds)
    elif hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
    return way_out


def limit(seconds: int, memory: int) -> None:
    """Allow `seconds` of processor time and `memory` bytes beyond what is used now; no files, no other programs."""
    try:
        import resource
    except ImportError:  # Windows
        return
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    limits = {"RLIMIT_CPU": int(used) + seconds, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_NPROC": 0}
    with suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as file:
        limits["RLIMIT_AS"] = int(file.read().split()[0]) * resource.getpagesize() + memory
    for name, value in limits.items():
        if hasattr(resource, name):
            with suppress(OSError, ValueError):
                resource.setrlimit(getattr(resource, name), (value, value))


def _unshare() -> bool:
    """Network and processes of its own; a user namespace gives the right to that where root does not."""
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = NEW_NETWORK | NEW_PROCESSES
    return libc.unshare(wanted) == 0 or libc.unshare(wanted | NEW_USER) == 0


def _be_watched(seconds: int) -> None:
    """Go on in a child that is the first of its process namespace: when it ends, everything it started ends."""
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        return

    def end(number: int, frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    signal.alarm(seconds)
    _, status = os.waitpid(child, 0)
    os._exit(0 if status == 0 else 1)
