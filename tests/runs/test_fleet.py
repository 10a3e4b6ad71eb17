"""Many runs: compared, named, deleted and restored, queued, and their logs handed to other programs."""

from __future__ import annotations

import csv
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from netlab.document import edits, file, states
from netlab.document.graph import Graph
from netlab.document.paths import set_by_path, settings
from netlab.document.project import Project
from netlab.runs import queue, store, trash
from netlab.runs.about import about, describe
from netlab.runs.again import Alike
from netlab.runs.compare import best_of, compare, graph_differences, lower_is_better
from netlab.runs.logs import export_log
from netlab.runs.reader import RunReader
from netlab.runs.schema import connect_to_write
from netlab.runs.strand import Strand
from netlab.runs.writer import RunWriter

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project() -> Project:
    return file.load(ROOT / "examples" / "spirals.netlab")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def recorded(project: Project, root: Path, losses: list[float], **status: Any) -> Path:
    """A run of the past."""
    folder = store.create(file.encode(project), root)
    writer = RunWriter(folder)
    for step, loss in enumerate(losses, 1):
        writer.metrics(step, {"train/loss": loss, "val/accuracy": 1 - loss}, at=1000.0 + step)
    writer.status(**({"state": "finished", "step": len(losses)} | status))
    writer.close()
    return folder


def test_every_setting_has_a_path_that_can_be_set(project: Project) -> None:
    found = settings(project)
    assert {"training.learning_rate", "data.points", "data.source"} <= found.keys()
    for path, value in found.items():
        if path != "data.source" and isinstance(value, bool | int | float):
            again = set_by_path(project, f"{path}={value}".replace("True", "true").replace("False", "false"))
            assert settings(again) == found, path


def test_runs_are_compared_by_what_differs(project: Project, root: Path) -> None:
    one = recorded(project, root, [0.9, 0.4])
    two = recorded(edits.set_training(project, "learning_rate", 0.5), root, [0.9, 0.2, 0.3])
    broken = recorded(project, root, [0.7])
    (broken / "project.netlab").write_text("no project")
    rows = {row.folder: row for row in compare([one, two, broken])}
    assert rows[one].settings == {"training.learning_rate": project.training["learning_rate"]}
    assert rows[two].settings == {"training.learning_rate": 0.5}
    assert rows[two].final == {"train/loss": 0.3, "val/accuracy": 0.7}
    assert rows[broken].settings == {}
    assert compare([one])[0].settings == {}
    tables = [
        recorded(
            edits.set_data(project, "table", {"path": "a.csv", "seen": {"sha256": letter * 64, "rows": 3}}), root, [1.0]
        )
        for letter in "ab"
    ]
    assert [row.settings for row in compare(tables)] == [{"data.seen": "a" * 10}, {"data.seen": "b" * 10}]


def test_the_better_of_two_values_depends_on_the_metric() -> None:
    assert lower_is_better("val/loss")
    assert not lower_is_better("val/accuracy")
    assert not lower_is_better("val/next_accuracy")
    assert lower_is_better("val/inaccuracy")


def test_what_a_run_came_to_is_known_without_its_rows_being_counted(project: Project, root: Path) -> None:
    folder = recorded(project, root, [0.3, float("nan"), float("inf"), 0.1, 0.2])
    writer = RunWriter(folder)
    writer.metrics(5, {"val/loss": float("nan"), "val/accuracy": 0.5})
    for step in range(6, 3000):  # a long epoch, in which nothing is validated
        writer.metrics(step, {"train/loss": 0.15, "train/grad_norm": 1.0})
    writer.close()

    def told() -> tuple[list[float | None], dict[str, float]]:
        reader = RunReader(folder)
        best = [best_of(reader, name) for name in ("train/loss", "val/accuracy", "val/loss")]
        last, names = reader.latest(), reader.names()
        reader.close()
        assert set(last) <= set(names)
        return best, last

    best, last = told()
    assert best == [0.1, 0.9, None]
    assert math.isnan(last.pop("val/loss"))
    assert last == {"val/accuracy": 0.5, "train/loss": 0.15, "train/grad_norm": 1.0}
    base = connect_to_write(folder)
    base.execute("DROP TABLE overview")  # as an earlier version left it
    base.close()
    assert told()[0] == best
    RunWriter(folder).close()
    assert told()[1].keys() == {*last, "val/loss"}
    writer = RunWriter(folder)
    writer.forget_after(4)
    writer.close()
    assert told() == ([0.1, 0.9, None], {"train/loss": 0.1, "val/accuracy": 0.9})


