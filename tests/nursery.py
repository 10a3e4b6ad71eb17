"""Engine processes for the tests, forked from one that has loaded torch: loading it takes longer than most of their jobs.

They are processes of their own with the arguments, environment, folder, files and signals that a start would give them,
and their exit status comes back. What they do not show is that the start itself works: that is left to the tests which
start an engine from a command line, from a window in its own process, under torchrun, and in the kill loops.

Run as a program, with the number of a listening socket, this is the process that forks. It ends with its standard input.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
POSSIBLE = sys.platform == "linux"
LONGEST = 1 << 17  # bytes of what a process is told


class Forked(subprocess.Popen[bytes]):
    """What `subprocess.Popen` is for a process that it starts, for one that was forked elsewhere."""

    address: Callable[[], bytes]
    _line: socket.socket | None = None

    def _execute_child(self: Any, args: Any, *more: Any) -> None:
        cwd, env, pipes = more[4], more[5], more[9:15]
        if list(args[:3]) != [sys.executable, "-m", "netlab.engine"]:
            super()._execute_child(args, *more)  # type: ignore[misc]
            return
        env = os.environ if env is None else env
        told = {"words": args[2:], "folder": str(cwd or Path.cwd()), "environment": dict(env)}
        theirs = (pipes[0], pipes[3], pipes[5])  # of the six ends of three pipes, or -1 for what this process has
        files = [number if file == -1 else file for number, file in enumerate(theirs)]
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._line.connect(self.address())
            socket.send_fds(self._line, [json.dumps(told).encode()], files)
            self.pid = int(self._line.recv(64))
            self._child_created = True
        finally:
            self._close_pipe_fds(*pipes)

    def _internal_poll(self: Any, *args: Any, **options: Any) -> int | None:
        if self._line is None:
            return super()._internal_poll(*args, **options)  # type: ignore[misc]
        return self._heard(0)

    def _wait(self: Any, timeout: float | None) -> int | None:
        if self._line is None:
            return super()._wait(timeout)  # type: ignore[misc]
        if self._heard(timeout) is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def _heard(self: Any, timeout: float | None) -> int | None:
        """The exit status, once it has come."""
        if self.returncode is None and select.select([self._line], [], [], timeout)[0]:
            self.returncode = int(self._line.recv(64) or -signal.SIGKILL)
        return self.returncode

    def __del__(self: Any, *args: Any, **options: Any) -> None:
        super().__del__(*args, **options)  # type: ignore[misc]
        if self._line is not None:
            self.returncode = self.returncode or 0
            self._line.close()


def starting(address: Callable[[], bytes]) -> SimpleNamespace:
    """What stands for the module `subprocess` where engines are started, if they are to be forked at an address."""
    return SimpleNamespace(
        **vars(subprocess) | {"Popen": type("Forked", (Forked,), {"address": staticmethod(address)})}
    )


PYTHON = """#!{python} -IS
import json, os, socket, sys

words = sys.argv[1:]
known = "netlab", "netlab.engine", "netlab.engine.importing.child"
alone = ["import"], ["shot"]  # the first is ended with its family, the second draws
if words[:1] != ["-m"] or words[1] not in known or words[2:3] in alone:
    os.execv("{python}", ["{python}", *words])
line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
line.connect(bytes.fromhex("{address}"))
told = dict(words=words[1:], folder=os.getcwd(), environment=dict(os.environ), tied=True)
socket.send_fds(line, [json.dumps(told).encode()], [0, 1, 2])
line.recv(64)
status = int(line.recv(64) or -9)
if status < 0:
    os.kill(os.getpid(), -status)
os._exit(status)
"""


def python(address: bytes, path: Path) -> Path:
    """A program to be started for Python by those who have no Popen. What was forked for it ends when it does."""
    path.write_text(PYTHON.format(python=sys.executable, address=address.hex()))
    path.chmod(0o700)
    return path


@contextmanager
def nursery() -> Iterator[Callable[[], bytes]]:
    """A process that forks engines, begun when its address is asked for and ended with the block."""
    begun: list[tuple[subprocess.Popen[bytes], bytes]] = []

    def address() -> bytes:
        if not begun:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
                listener.bind("")  # Linux finds a name
                listener.listen(64)
                number = listener.fileno()
                command = [sys.executable, __file__, str(number)]
                process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, pass_fds=[number])
                begun.append((process, listener.getsockname()))
        return begun[0][1]

    yield address
    for process, _ in begun:
        process.communicate()


def serve(listener: socket.socket) -> dict[str, Any]:
    """Fork for everybody who asks; returns in the new processes only, with what each was told."""
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    lines: dict[int, socket.socket] = {}
    tied: dict[socket.socket, int] = {}
    while True:
        ready, _, _ = select.select([listener, ended, 0, *tied], [], [])
        if 0 in ready:
            os._exit(0)
        for line in [line for line in tied if line in ready]:  # nothing is said there: its other end is gone
            with suppress(ProcessLookupError):
                os.killpg(tied.pop(line), signal.SIGKILL)
        if ended in ready:
            ended.recv(LONGEST)
            tell_the_ends(lines)
            tied = {line: pid for line, pid in tied.items() if pid in lines}
        if listener in ready:
            line, _ = listener.accept()
            message, files, _, _ = socket.recv_fds(line, LONGEST, 3)
            told = json.loads(message)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for each in (listener, ended, wake, line, *lines.values()):
                    each.close()
                os.setsid()
                return {**told, "files": files}
            for file in files:
                os.close(file)
            lines[pid] = line
            if told.get("tied"):
                tied[line] = pid
            line.send(str(pid).encode())


def tell_the_ends(lines: dict[int, socket.socket]) -> None:
    """Collect the processes that ended, and send each one's exit status to who asked for it."""
    while lines:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with lines.pop(pid) as line, suppress(OSError):  # whoever asked may be gone
            line.send(str(os.waitstatus_to_exitcode(status)).encode())


def load() -> None:
    """Load what engines need sooner or later, and keep the collector from looking at it again."""
    import torch._dynamo  # noqa: F401 - loaded with the first optimiser

    import netlab.cli
    import netlab.engine.__main__
    import netlab.engine.exporting
    import netlab.engine.recovery
    import netlab.engine.sweep
    import netlab.engine.together  # noqa: F401

    del sys.modules["netlab.engine.__main__"]
    gc.collect()
    gc.freeze()


def become(told: dict[str, Any], address: bytes) -> None:
    """Do in this process what ``python -m`` with these words does in a new one."""
    import torch

    from netlab.runs import launch

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate(told["files"]):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the process is there, as the next two
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(told["environment"])
    os.chdir(told["folder"])
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    launch.subprocess = starting(lambda: address)
    sys.path[0] = told["folder"]
    sys.argv = told["words"]
    runpy.run_module(told["words"][0], run_name="__main__", alter_sys=True)


def main() -> None:
    """Load torch, then fork until standard input ends."""
    sys.path[0] = str(ROOT)
    listener = socket.socket(fileno=int(sys.argv[1]))
    address = listener.getsockname()
    load()
    become(serve(listener), address)


if __name__ == "__main__":
    main()
