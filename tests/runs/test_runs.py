"""Run folders: written by one, read by any, at any moment."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from netlab.protocol.summaries import Histogram, encode
from netlab.runs import store, trash
from netlab.runs.reader import RunReader, open_run
from netlab.runs.schema import FILE
from netlab.runs.writer import RunWriter

PICTURE = encode(Histogram(0.0, 1.0, [1, 2], 0.5, 0.1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return store.create(b"{}", tmp_path / "runs")


@pytest.fixture
def writer(folder: Path) -> Iterator[RunWriter]:
    made = RunWriter(folder)
    yield made
    made.close()


@pytest.fixture
def reader(folder: Path) -> Iterator[RunReader]:
    made = RunReader(folder)
    yield made
    made.close()


def test_a_new_run_is_private_unique_and_listed(tmp_path: Path) -> None:
    one, two = store.create(b"{}", tmp_path, steps=7), store.create(b"{}", tmp_path)
    assert one != two
    assert one.stat().st_mode & 0o077 == 0
    assert store.job(one).steps == 7
    assert {run.state for run in store.list_runs(tmp_path)} == {"new"}
    gone = trash.delete(one)
    assert gone.is_dir()
    assert [run.name for run in store.list_runs(tmp_path)] == [two.name]


def test_a_run_that_cannot_be_is_refused_in_words(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(store.RunError, match="at least one"):
        store.create(b"{}", tmp_path, steps=0)
    with pytest.raises(store.RunError, match="already"):
        store.create(b"{}", folder.parent, folder.name)
    with pytest.raises(store.RunError, match="no run"):
        open_run(tmp_path / "nothing")
    with pytest.raises(store.RunError, match="cannot be written"):
        RunWriter(tmp_path / "nothing")


def test_nothing_is_there_yet(reader: RunReader) -> None:
    assert reader.poll().status == {}
    assert reader.status() == {}
    assert reader.names() == []
    assert len(reader.metrics("train/loss")[0]) == 0
    assert reader.reading_at("weights", "n1", 3) is None


def test_what_is_written_is_read_once(writer: RunWriter, reader: RunReader) -> None:
    writer.metrics(1, {"train/loss": 2.0, "lr": 0.1})
    writer.reading(1, "weights", "n1", PICTURE)
    writer.log("info", "Hello.", "n1", "more")
    writer.status(state="running", step=1)
    writer.flush()
    first = reader.poll()
    assert first.metrics["train/loss"][1].tolist() == [2.0]
    assert first.readings[0].summary == Histogram(0.0, 1.0, [1, 2], 0.5, 0.1)
    assert first.log[0].message == "Hello."
    assert first.status["step"] == "1"
    writer.metrics(2, {"train/loss": float("nan")})
    writer.flush()
    second = reader.poll()
    assert list(second.metrics) == ["train/loss"]
    assert np.isnan(second.metrics["train/loss"][1][0])
    assert not second.readings
    assert not reader.poll().metrics
    assert reader.metrics("train/loss")[0].tolist() == [1, 2]


def test_readings_by_step(writer: RunWriter, reader: RunReader) -> None:
    for step in (10, 20, 30):
        writer.reading(step, "weights", "n1", PICTURE)
    writer.reading(40, "weights", "n1", b"\xc1 of another version")
    writer.flush()
    assert reader.reading_steps("weights", "n1") == [10, 20, 30, 40]
    found = {step: reader.reading_at("weights", "n1", step) for step in (5, 25, 35, 99)}
    assert [r and r.step for r in found.values()] == [10, 20, 30, None]
    assert reader.poll().readings == [], "only the newest is given, and it cannot be read"


def test_what_came_after_a_checkpoint_is_forgotten(writer: RunWriter, reader: RunReader) -> None:
    for step in range(1, 6):
        writer.metrics(step, {"train/loss": float(step)})
    writer.forget_after(3)
    writer.metrics(4, {"train/loss": 40.0})
    writer.flush()
    assert reader.metrics("train/loss")[1].tolist() == [1, 2, 3, 40]


def test_a_locked_file_makes_nobody_wait_and_loses_nothing(writer: RunWriter, reader: RunReader, folder: Path) -> None:
    writer.flush()
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    threading.Event().wait(0.12)  # the thread of the writer is now in a transaction that waits for the lock
    for step in range(1, 2001):
        writer.metrics(step, {"train/loss": 1.0})
        time.sleep(0.0001)
    assert time.monotonic() - began < 3, "handing over waited for the disk"
    assert reader.poll().metrics == {}
    other.execute("ROLLBACK")
    other.close()
    writer.flush()
    assert len(reader.poll().metrics["train/loss"][0]) == 2000


@pytest.mark.allow_log
def test_a_disk_that_refuses_loses_no_metric(writer: RunWriter, reader: RunReader) -> None:
    writer.status(state="running")
    writer.flush()
    pages = writer._base.execute("PRAGMA page_count").fetchone()[0]
    writer._base.execute(f"PRAGMA max_page_count = {pages}")  # "database or disk is full", without filling a disk
    for step in range(300):
        writer.metrics(step, {"train/loss": 1.0})
        writer.reading(step, "weights", "n1", PICTURE * 50)
    writer.flush()
    assert len(reader.metrics("train/loss")[0]) < 300
    assert sum(table == "readings" for table, _ in writer._rows) == 1, "big rows do not pile up"
    writer._base.execute("PRAGMA max_page_count = 1000000")
    writer.flush()
    writer.flush()
    assert len(reader.metrics("train/loss")[0]) == 300
    assert "full" in reader.log()[-1].message


def test_a_poll_that_breaks_off_counts_nothing_as_read(
    writer: RunWriter, reader: RunReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.metrics(1, {"train/loss": 1.0})
    writer.flush()

    def locked(base: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(reader, "_newest_readings", locked)
        assert reader.poll().metrics == {}
    assert reader.poll().metrics["train/loss"][0].tolist() == [1]


def test_a_file_that_is_no_database_reads_as_empty(folder: Path) -> None:
    (folder / FILE).write_bytes(b"not a database" * 100)
    reader = RunReader(folder)
    assert reader.poll().status == {}
    assert reader.status() == {}
    reader.close()


def test_an_engine_that_is_gone_is_lost(writer: RunWriter, reader: RunReader) -> None:
    own = psutil.Process()
    writer.status(state="running", pid=own.pid, pid_start=own.create_time())
    writer.flush()
    assert reader.status()["state"] == "running"
    writer.status(pid_start=own.create_time() - 1000)  # the same number, given to another process
    writer.flush()
    assert reader.status()["state"] == "lost"
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    writer.status(pid=process.pid, pid_start=psutil.Process(process.pid).create_time())
    writer.flush()
    assert reader.status()["state"] == "running"
    process.kill()
    if os.name != "nt":
        time.sleep(0.05)
        assert reader.status()["state"] == "lost", "a zombie is not alive"
    process.communicate()
    assert reader.status()["state"] == "lost"
    writer.status(state="finished")
    writer.flush()
    assert reader.status()["state"] == "finished"