def test_a_long_run_is_read_and_compared_bit_by_bit(project: Project, root: Path) -> None:
    one, two = (recorded(project, root, [1.0 / step for step in range(1, 3001)]) for _ in range(2))
    strand, seen = Strand(one, "train/loss"), 0
    reader = RunReader(one)
    (steps, _), last = reader.stretch("train/loss", 0, rows=1000)
    assert (len(steps), last) == (500, 1000), "half of the rows are of another metric"
    assert reader.stretch("train/loss", 6000)[1] == 6000
    reader.close()
    while (found := strand.read()) is not None:
        seen += len(found[0])
    assert seen == 3000
    alike = Alike(one, two)
    while alike.go_on():
        pass
    assert alike.sentence().startswith("The same numbers, to the bit, in all 3,000 steps")
    writer = RunWriter(two)
    writer.forget_after(10)
    writer.metrics(11, {"train/loss": 7.0})
    writer.close()
    assert alike.go_on(), "it went back to a checkpoint"
    while alike.go_on():
        pass
    assert "differ from step 11 on: 0.0909091 and 7." in alike.sentence()


def test_what_differs_between_graphs_is_said(project: Project) -> None:
    node = next(n for n in project.graph.nodes.values() if n.type == "linear")
    smaller = edits.remove(project, [node.id])
    told = graph_differences(project, smaller)
    assert [line for line in told if line == f"node removed: {node.name} (linear)"]
    assert any(line.startswith("wire removed") for line in told)
    assert graph_differences(project, project) == []
    slow = edits.set_node_training(project, [node.id], "learning_rate_factor", 0.1)
    slow = states.set_bypassed(edits.rename(slow, node.id, "wide"), [node.id], True)
    assert graph_differences(project, slow) == [
        f"node {node.name} (linear) is called wide (linear)",
        "node wide (linear) bypassed",
        "node wide (linear): learning_rate_factor 1 → 0.1",
    ]
    assert any("node added" in line for line in graph_differences(Project(graph=Graph()), project))


def test_a_run_gets_a_name_and_a_note(project: Project, root: Path) -> None:
    folder = recorded(project, root, [1.0])
    describe(folder, name=" Wider ")
    describe(folder, note="twice the width")
    run = store.list_runs(root)[0]
    assert (run.title, run.said.note, run.name) == ("Wider", "twice the width", folder.name)
    describe(folder, name="")
    assert store.list_runs(root)[0].title == folder.name
    (folder / "about.json").write_text("{")
    assert about(folder).note == ""


