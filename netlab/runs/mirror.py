"""The two ends of a line between machines: one feeds what is new in a run, the other keeps a copy of the run.

Rows keep their ids, so the copy itself says how far it is, and a line that broke is taken up where it was. What comes
over the line is judged like a file from a stranger: bounded, typed, and never a path.
"""

from __future__ import annotations

import base64
import os
import queue
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec
import psutil

from netlab.document.file import write_atomically
from netlab.language import tr
from netlab.protocol import commands
from netlab.runs.reader import LIVE, RunReader
from netlab.runs.schema import connect_to_read, connect_to_write, take_in
from netlab.runs.store import FITTED, TOKENIZER

LOOK_SECONDS = 0.1
ROWS, PIECE = 2000, 192 * 1024
LINE_LIMIT = 8 * 1024 * 1024
TAKEN = "taken.json"  # how many commands came over the line
COLUMNS = {
    "metrics": ("step", "name", "value", "time"),
    "readings": ("step", "probe", "node", "time", "summary"),
    "marks": ("step", "kind", "text", "time"),
    "log": ("time", "level", "message", "node", "detail"),
}
WHOLE = ("model.py", "engine.log", TOKENIZER, FITTED)
SENT = re.compile("|".join(map(re.escape, WHOLE)) + r"|checkpoints/(step-\d+|kept-\d+|last|best)\.safetensors")


def _files_of(folder: Path) -> list[Path]:
    """The files of a run that are sent whole."""
    return [*(folder / name for name in WHOLE), *folder.glob("checkpoints/*")]


class LineError(ValueError):
    """What came over the line is not what the other end would say."""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """What the copy has: the last id of each table, how often the run had gone back, and size and time of its files."""

    after: dict[str, int]
    rewinds: str
    files: dict[str, tuple[int, int]]


class Order(msgspec.Struct, frozen=True, tag="order"):
    """The command number `number` of the copy's ``commands.jsonl``, from 0."""

    number: int
    line: str


class Anew(msgspec.Struct, frozen=True, tag="anew"):
    """The run went back to a checkpoint: all rows of metrics, readings and marks come again."""


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    """New rows of a table, each with its id first."""

    table: str
    rows: list[list[Any]]


class Status(msgspec.Struct, frozen=True, tag="status"):
    """All keys of the status, and how many orders were taken."""

    values: dict[str, str]
    taken: int


class Piece(msgspec.Struct, frozen=True, tag="piece"):
    """A part of a file; with the last one the file is whole, and has this time."""

    name: str
    data: bytes
    first: bool
    last: bool
    time: int


class End(msgspec.Struct, frozen=True, tag="end"):
    """The run is over, and all of it was sent."""


Sent = Anew | Rows | Status | Piece | End
_to_copy = msgspec.json.Decoder(Sent)
_to_run = msgspec.json.Decoder(Hello | Order)


def feed(folder: Path, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """Send what is new in the run in `folder` until it is over or the line is broken; takes up orders from there."""
    orders: queue.SimpleQueue[Hello | Order | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, orders), name="orders", daemon=True).start()
    hello = orders.get()
    if not isinstance(hello, Hello):
        return
    feeder = _Feeder(folder, hello, outgoing)
    while True:
        with suppress(queue.Empty):
            while True:
                order = orders.get_nowait()
                if order is None:
                    return
                if isinstance(order, Order):
                    feeder.take(order)
        if feeder.send_news():
            return
        time.sleep(LOOK_SECONDS)


def _listen(incoming: IO[bytes], orders: queue.SimpleQueue[Hello | Order | None]) -> None:
    for line in lines(incoming):
        with suppress(msgspec.MsgspecError):
            orders.put(_to_run.decode(line))
    orders.put(None)


def lines(incoming: IO[bytes]) -> Iterator[bytes]:
    """The lines that come in; one that is longer than any of ours ends them."""
    while line := incoming.readline(LINE_LIMIT):
        if not line.endswith(b"\n"):
            return
        yield line


