"""An index that is not there is named with its row; a GPU that failed costs the process, not the run."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from netlab.cli import main
from netlab.compiler.builder import Graph
from netlab.data.dataset import source_of
from netlab.document import file
from netlab.document.project import Project
from netlab.engine import explaining, faults, recovery, train
from netlab.engine.distributed import Team
from netlab.engine.explaining import explain, explained
from netlab.engine.faults import TrainingFault
from netlab.engine.step import Stepper
from netlab.engine.together import RESTARTS
from netlab.engine.train import run_job
from netlab.runs.reader import LogLine, RunReader
from netlab.runs.writer import RunWriter

NewRun = Callable[..., Path]


def pointing(steps: int = 6) -> Project:
    """Picks one of four steps of a sequence by an index of which nobody says that it stays below four."""
    g = Graph()
    picked = g.add("gather", g.add("input", field="x"), g.add("input", field="which"), name="pick")
    scores = g.add("linear", picked, out_features=3)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    data = {"inputs": f"x: {steps} 8; which: < 6; label: < 3", "rows": 64}
    return g.project("Pointing", "random_values", data_options=data, device="cpu", batch_size=8)


def broken_gpu(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """From its step `at` on a process says what torch says after an assert on a GPU."""
    forward, steps = Stepper.forward, []

    def failing(self: Stepper, batch: dict[str, torch.Tensor]) -> None:
        steps.append(1)
        if len(steps) == at:
            raise torch.AcceleratorError("CUDA error: device-side assert triggered")
        forward(self, batch)

    monkeypatch.setattr(Stepper, "forward", failing)


def told(folder: Path) -> list[LogLine]:
    reader = RunReader(folder)
    found = reader.log()
    reader.close()
    return found


def test_an_index_out_of_range_is_told_with_row_value_and_node(new_run: NewRun) -> None:
    status = run_job(new_run(pointing(steps=4), steps=30))
    assert status["state"] == "failed"
    assert "“pick” is asked for number" in status["message"]
    assert "only those from 0 to 3" in status["message"]
    row = int(status["message"].rpartition("it is row ")[2].partition(",")[0])
    project = pointing(steps=4)
    rows = source_of(project.data.source, project.data.options).load().columns["which"]
    assert rows[row] >= 4
    assert f"number {rows[row]}," in status["message"]
    assert status["node"] == "n3"


def test_after_an_error_of_the_gpu_the_batch_is_explained_on_the_cpu(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = new_run(pointing(steps=4), steps=30)
    broken_gpu(monkeypatch, at=1)
    status = run_job(folder)
    assert (status["state"], status["broken"]) == ("failed", "1")
    assert told(folder)[-1].detail == "CUDA error: device-side assert triggered"
    status = recovery.recover(folder, 1)
    assert status["state"] == "failed"
    assert "“pick” is asked for number" in status["message"]


def test_a_row_for_validation_is_found_too(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    project = pointing(steps=6)
    rows = source_of(project.data.source, project.data.options).load()
    at = int(rows.splits["val"][2])
    rows.columns["which"][at] = 7
    monkeypatch.setattr(train, "load_data", lambda *given: rows)
    monkeypatch.setattr(explaining, "load_data", lambda *given: rows)
    status = run_job(folder := new_run(project, steps=8))
    row = f"In the data it is row {at}, counted from 0."
    assert (status["state"], status["node"]) == ("failed", "n3")
    assert "“pick” is asked for number 7, but there are only those from 0 to 5." in status["message"]
    assert row in status["message"]
    assert explain(folder, 8) is None, "a GPU that fails once is not worth a look at all rows"
    fault = explain(folder, 8, also_validation=True)
    assert fault is not None
    assert row in fault.message


@pytest.mark.parametrize(
    ("words", "memory", "device"),
    [
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True, False),
        ("CUDA error: out of memory", True, False),
        ("CUDA error: an illegal memory access was encountered", False, True),
        ("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", False, True),
        ("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED", False, False),
    ],
)
def test_what_a_gpu_says_is_understood(words: str, memory: bool, device: bool) -> None:
    error = RuntimeError(words)
    assert (faults.is_memory(error), faults.is_of_device(error)) == (memory, device)


def test_a_row_that_ended_another_process_of_a_team_is_found(new_run: NewRun) -> None:
    lost = TrainingFault("The other is gone.")
    for project, told, starts_again in (
        (pointing(steps=4), "“pick” is asked for number", False),
        (pointing(), "", True),
    ):
        team = Team(0, 2)
        team.lost = True
        assert told in explained(new_run(project, steps=30), lost, team).message
        assert team.lost is starts_again


def test_in_a_terminal_too_a_new_process_says_what_was_wrong(
    new_run: NewRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, fine = tmp_path / "bad.netlab", tmp_path / "fine.netlab"
    file.save(pointing(steps=4), bad)
    file.save(pointing(), fine)
    broken_gpu(monkeypatch, at=1)
    assert main(["train", str(bad), "--steps", "9", "--run", str(tmp_path / "runs" / "bad")]) == 1
    told = capsys.readouterr().err
    assert "The GPU failed at step 1. A new process looks why." in told
    assert "“pick” is asked for number" in told
    broken_gpu(monkeypatch, at=1)
    hand_over = recovery.hand_over

    def interrupted(folder: Path, step: int) -> object:
        successor = hand_over(folder, step)
        signal.raise_signal(signal.SIGINT)
        return successor

    monkeypatch.setattr(recovery, "hand_over", interrupted)
    assert main(["train", str(fine), "--steps", "5000000", "--run", str(tmp_path / "runs" / "fine")]) == 0
    told = capsys.readouterr()
    assert "step      1" in told.out, "what the new process measures is shown here"
    assert "stopped after step 1, with a checkpoint of step 1" in told.out, "also what is said while it looks counts"
    assert "told to write a checkpoint" in told.err


def test_a_gpu_that_failed_for_no_reason_costs_a_process_and_some_steps(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = new_run(pointing(), steps=20)
    broken_gpu(monkeypatch, at=5)
    status = run_job(folder)
    assert status["broken"] == "5"
    assert recovery.hand_over(folder, 5).wait(60) == 0
    reader = RunReader(folder)
    assert reader.status()["state"] == "finished"
    assert reader.status()["restarts"] == "1"
    assert list(reader.metrics("train/loss")[0]) == list(range(1, 21))
    assert "Nothing is wrong on the CPU" in " ".join(line.message for line in reader.log())
    reader.close()
    writer = RunWriter(folder)
    writer.status(restarts=RESTARTS)
    writer.close()
    assert "update the driver" in recovery.recover(folder, 5)["message"], "it is not tried for ever"
