"""Stopping, killing and going on: bit for bit as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from netlab.document.project import Project
from netlab.engine import checkpoint
from netlab.engine.train import run_job
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.reader import RunReader

Points = Callable[..., Project]
NewRun = Callable[..., Path]
Read = Callable[[Path], RunReader]
Engine = Callable[..., "subprocess.Popen[bytes]"]
Wait = Callable[..., None]
posix = pytest.mark.skipif(os.name == "nt", reason="signals as on Unix")

KILL_LOOP = """
import os, random, signal, sys, time
from pathlib import Path
import torch
from netlab.document import file
from netlab.document.training import Training
from netlab.engine import checkpoint, optim
from netlab.engine.build import build
folder = Path(sys.argv[1])
project = file.load(folder / "project.netlab")
built = build(project)
optimizer = optim.make(built, Training(**project.training).values, torch.device("cpu"))
def write(step):
    moment = checkpoint.snapshot(built, optimizer, {"step": step})
    checkpoint.keep(folder, moment, f"step-{step}", checkpoint.LAST)
def fill(step):
    with torch.no_grad():
        for tensor in built.model.parameters():
            tensor.fill_(float(step))
fill(0)
write(0)
for turn in range(int(sys.argv[2])):
    start = checkpoint.load(folder, built, optimizer)["step"]
    child = os.fork()
    if child == 0:
        step = start
        while True:
            step += 1
            fill(step)
            write(step)
    time.sleep(random.Random(turn).uniform(0.01, 0.12))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    state = checkpoint.load(folder, built, optimizer)
    assert all(bool((p == state["step"]).all()) for p in built.model.parameters()), state
    for path in (folder / "checkpoints").glob("step-*.safetensors"):
        checkpoint._read(path)
print(state["step"])
"""


SIGNAL_LOOP = """
import os, random, signal, sys, threading, time
from pathlib import Path
from netlab.engine import checkpoint
from netlab.engine.train import run_job
from netlab.runs import store
folder, longest = Path(sys.argv[1]), 0.0
store.extend(folder, 5_000_000)
for turn in range(int(sys.argv[2])):
    sent = []
    def signal_me():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)
    timer = threading.Timer(random.Random(turn).uniform(0.0, 0.4), signal_me)
    def listen(step, epoch, metrics):
        if not timer.is_alive() and not sent:
            timer.start()
    status = run_job(folder, resume=turn > 0, on_metrics=listen)
    longest = max(longest, time.monotonic() - sent[0])
    assert status["state"] == "stopped", status
    kept = checkpoint.state_of(checkpoint.newest(folder))
    assert kept["step"] == int(status["step"]) > 0, (kept["step"], status)
