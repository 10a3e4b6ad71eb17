"""What the care of the engine costs: recording, checkpoints, memory, and the time from a click to the first step."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from netlab.bench.row import Row, within

RECORDED = (("spirals", 8.0, 1.05), ("lenet", 12.0, 1.02), ("gpt", 30.0, 1.02))  # seconds; what a step may take
PEER = "the same loop, nothing recorded"
CLICKS = 5

# Bursts of steps by turns: with everything recorded and looked at, and with all of that switched off.
BURSTS = """
import json, statistics, sys, time
from pathlib import Path
from netlab.engine import train
from netlab.runs.writer import RunWriter
BURST = 0.5

class Gate(RunWriter):
    def __init__(self, folder):
        self.is_open = True
        super().__init__(folder)
    def _put(self, *rows):
        if self.is_open:
            super()._put(*rows)

class Job(train.Job):
    def _loop(self):
        self.steps, self.began, self.took = 0, time.perf_counter(), {True: [], False: []}
        self.parts = self.look, self.gradients.look, self.recorder.note, self.times.is_due
        super()._loop()
    def _train_on(self, batch):
        now = time.perf_counter()
        if now - self.began >= BURST and self.steps:
            self.took[self.writer.is_open].append((now - self.began) / self.steps)
            self.turn()
        self.steps += 1
        super()._train_on(batch)
    def turn(self):
        self.writer.is_open = on = not self.writer.is_open
        look, gradients, note, is_due = self.parts
        self.look = look if on else lambda always=False: None
        self.gradients.look = gradients if on else lambda step: None
        self.recorder.note = note if on else lambda step, readings: None
        self.times.is_due = is_due if on else lambda now: False
        self.recorder.restart_clock(self.step)
        self.asked.stop = time.perf_counter() > END
        self.steps, self.began = 0, time.perf_counter()
    # a checkpoint and a validation are no part of a burst, recorded or not
    def checkpoint(self, *names):
        HELD.append(self.apart(super().checkpoint, *names))
    def _validate(self):
        self.apart(super()._validate)
    def apart(self, action, *arguments):
        began = time.perf_counter()
        action(*arguments)
        took = time.perf_counter() - began
        self.began += took
        return took

HELD, END = [], time.perf_counter() + float(sys.argv[2])
train.Job, train.RunWriter, made = Job, Gate, []
real = Job.run
Job.run = lambda self: (made.append(self), real(self))
train.run_job(Path(sys.argv[1]))
took = made[0].took
pairs = [a / b for a, b in zip(took[True], took[False])]
print(json.dumps([statistics.median(pairs), statistics.median(took[True]), statistics.median(HELD)]))
"""
PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def rows() -> Iterator[Row]:
    """What the care of the engine costs, against the same loop without it, and from a click to the first step."""
    for name, seconds, limit in RECORDED:
        ratio, step, held = _bursts(name, seconds)
        yield Row("costs", f"a step of {name}, recorded", step * 1e3, "ms", PEER, ratio, limit, ratio <= limit)
        if name == "gpt":
            yield Row("costs", f"checkpoint of {name}", held * 1e3, "ms", "a step", held / step, 1.0, held <= step)
    for name in ("lenet", "spirals"):
        yield within("costs", f"from the click to the first step of {name}", _first_step(name), "s", 0.3)
    ours, plain = _peaks("lenet", 200)
    ratio = ours / plain
    yield Row("costs", "memory of the engine, lenet", ours, "MB", "the usual loop", ratio, 1.05, ratio <= 1.05)


def _run_of(name: str, root: str, steps: int | None = None) -> Path:
    """The folder of a run that was ordered and not begun."""
    from netlab.document import edits, file
    from netlab.document.examples import examples
    from netlab.runs import store

    project = edits.set_training(file.load(examples()[name]), "epochs", 100_000)
    return store.create(file.encode(project), Path(root), steps=steps)


def _bursts(name: str, seconds: float) -> tuple[float, float, float]:
    """A recorded step over one that is not, a recorded step, and how long a checkpoint holds the loop, in seconds."""
    with tempfile.TemporaryDirectory() as root:
        command = [sys.executable, "-c", BURSTS, str(_run_of(name, root)), str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    ratio, step, held = json.loads(done.stdout.splitlines()[-1])
    return ratio, step, held


def _first_step(name: str) -> float:
    """Seconds from the order to the first step, by an engine that waits for one, as the window keeps it."""
    from netlab.runs.launch import hand_over, waiting
    from netlab.runs.reader import RunReader

    took = []
    for _ in range(CLICKS):
        engine = waiting()
        _wait_until_idle(engine.pid)
        with tempfile.TemporaryDirectory() as root:
            clicked = time.time()
            folder = _run_of(name, root, steps=1)
            hand_over(engine, folder)
            engine.wait()
            reader = RunReader(folder)
            took.append(next(at for _, metric, _, at in reader.rows() if metric == "train/loss") - clicked)
            reader.close()
    return statistics.median(took)


def _wait_until_idle(pid: int) -> None:
    """Wait until a process has loaded what it loads and does no more."""
    import psutil

    process, used = psutil.Process(pid), -1.0
    while (now := sum(process.cpu_times()[:2])) > used or now < 0.5:
        used = now
        time.sleep(0.5)


def _peaks(name: str, steps: int) -> tuple[float, float]:
    """The most memory that the engine and the usual loop ever held, MB."""
    from netlab.bench.train import plain_loop
    from netlab.document.examples import examples

    with tempfile.TemporaryDirectory() as root:
        folder = _run_of(name, root, steps)
        engine = f"from pathlib import Path\nfrom netlab.engine.train import run_job\nrun_job(Path({str(folder)!r}))\n"
        found = []
        for code in (engine, plain_loop(examples()[name], steps)):
            done = subprocess.run([sys.executable, "-c", code + PEAK], capture_output=True, text=True, check=True)
            found.append(float(done.stdout.split()[-1]) / 1e3)
    return found[0], found[1]
