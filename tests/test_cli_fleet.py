"""The commands for many runs: list, compare, name, delete, restore, queue and export."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from torch.distributed.run import get_args_parser

from netlab.cli import main
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.runs import store
from netlab.runs.writer import RunWriter

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in this process: status, standard output, standard error."""
    monkeypatch.setenv("NETLAB_RUNS", str(tmp_path / "runs"))

    def go(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        return status, out, err

    return go


@pytest.fixture
def two_runs(tmp_path: Path) -> list[Path]:
    folders = []
    project = file.load(examples()["spirals"])
    linear = [n.id for n in project.graph.nodes.values() if n.type == "linear"]
    for each in (project, edits.remove(edits.set_training(project, "seed", 7), linear[:1])):
        folder = store.create(file.encode(each), tmp_path / "runs")
        writer = RunWriter(folder)
        writer.metrics(1, {"val/loss": 0.5, "lr": float("nan")})
        writer.status(state="finished", step=1, started=len(folders))
        writer.close()
        folders.append(folder)
    return folders


def test_runs_are_listed_compared_named_deleted_and_restored(run: Run, two_runs: list[Path], tmp_path: Path) -> None:
    one, two = two_runs
    rows = {row["name"]: row for row in json.loads(run("runs", "--json")[1])}
    assert rows[two.name]["settings"]["training.seed"] == 7
    assert rows[two.name]["final"] == {"val/loss": 0.5, "lr": None}
    status, out, _ = run("runs", one, two)
    assert status == 0
    assert "training.seed=7" in out
    assert "node removed" in out
    assert "node" not in run("runs")[1]
    assert run("runs", one.name)[1].startswith(one.name), "a run is named as everywhere else"
    status, _, err = run("runs", "nowhere")
    assert status == 1
    assert "no run in nowhere" in err
    store.create(file.encode(file.load(examples()["lenet"])), tmp_path / "runs", "other")
    assert all(len(line) < 400 for line in run("runs")[1].splitlines()), "projects that have nothing in common"
    assert run("note", one, "--name", "Base", "--note", "as it was")[1] == "Base\nas it was\n"
    assert "Base" in run("runs")[1]
    status, out, _ = run("delete", one)
    assert status == 0
    assert "Base" not in run("runs")[1]
    assert [row["path"] for row in json.loads(run("runs", "--trash", "--json")[1])] == [out.strip()]
    assert run("restore", one.name)[0] == 0
    assert one.is_dir()
    status, _, err = run("restore", "nothing")
    assert status == 1
    assert "netlab runs --trash" in err


def test_a_log_is_exported(run: Run, two_runs: list[Path], tmp_path: Path) -> None:
    status, out, _ = run("export-log", two_runs[0], tmp_path / "log.csv", "--to", "csv")
    assert status == 0
    assert "2 values" in out
    assert "val/loss" in (tmp_path / "log.csv").read_text()


def test_places_of_the_queue_are_set(run: Run) -> None:
    assert run("places", 3)[1] == run("places")[1] == "3\n"


def test_a_sweep_is_planned_or_refused_in_words(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "spirals.netlab"
    file.save(file.load(examples()["spirals"]), path)
    assert run("sweep")[0] == 2
    for more, words in (
        ((), "Nothing is varied"),
        (("--set", "training.nothing=1,2"), "no setting"),
        (("--set", "training.momentum=0..0.9", "--method", "grid"), "/5"),
    ):
        status, _, err = run("sweep", path, *more)
        assert status == 1
        assert words in err
    assert run("sweep", "--resume", tmp_path)[0] == 1


def test_a_batch_script_is_valid_shell_whatever_it_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "it's; rm -rf x.netlab"
    project = file.load(examples()["spirals"])
    file.save(edits.set_title(project, 'A "title" $(reboot)'), path)
    out = tmp_path / "job.sh"
    words = ("--nodes", 2, "--gpus", 4, "--run", "runs/a b", "--set", "training.epochs=3")
    assert run("slurm", path, "-o", out, *words)[0] == 0
    text = out.read_text()
    assert subprocess.run(["bash", "-n", str(out)], check=False).returncode == 0
    assert "#SBATCH --job-name=A-title-reboot\n" in text
    assert "--nproc-per-node 4" in text
    head = text[: text.index("head=")] + 'printf "%s\\n" "${what[@]}"'
    told = subprocess.run(["bash", "-c", head], capture_output=True, text=True, cwd=tmp_path, check=True).stdout
    assert told.splitlines() == [str(path), "--run", "runs/a b"]
    (tmp_path / "runs" / "a b").mkdir(parents=True)
    (tmp_path / "runs" / "a b" / "project.netlab").touch()
    told = subprocess.run(["bash", "-c", head], capture_output=True, text=True, cwd=tmp_path, check=True).stdout
    assert told.splitlines() == ["--resume", "runs/a b"], "a job that is queued again goes on"
    assert run("slurm", path, "--set", "training.nothing=3")[0] == 1
    assert 'srun --cpus-per-task "$SLURM_CPUS_PER_TASK" torchrun' in text, "which srun no longer takes from the script"
    line = text[text.index("torchrun \\") :].replace("\\\n", " ").replace('"${what[@]}"', "project --run folder")
    understood = get_args_parser().parse_args(shlex.split(line)[1:])
    assert understood.training_script == "netlab"
    assert understood.training_script_args[:4] == ["train", "project", "--run", "folder"], "torchrun has --run-path"
