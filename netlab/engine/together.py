"""Trains a run in as many processes as its project asks for, and starts them again when one is lost."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from netlab.document import file
from netlab.document.file import write_atomically
from netlab.document.training import Training
from netlab.engine.distributed import TeamError, is_restarted, joined, noticing, torchrun
from netlab.engine.recorder import OnMetrics
from netlab.engine.train import run_job
from netlab.language import tr
from netlab.runs import store
from netlab.runs.launch import launch

RESTARTS = 3
LEAVE_SECONDS = 10
LAUNCH = "launch.txt"  # who started a run under torchrun, so that a restart finds it again


def train(folder: Path, *, resume: bool = False, on_metrics: OnMetrics | None = None) -> dict[str, str]:
    """Do the job in a run folder, as `run_job` does, with this process as the leader of those it asks for."""
    size = Training(**file.load(folder / store.PROJECT).training).values["processes"]
    if size == 1:
        return run_job(folder, resume=resume, on_metrics=on_metrics)
    restarts = 0
    while True:
        with (
            _partners(folder, size, resume) as (meeting, others),
            joined(0, size, meeting) as team,
            noticing(others),
        ):
            team.may_restart = restarts < RESTARTS
            status = run_job(folder, resume=resume, on_metrics=on_metrics, team=team)
        if not (team.lost and team.may_restart):
            return status
        restarts += 1
        resume = bool(store.checkpoints(folder, "step"))


@contextmanager
def _partners(folder: Path, size: int, resume: bool) -> Iterator[tuple[Path, list[subprocess.Popen[bytes]]]]:
    """The file through which all processes meet, and the others; none is left behind."""
    threads = max(1, (os.cpu_count() or 1) // size)
    with tempfile.TemporaryDirectory(prefix="netlab-") as place:
        meeting = Path(place) / "meeting"
        more = ["--resume"] if resume else []
        words = ["partner", str(folder), "--size", str(size), "--meeting", str(meeting), *more]
        others = [
            launch([*words, "--rank", str(rank)], log=folder / "engine.log", threads=threads) for rank in range(1, size)
        ]
        try:
            yield meeting, others
        finally:
            _end(others)


def _end(others: list[subprocess.Popen[bytes]]) -> None:
    """Wait for processes that are about to end, and end those that do not."""
    _, left = psutil.wait_procs([psutil.Process(p.pid) for p in others if p.poll() is None], LEAVE_SECONDS)
    for process in left:
        process.kill()
    for other in others:
        other.wait()


def under_torchrun(
    prepare: Callable[[], Path], root: Path, resume: bool, on_metrics: OnMetrics
) -> tuple[Path, dict[str, str], bool]:
    """Be one of the processes that ``torchrun`` started; returns the run, its final status, and whether this one leads.

    The leader makes the run with `prepare`. When ``torchrun`` has started all processes again after a failure, they go
    on with the run in `root` that they had, from its last checkpoint.

    Raises:
        TeamError: the leader could not make the run, and has said why.
    """
    with torchrun() as team:
        try:
            found = _started_before(root) if team.leads and is_restarted() else None
            folder = found or (prepare() if team.leads else None)
        except Exception:
            team.agreed(None)  # the others wait to hear of a run
            raise
        if folder is not None and found is None:
            write_atomically(folder / LAUNCH, _launch_id().encode())
        resume = resume or (found is not None and bool(store.checkpoints(found, "step")))
        place, resume = team.agreed((None if folder is None else str(folder), resume))
        if place is None:
            raise TeamError(tr("The first process could not begin; it has said why."))
        run = Path(place)
        return run, run_job(run, resume=resume, on_metrics=on_metrics if team.leads else None, team=team), team.leads


def _started_before(root: Path) -> Path | None:
    """The run in `root` that the same ``torchrun`` started."""
    for path in root.glob("*/" + LAUNCH):
        if path.read_text() == _launch_id():
            return path.parent
    return None


def _launch_id() -> str:
    """Names a call of ``torchrun``: by what it was told, or by its process where it was told nothing."""
    given = os.environ.get("TORCHELASTIC_RUN_ID", "none")
    if given != "none":
        return given
    agent = psutil.Process(os.getppid())
    return f"{agent.pid} {agent.create_time()}"
