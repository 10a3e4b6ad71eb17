"""Two processes train one model (gloo, through a file): the same numbers, one writer, and a restart when one is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from safetensors.torch import load_file

from netlab.compiler.builder import Graph
from netlab.document import file
from netlab.document.project import Project
from netlab.engine import checkpoint, distributed, together
from netlab.engine.distributed import Team, TeamError
from netlab.engine.train import run_job
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.reader import RunReader

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="gloo and signals as on Unix")


@pytest.fixture
def plain() -> Callable[..., Project]:
    """A small classifier without dropout: every process draws its own, which one process cannot do."""

    def make(**training: Any) -> Project:
        g = Graph()
        point, label = g.add("input", field="point"), g.add("input", field="label")
        hidden = g.add("relu", g.add("linear", point, name="hidden", out_features=16))
        scores = g.add("linear", hidden, name="scores", out_features=2)
        g.add("output", scores)
        g.add("cross_entropy_loss", scores, label, name="loss")
        settings = {"learning_rate": 0.05, "device": "cpu", "batch_size": 32, **training}
        return g.project("Moons", "points", data_options={"pattern": "moons", "points": 400}, **settings)

    return make


def losses(folder: Path, name: str = "train/loss") -> np.ndarray:
    reader = RunReader(folder)
    found = reader.metrics(name)[1]
    reader.close()
    return found


@pytest.mark.usefixtures("cold")
def test_two_processes_give_the_numbers_of_one(make_masked: Any, new_run: Callable[..., Path]) -> None:
    """Also of a loss that is a mean over hidden tokens, of which each process has another number."""
    more = {"optimizer": "adam", "micro_batches": 2, "clip": "norm", "clip_at": 0.5, "ema_decay": 0.9}
    one, two = new_run(make_masked(**more), 40), new_run(make_masked(processes=2, **more), 40)
    assert run_job(one)["state"] == together.train(two)["state"] == "finished"
    assert len(losses(two)) == 40
    np.testing.assert_allclose(losses(one), losses(two), rtol=0, atol=1e-6)
    np.testing.assert_allclose(losses(one, "val/loss")[-1], losses(two, "val/loss")[-1], rtol=0, atol=1e-6)
    a, b = (load_file(checkpoint.newest(folder)) for folder in (one, two))
    assert all(torch.allclose(a[name], b[name], rtol=0, atol=1e-6) for name in a if name.startswith(("n", "average/n")))
    reader = RunReader(two)
    assert reader.status()["processes"] == "2"
    assert not [line for line in reader.log() if line.level != "info"]
    reader.close()
    living = [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
    assert not [p for p in living if "partner" in p.cmdline()]


@pytest.mark.usefixtures("cold")
def test_a_lost_process_costs_some_steps_and_commands_reach_all(
    make_points: Any, new_run: Any, engine: Any, wait_for: Any, read: Any
) -> None:
    settings = {"processes": 2, "parallel": "fsdp", "batch_size": 32, "checkpoint_seconds": 1}
    folder = new_run(make_points(**settings), 100_000)
    leader = engine("train", str(folder))
    status = lambda: read(folder).status()  # noqa: E731
    wait_for(lambda: int(status().get("step", 0)) > 20 and checkpoint.newest(folder), "steps")
    (partner,) = [p for p in psutil.Process(leader.pid).children() if "partner" in p.cmdline()]
    partner.kill()
    wait_for(lambda: any("All start again" in line.message for line in read(folder).log()), "the loss to be noticed")
    at = int(status()["step"])
    wait_for(lambda: status()["state"] == "running" and int(status()["step"]) > at + 5, "going on")
    commands.append(folder, commands.Pause())
    wait_for(lambda: status()["state"] == "paused", "a pause")
    for phase in ("forward", "backward", "update"):
        commands.append(folder, commands.Advance(phase))
        wait_for(lambda: status().get("phase") == phase and status()["state"] == "paused", phase)  # noqa: B023
    values = [read(folder).reading_at(phase, "n3", int(status()["step"])) for phase in commands.PHASES]
    assert None not in values, "what nodes hold is seen in a team, too"
    commands.append(folder, commands.SetLearningRate(0.5))
    commands.append(folder, commands.Resume())
    wait_for(lambda: status()["state"] == "running", "going on after the pause")
    leader.send_signal(signal.SIGTERM)
    assert leader.wait(30) == 0
    assert status()["state"] == "stopped"
    assert checkpoint.state_of(checkpoint.newest(folder))["steered"]["learning_rate"] == 0.5
    tensors = load_file(checkpoint.newest(folder))
    assert not torch.equal(tensors["rng/cpu"], tensors["rng/cpu/1"]), "each draws its own dropout"


def test_a_kernel_that_waits_for_a_lost_partner_is_called_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in for NCCL, whose kernels never notice it by themselves."""
    called_off = threading.Event()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(distributed, "NOTICE_SECONDS", 0.01)
    monkeypatch.setattr(distributed, "call_off", called_off.set)
    for ended in ([None, 0], [None, -9]):
        with distributed.noticing([SimpleNamespace(poll=lambda code=code: code) for code in ended]):  # type: ignore[misc]
            assert called_off.wait(0.2 if ended[1] == 0 else 20) is (ended[1] == -9)


def test_torchrun_trains_and_takes_a_run_up_again(plain: Any, tmp_path: Path) -> None:
    path = tmp_path / "moons.netlab"
    file.save(plain(seed=3, checkpoint_seconds=1), path)
    words = ["--nproc-per-node", "2", "--max-restarts", "1", "--standalone", "-m", "--", "netlab", "train", str(path)]
    kill = tmp_path / "sitecustomize.py"  # the first leader kills itself after its first checkpoint
    kill.write_text(KILLED_ONCE)
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    env = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "NETLAB_RUNS": str(tmp_path / "runs")}
    env["KILLED"] = str(tmp_path / "killed")
    words += ["--run", str(tmp_path / "runs" / "moons"), "--steps", "60", "--json"]  # torchrun knows a --run-path
    command = [sys.executable, "-m", "torch.distributed.run", *words]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "killed").exists()
    last = json.loads(done.stdout.strip().splitlines()[-1])
    assert last["state"] == "finished"
    (folder,) = [run.parent for run in (tmp_path / "runs").glob("*/project.netlab")]
    alone = store.create(path.read_bytes(), tmp_path / "alone", steps=60)
    run_job(alone)
    np.testing.assert_allclose(losses(folder), losses(alone), rtol=0, atol=1e-6)


KILLED_ONCE = """
import os, sys, threading, time
from pathlib import Path
if os.environ.get("RANK") == "0" and os.environ.get("TORCHELASTIC_RESTART_COUNT") == "0":
    def end():
        while not list(Path(os.environ["NETLAB_RUNS"]).glob("*/checkpoints/step-*")):
            time.sleep(0.002)
        Path(os.environ["KILLED"]).touch()
        os.kill(os.getpid(), 9)
    threading.Thread(target=end, daemon=True).start()
"""


def test_a_batch_that_cannot_be_shared_is_refused_in_words(plain: Any, new_run: Any) -> None:
    assert [Team(rank, 4).share_of(12) for rank in (0, 3)] == [slice(0, 3), slice(9, 12)]
    with pytest.raises(TeamError, match="Set batch_size to 32 or 34"):
        Team(0, 2).share_of(33)