class _Feeder:
    def __init__(self, folder: Path, hello: Hello, outgoing: IO[bytes]) -> None:
        self.folder, self.outgoing = folder, outgoing
        self.after = {table: hello.after.get(table, 0) for table in COLUMNS}
        self.rewinds, self.files = hello.rewinds, dict(hello.files)
        self.said: Status | None = None
        self.reader = RunReader(folder)
        try:
            self.taken = int((folder / TAKEN).read_text())
        except (OSError, ValueError):
            self.taken = 0

    def take(self, order: Order) -> None:
        """Hand an order to the engine, once, however often it comes."""
        if order.number != self.taken:
            return
        with suppress(ValueError):
            commands.append(self.folder, commands.decode(order.line.encode()))
        self.taken += 1
        write_atomically(self.folder / TAKEN, str(self.taken).encode())

    def send_news(self) -> bool:
        """Send what is new; whether the run is over and all of it was sent."""
        status = self.reader.status()  # before the rows: what is said here is not ahead of what they say
        more = self._send_rows(status)
        told = Status(status, self.taken)
        if not more and told != self.said:
            self.said = told
            over = bool(status) and status.get("state") not in LIVE
            if over:
                self._send_files()
            self._send(told)
        self._send_files()
        if more or not status or status.get("state") in LIVE:
            return False
        self._send(End())
        return True

    def _send_rows(self, status: dict[str, str]) -> bool:
        """Send a few thousand rows of each table; whether there are more."""
        base = connect_to_read(self.folder)
        if base is None:
            return False
        more = False
        try:
            if status.get("rewinds", "0") != self.rewinds:
                self.rewinds = status.get("rewinds", "0")
                self.after |= {"metrics": 0, "readings": 0, "marks": 0}
                self._send(Anew())
            for table, columns in COLUMNS.items():
                query = f"SELECT id, {', '.join(columns)} FROM {table} WHERE id > ? ORDER BY id LIMIT ?"
                rows = base.execute(query, (self.after[table], ROWS)).fetchall()
                if rows:
                    self.after[table] = rows[-1][0]
                    self._send(Rows(table, [[_packed(value) for value in row] for row in rows]))
                more = more or len(rows) == ROWS
        except sqlite3.Error:  # locked for a moment
            return True
        finally:
            base.close()
        return more

    def _send_files(self) -> None:
        for path in _files_of(self.folder):
            name = path.relative_to(self.folder).as_posix()
            with suppress(FileNotFoundError):
                known = path.stat()
                stamp = (known.st_size, known.st_mtime_ns)
                if SENT.fullmatch(name) and self.files.get(name) != stamp:
                    self._send_file(path, name, stamp[1])
                    self.files[name] = stamp

    def _send_file(self, path: Path, name: str, at: int) -> None:
        with path.open("rb") as opened:
            first, data = True, opened.read(PIECE)
            while True:
                following = opened.read(PIECE)
                self._send(Piece(name, data, first, not following, at))
                if not following:
                    return
                first, data = False, following

    def _send(self, message: Sent) -> None:
        self.outgoing.write(msgspec.json.encode(message) + b"\n")
        self.outgoing.flush()


def _packed(value: Any) -> Any:
    return {"b": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["b"])
    return value