def contents(folder: Path) -> dict[Path, bytes]:
    """The files of a run, without those that SQLite makes for readers."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    return {path.relative_to(folder): path.read_bytes() for path in found}


def test_a_deleted_run_comes_back_whole(project: Project, root: Path) -> None:
    folder = recorded(project, root, [1.0, 0.5])
    before = contents(folder)
    gone = trash.delete(folder)
    assert store.list_runs(root) == []
    assert trash.deleted(root) == [gone]
    assert trash.name_before(gone) == folder.name
    assert store.create(b"", root).name != folder.name, "its branches know it by its name"
    assert trash.restore(gone) == folder
    assert contents(folder) == before
    again = trash.delete(folder)
    (root / folder.name).mkdir()
    with pytest.raises(store.RunError, match="another run"):
        trash.restore(again)
    assert trash.empty(root) == 1
    assert not again.exists()


def test_a_run_in_training_cannot_be_deleted(project: Project, root: Path) -> None:
    own = psutil.Process()
    folder = recorded(project, root, [1.0], state="running", pid=own.pid, pid_start=own.create_time())
    with pytest.raises(store.RunError, match="netlab stop"):
        trash.delete(folder)
    assert folder.is_dir()


WAITER = """
import sys, time
from pathlib import Path
from netlab.runs import queue
with queue.place(Path(sys.argv[1]), int(sys.argv[2])):
    print("in", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def waiter(root: Path) -> Iterator[Any]:
    """Starts processes that queue for a place and hold it until they are told."""
    started: list[subprocess.Popen[str]] = []

    def start(ticket: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WAITER, str(root), str(ticket)]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def tickets(root: Path) -> int:
    return len(list((root / ".queue").glob("ticket-*")))


def until(holds: Any) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_who_asked_first_trains_first_and_the_dead_are_passed_over(root: Path, waiter: Any) -> None:
    holder = waiter(1)
    assert holder.stdout.readline() == "in\n"
    third, second, dead = waiter(30), waiter(20), waiter(10)
    until(lambda: tickets(root) == 3)
    order: list[str] = []
    readers = [
        threading.Thread(target=lambda p=p, n=n: order.append(n) if p.stdout.readline() else None)
        for p, n in ((third, "third"), (second, "second"))
    ]
    for reader in readers:
        reader.start()
    dead.kill()
    dead.wait()
    assert order == [], "the one place is taken"
    holder.kill()  # the system frees its place
    until(lambda: order == ["second"])
    second.stdin.write("\n")
    second.stdin.flush()
    until(lambda: order == ["second", "third"])
    for reader in readers:
        reader.join()
    assert tickets(root) == 0


def test_as_many_train_at_once_as_there_are_places(root: Path, waiter: Any) -> None:
    queue.set_places(root, 2)
    assert queue.places(root) == 2
    one, two = waiter(1), waiter(2)
    assert one.stdout.readline() == two.stdout.readline() == "in\n"
    with queue.place(root) as goes_ahead:  # who does not queue need not wait
        assert goes_ahead
    with queue.place(root, 3, goes_on=lambda: False) as goes_ahead:
        assert not goes_ahead
    assert tickets(root) == 0


def test_a_log_leaves_as_csv(project: Project, root: Path, tmp_path: Path) -> None:
    folder = recorded(project, root, [0.5, float("nan"), 1e-30])
    assert export_log(folder, "csv", tmp_path / "log.csv") == 6
    with open(tmp_path / "log.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    losses = [row["value"] for row in rows if row["metric"] == "train/loss"]
    assert losses == ["0.5", "", "1e-30"]
    assert rows[0]["time"] == "1001.000"


def test_a_log_leaves_as_tensorboard_events(project: Project, root: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    from tensorboardX.event_file_writer import EventFileWriter  # noqa: F401 - the package is whole
    from tensorboardX.proto.event_pb2 import Event

    folder = recorded(project, root, [0.5, 0.25])
    assert export_log(folder, "tensorboard", tmp_path / "events") == 4
    (events,) = (tmp_path / "events").glob("events.out.tfevents.*")
    data, at, found = events.read_bytes(), 0, {}
    while at < len(data):  # a record: length of 8 bytes, its check sum of 4, the event, its check sum of 4
        size = int.from_bytes(data[at : at + 8], "little")
        event = Event.FromString(data[at + 12 : at + 12 + size])
        for value in event.summary.value:
            found[value.tag, event.step] = (value.simple_value, event.wall_time)
        at += 16 + size
    assert found["train/loss", 2] == (0.25, 1002.0)
    assert found["val/accuracy", 1] == (0.5, 1001.0)


def test_a_run_without_metrics_has_no_log_to_export(project: Project, root: Path, tmp_path: Path) -> None:
    folder = store.create(file.encode(project), root)
    with pytest.raises(store.RunError, match="no metrics yet"):
        export_log(folder, "csv", tmp_path / "log.csv")
