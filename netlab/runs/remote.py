"""Runs on another machine, reached by the user's own ``ssh``: started there, mirrored and steered from here.

The folder here is an ordinary run, with ``remote.json`` in it. A process of its own keeps it up to date; it makes the
line again as often as it breaks, and what it asks of the other machine it may ask twice.
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
import subprocess
import threading
import time
from pathlib import Path

import msgspec

from netlab.document.file import write_atomically
from netlab.language import tr
from netlab.runs import store
from netlab.runs.launch import launch
from netlab.runs.mirror import Copy, LineError, lines

FILE = "remote.json"
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(@[A-Za-z0-9][A-Za-z0-9._-]*)?")
OPTIONS = ("-T", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3")
FIRST_WAIT, LONGEST_WAIT, ORDER_SECONDS = 0.5, 30.0, 0.1
REFUSED = 3  # attempts to begin, after which a host that was never reached is given up


class RemoteError(ValueError):
    """Another machine that cannot be used as asked, as a sentence with the remedy."""


class Remote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a mirrored run is.

    Attributes:
        host: as ``ssh`` takes it: a name from its configuration, or user@host.
        netlab: the command there.
        root: the folder of runs there.
        name: of the run there; nobody else's, so that a start that is asked for twice starts once.
        steps: length of the run, None for the project's epochs.
    """

    host: str
    netlab: str
    root: str
    name: str
    steps: int | None = None


def create(
    project: bytes, host: str, root: Path, *, netlab: str = "netlab", there: str = "runs", steps: int | None = None
) -> Path:
    """A run folder here for a run that is to be trained there; `mirror` starts it.

    Raises:
        RemoteError: the host is no name that ``ssh`` could take.
        RunError: the folder cannot be made.
    """
    if not HOST.fullmatch(host):
        message = tr("{host!r} is no host. Give a name from your ssh configuration, or user@host.", host=host)
        raise RemoteError(message)
    folder = store.create(project, root, steps=steps)
    remote = Remote(host, netlab, there, f"{folder.name}-{secrets.token_hex(4)}", steps)
    write_atomically(folder / FILE, msgspec.json.encode(remote))
    return folder


def remote_of(folder: Path) -> Remote | None:
    """Where the run in `folder` really is; None if it is here."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Remote)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise RemoteError(
            tr("{folder} cannot be read: {error}. Start the run again.", folder=folder / FILE, error=error)
        ) from error


def accept(name: str, root: Path, project: bytes, steps: int | None = None) -> Path:
    """On the other machine: the run of that name, which is started if it is not there yet.

    Raises:
        RemoteError: the name is no name for a run.
    """
    if not re.fullmatch(r"[A-Za-z0-9-]{1,80}", name):
        raise RemoteError(tr("{name!r} is no name for a run.", name=name))
    folder = root / name
    if not (folder / store.PROJECT).exists():
        folder = store.create(project, root, name, steps)
        launch(["train", str(folder.resolve())], log=folder / "engine.log").returncode = 0  # it is on its own
    return folder


def mirror(folder: Path) -> str:
    """Keep the copy in `folder` up to date until the run is over; returns its final state.

    Raises:
        RemoteError: the folder is no copy, or the other machine refuses what it is asked.
    """
    remote = remote_of(folder)
    if remote is None:
        raise RemoteError(tr("The run {name} was made on this machine; there is nothing to mirror.", name=folder.name))
    copy = Copy(folder, remote.host)
    copy.say()
    wait, refused, reached = FIRST_WAIT, 0, False
    try:
        while True:
            began = time.monotonic()
            problem = _hold_line(folder, remote, copy)
            if copy.over:
                return copy.state
            reached = reached or copy.heard
            refused = refused + 1 if not reached else 0
            if refused >= REFUSED:
                copy.give_up(problem)
                raise RemoteError(problem)
            copy.say(broken=True)
            wait = FIRST_WAIT if time.monotonic() - began > LONGEST_WAIT else min(2 * wait, LONGEST_WAIT)
            time.sleep(wait)
    finally:
        copy.close()


def _hold_line(folder: Path, remote: Remote, copy: Copy) -> str:
    """Make the line and listen until it breaks; what the other end said of the reason."""
    words = [*shlex.split(remote.netlab), "accept", remote.name, "--runs", remote.root]
    if remote.steps is not None:
        words += ["--steps", str(remote.steps)]
    begun = _ssh(remote.host, words, stdin=subprocess.PIPE)
    told, complaint = begun.communicate((folder / store.PROJECT).read_bytes())
    if begun.returncode:
        return _sentence(remote, complaint)
    try:
        place = str(json.loads(told)["run"])
    except (ValueError, KeyError, TypeError):
        return tr(
            "{host} answered with something else than a run. Check that {command!r} is NetLab there.",
            host=remote.host,
            command=remote.netlab,
        )
    line = _ssh(remote.host, [*shlex.split(remote.netlab), "feed", place], stdin=subprocess.PIPE)
    assert line.stdin is not None
    assert line.stdout is not None
    ended = threading.Event()
    sender = threading.Thread(target=_send_orders, args=(line, copy, ended), name="orders")
    try:
        line.stdin.write(copy.hello())
        line.stdin.flush()
        sender.start()
        for text in lines(line.stdout):
            copy.take(text)
            if copy.over:
                break
    except (OSError, LineError) as error:
        return str(error)
    finally:
        ended.set()
        if sender.ident is not None:
            sender.join()
        line.kill()
        _, complaint = line.communicate()
    return _sentence(remote, complaint)


def _send_orders(line: subprocess.Popen[bytes], copy: Copy, ended: threading.Event) -> None:
    """Send each command once over this line, from the first that the other end has not got."""
    assert line.stdin is not None
    sent = 0
    while not ended.wait(ORDER_SECONDS):
        if not copy.heard:
            continue
        first = max(sent, copy.taken)
        orders = copy.orders(first)
        try:
            for order in orders:
                line.stdin.write(order)
            line.stdin.flush()
        except (OSError, ValueError):  # broken; it is sent again over the next line
            return
        sent = first + len(orders)


def _ssh(host: str, words: list[str], stdin: int) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            ["ssh", *OPTIONS, host, " ".join(map(_quoted, words))],
            stdin=stdin,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )
    except OSError as error:
        raise RemoteError(
            tr("ssh cannot be started: {reason}. Install an ssh client.", reason=error.strerror)
        ) from error


def _quoted(word: str) -> str:
    """A word for the shell over there, which is to know its own home."""
    return "~/" + shlex.quote(word[2:]) if word.startswith("~/") else shlex.quote(word)


def _sentence(remote: Remote, complaint: bytes) -> str:
    last = complaint.decode(errors="replace").strip().splitlines()[-1:] or [tr("it did not say why")]
    return tr(
        "{host} could not be used: {reason}. Check with: ssh {host} {command} --version",
        host=remote.host,
        reason=last[0][:300].rstrip("."),
        command=remote.netlab,
    )