class Copy:
    """The copy of a run: one process writes it, as an engine writes a run, and is seen as what keeps it alive.

    Args:
        where: what the copy says of the machine, e.g. ``gpu1``.

    Attributes:
        over: whether the run is over and all of it is here.
        heard: whether the other end has said how the run is, since the line was made.
        taken: how many commands the other end has.
    """

    def __init__(self, folder: Path, where: str) -> None:
        self.folder, self.where = folder, where
        self.base = connect_to_write(folder)
        self.over = self.heard = False
        self.taken = 0
        self._parts: dict[str, bytearray] = {}
        self._values: dict[str, str] = {"state": "starting"}

    def hello(self) -> bytes:
        """What this copy has, as a line: the first over a new line between the machines."""
        self.heard = False
        after = {t: self.base.execute(f"SELECT coalesce(max(id), 0) FROM {t}").fetchone()[0] for t in COLUMNS}
        row = self.base.execute("SELECT value FROM status WHERE key = 'rewinds'").fetchone()
        files = {}
        for path in _files_of(self.folder):
            with suppress(FileNotFoundError):
                known = path.stat()
                files[path.relative_to(self.folder).as_posix()] = (known.st_size, known.st_mtime_ns)
        return msgspec.json.encode(Hello(after, row[0] if row else "0", files)) + b"\n"

    def take(self, line: bytes) -> None:
        """Take up one line.

        Raises:
            LineError: it is none of ours.
        """
        try:
            message = _to_copy.decode(line)
            match message:
                case Anew():
                    for table in ("metrics", "readings", "marks", "overview"):
                        self.base.execute(f"DELETE FROM {table}")
                case Rows(table=table, rows=rows):
                    self._insert(table, rows)
                case Status(values=values, taken=taken):
                    self.taken, self.heard = taken, True
                    self.say(values)
                case Piece():
                    self._take_piece(message)
                case End():
                    self.over = True
        except (msgspec.MsgspecError, sqlite3.Error, KeyError, TypeError, ValueError) as error:
            raise LineError(
                tr("The other machine said something that cannot be understood: {error}.", error=error)
            ) from error

    def say(self, values: dict[str, str] | None = None, broken: bool = False) -> None:
        """Write the status: that of the run, but this process is who keeps the copy alive."""
        self._values = self._values if values is None else values
        process = psutil.Process()
        place = tr("on {host}, line broken", host=self.where) if broken else tr("on {host}", host=self.where)
        device = f"{self._values.get('device', '')} {place}".strip()
        own = {"pid": str(process.pid), "pid_start": str(process.create_time()), "device": device}
        self.base.execute("BEGIN")
        self.base.executemany("INSERT OR REPLACE INTO status VALUES (?, ?)", list((self._values | own).items()))
        self.base.execute("COMMIT")

    def _insert(self, table: str, rows: list[list[Any]]) -> None:
        columns = COLUMNS[table]
        marks = ", ".join("?" * (len(columns) + 1))
        query = f"INSERT OR REPLACE INTO {table} (id, {', '.join(columns)}) VALUES ({marks})"
        unpacked = [[_unpacked(value) for value in row] for row in rows]
        self.base.execute("BEGIN")
        try:
            self.base.executemany(query, unpacked)
            if table == "metrics":
                take_in(self.base, ((row[2], row[3]) for row in unpacked))
        finally:
            self.base.execute("COMMIT")

    def _take_piece(self, piece: Piece) -> None:
        if not SENT.fullmatch(piece.name):
            raise LineError(tr("{name!r} is no file of a run", name=piece.name))
        if piece.first:
            self._parts[piece.name] = bytearray()
        self._parts[piece.name] += piece.data
        if piece.last:
            path = self.folder / piece.name
            write_atomically(path, bytes(self._parts.pop(piece.name)))
            os.utime(path, ns=(piece.time, piece.time))

    def orders(self, taken: int) -> list[bytes]:
        """The commands from number `taken` on, as lines."""
        try:
            given = (self.folder / "commands.jsonl").read_bytes()
        except FileNotFoundError:
            return []
        whole = given[: given.rfind(b"\n") + 1].splitlines()
        return [
            msgspec.json.encode(Order(number, line.decode())) + b"\n"
            for number, line in enumerate(whole)
            if number >= taken
        ]

    @property
    def state(self) -> str:
        """The state of the run, as last heard."""
        return self._values.get("state", "")

    def give_up(self, problem: str) -> None:
        """Say that the run cannot be reached."""
        self.say(self._values | {"state": "failed", "message": problem})

    def close(self) -> None:
        """Let go of the file."""
        self.base.close()


def serve(folder: Path) -> None:
    """Feed over the standard pipes."""
    feed(folder, sys.stdin.buffer, sys.stdout.buffer)