print(f"{turn + 1} signals, the slowest end took {longest:.2f} s")
"""


def same(a: Path, b: Path) -> bool:
    one, two = load_file(checkpoint.newest(a)), load_file(checkpoint.newest(b))
    return one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_stop_and_resume_equals_not_stopping(make_points: Points, new_run: NewRun, read: Read, optimizer: str) -> None:
    project = make_points(optimizer=optimizer, batch_size=48)
    whole, cut = new_run(project, steps=83), new_run(project, steps=31)
    run_job(whole)
    run_job(cut)
    store.extend(cut, steps=83)
    assert run_job(cut, resume=True)["step"] == "83"
    assert same(whole, cut), "weights, optimizer and generators have to be the same bits"
    assert list(read(whole).metrics("train/loss")[1]) == list(read(cut).metrics("train/loss")[1])


@pytest.mark.allow_log
def test_a_damaged_last_checkpoint_costs_steps_and_not_the_run(make_points: Points, new_run: NewRun) -> None:
    project = make_points()
    whole, cut = new_run(project, steps=40), new_run(project, steps=20)
    run_job(whole)
    run_job(cut)
    last = cut / "checkpoints" / "last.safetensors"
    last.write_bytes(last.read_bytes()[:100])
    store.extend(cut, steps=40)
    assert run_job(cut, resume=True)["state"] == "finished"
    assert same(whole, cut)


def test_resume_without_a_checkpoint_says_so(make_points: Points, new_run: NewRun) -> None:
    status = run_job(new_run(make_points(), steps=5), resume=True)
    assert status["state"] == "failed"
    assert "no checkpoint yet" in status["message"]


@posix
def test_checkpoints_stay_whole_in_a_kill_loop(make_points: Points, new_run: NewRun) -> None:
    folder = new_run(make_points(width=512))
    done = subprocess.run(
        [sys.executable, "-c", KILL_LOOP, str(folder), "15"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15, "no checkpoint was written between the kills"


@posix
def test_a_signal_at_a_random_moment_leaves_a_checkpoint_of_the_last_step(make_points: Points, new_run: NewRun) -> None:
    folder = new_run(make_points(width=64))
    done = subprocess.run(
        [sys.executable, "-c", SIGNAL_LOOP, str(folder), os.environ.get("NETLAB_SIGNALS", "4")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)


@posix
def test_killed_engine_is_lost_and_resumes_to_the_same_bits(
    make_points: Points, new_run: NewRun, read: Read, engine: Engine, wait_for: Wait
) -> None:
    project = make_points(batch_size=128)
    whole, cut = new_run(project, steps=4000), new_run(project, steps=4000)
    process = engine("train", str(cut))
    kept = cut / "checkpoints"
    commands.append(cut, commands.Keep())
    wait_for(lambda: len(list(kept.glob("step-*.safetensors"))) > 1, "a checkpoint in the middle")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reader = read(cut)
    assert reader.status()["state"] == "lost"
    at = max(int(path.stem.partition("-")[2]) for path in kept.glob("step-*.safetensors"))
    assert 0 < at < 4000, "the kill was meant for the middle"
    assert run_job(cut, resume=True)["state"] == "finished"
    run_job(whole)
    assert same(whole, cut)
    steps, losses = reader.metrics("train/loss")
    assert list(steps) == list(range(1, 4001)), "no step twice, none missing"
    assert list(losses) == list(read(whole).metrics("train/loss")[1])


@posix
@pytest.mark.usefixtures("cold")
def test_commands_and_signals_on_a_real_engine(
    make_points: Points, new_run: NewRun, read: Read, engine: Engine, wait_for: Wait
) -> None:
    folder = new_run(make_points(), steps=5_000_000)
    process = engine("train", str(folder))
    reader = read(folder)

    def state() -> str:
        return reader.status().get("state", "")

    def step() -> int:
        return int(reader.status().get("step", 0))

    wait_for(lambda: step() > 50, "the first steps")
    commands.append(folder, commands.Pause())
    wait_for(lambda: state() == "paused", "the pause")
    at = step()
    commands.append(folder, commands.SetLearningRate(0.123))
    commands.append(folder, commands.SetProbes([("weights", "n3")]))
    wait_for(lambda: ("weights", "n3") in reader.watched(), "a look at the weights while paused")
    assert step() == at
    assert reader.metrics("lr")[1][-1] == 0.123
    commands.append(folder, commands.Resume())
    wait_for(lambda: step() > at + 20, "steps after the pause")
    commands.append(folder, commands.Stop())
    assert process.wait(20) == 0
    assert state() == "stopped"
    stopped_at = step()
    assert reader.metrics("train/loss")[0][-1] == stopped_at

    waiting = engine("wait")
    assert waiting.stdin is not None
    waiting.stdin.write(json.dumps({"run": str(folder), "resume": True}).encode() + b"\n")
    waiting.stdin.close()  # as if the window had gone
    wait_for(lambda: step() > stopped_at + 20, "steps of the resumed run")
    waiting.send_signal(signal.SIGSTOP)  # as when a computer sleeps
    wait_for(lambda: psutil.Process(waiting.pid).status() == psutil.STATUS_STOPPED, "the engine to stand still")
    still = step()
    assert state() == "running", "an engine that stands still is not lost"
    waiting.send_signal(signal.SIGCONT)
    wait_for(lambda: step() > still + 20, "steps after the sleep")
    waiting.send_signal(signal.SIGHUP)
    waiting.send_signal(signal.SIGTERM)
    assert waiting.wait(20) == 0
    assert state() == "stopped"
    _, told = checkpoint._read(checkpoint.newest(folder))
    assert (told["step"], told["learning_rate"]) == (step(), 0.123)
