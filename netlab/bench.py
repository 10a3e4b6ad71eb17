"""Measurements, always as a ratio in one run on one machine: ``netlab bench [compile|code|train|startup]``.

Each bench yields rows; a row says what was measured, against what, and whether the target is met.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

OUT = Path("build/bench.json")
WORKLOADS = (("spirals", 4_000, 1.8), ("lenet", 300, 1.2), ("gpt", 60, 1.0), ("lstm_digits", 400, 1.05))


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        value: the figure, in `unit`.
        against: what it is compared with, ``""`` where the target is a plain figure.
        ratio: value over the peer's value, or value over the target.
        target: what `ratio` (with a peer) or `value` (without) has to reach.
    """

    bench: str
    case: str
    value: float
    unit: str
    against: str
    ratio: float
    target: float
    ok: bool


def best(action: Callable[[], object], repeats: int = 5) -> float:
    """Median time of a call in milliseconds, after one to warm up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def compile_bench() -> Iterator[Row]:
    """Shapes, rules and source of long chains."""
    from netlab.compiler.builder import Graph
    from netlab.compiler.infer import infer
    from netlab.compiler.lint import lint
    from netlab.compiler.source import generate
    from netlab.document import edits

    for layers, limits in ((1_000, (5.0, 5.0, 50.0)), (10_000, (50.0, 50.0, 500.0))):
        g = Graph()
        x = g.add("input", field="features")
        for i in range(layers // 2):
            x = g.add("relu", g.add("linear", x, name=f"fc{i}", out_features=64))
        g.add("output", x)
        g.add("mse_loss", x, x)
        project = g.project("chain", "iris")
        inferred = infer(project)
        edited = edits.set_option(project, "n2", "out_features", 65)
        actions: list[tuple[str, Callable[[], object]]] = [
            ("infer after an edit", lambda p=edited, i=inferred: infer(p, i)),
            ("lint", lambda p=project, i=inferred: lint(p, i)),
            ("source", lambda p=project, i=inferred: generate(p, i)),
        ]
        for (case, action), limit in zip(actions, limits, strict=True):
            took = best(action)
            yield Row("compile", f"{case}, {layers:,} layers", took, "ms", "", took / limit, limit, took <= limit)
        took, limit = best(lambda p=project: infer(p)), layers / 40
        yield Row(
            "compile", f"infer from nothing, {layers:,} layers", took, "ms", "", took / limit, limit, took <= limit
        )


def startup_bench() -> Iterator[Row]:
    """From the start of the process to the first painted window, without torch."""
    code = (
        "import time; t = time.perf_counter()\n"
        "from netlab.app.start import make_window\n"
        "from PySide6.QtWidgets import QApplication\n"
        "w = make_window(None); w.show(); QApplication.processEvents()\n"
        "print(time.perf_counter() - t)"
    )
    times = []
    for _ in range(4):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        times.append(float(done.stdout.split()[-1]))
    took = statistics.median(times[1:])
    yield Row("startup", "window painted", took, "s", "", took, 1.0, took <= 1.0)


def train_bench() -> Iterator[Row]:
    """Training steps a second, everything recorded, against the loop people write."""
    from netlab.document.examples import examples

    for name, steps, target in (
        ("spirals", 4_000, 1.8),
        ("lenet", 300, 1.2),
        ("gpt", 60, 1.0),
        ("lstm_digits", 400, 1.05),
    ):
        ratios, speeds = [], []
        for _ in range(3):
            ours, plain = _engine_speed(examples()[name], steps), _plain_speed(examples()[name], steps)
            ratios.append(ours / plain)
            speeds.append(ours)
        ratio, speed = statistics.median(ratios), statistics.median(speeds)
        yield Row("train", name, speed, "steps/s", "DataLoader + Adam + loss.item()", ratio, target, ratio >= target)


def _engine_speed(path: Path, steps: int) -> float:
    """Steps a second of a whole recorded run, start-up and the first tenth left out."""
    import sqlite3
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [
            sys.executable,
            "-m",
            "netlab",
            "train",
            str(path),
            "--steps",
            str(steps),
            "--run",
            str(run),
            "--json",
        ]
        subprocess.run([*command, "--set", "training.epochs=100000"], capture_output=True, check=True)
        with sqlite3.connect(run / "run.sqlite") as base:
            rows = base.execute("SELECT step, time FROM metrics WHERE name = 'train/loss' ORDER BY step").fetchall()
        rows = rows[len(rows) // 10 :]
        return (rows[-1][0] - rows[0][0]) / (rows[-1][1] - rows[0][1])


def _plain_speed(path: Path, steps: int) -> float:
    """Steps a second of the usual hand-written loop over the same model and data, in a process of its own."""
    code = f"""
import time, torch
from torch.utils.data import DataLoader, TensorDataset
from netlab.document import file
from netlab.compiler.check import check
from netlab.compiler.source import generate
from netlab.data.dataset import source_of
import netlab
project = file.load({str(path)!r})
model = netlab.compile(project).train()
source = generate(project, check(project))
data = source_of(project.data.source, project.data.options).load()
names = [*source.inputs, *source.targets]
rows = data.splits["train"]
loader = DataLoader(TensorDataset(*[torch.from_numpy(data.columns[n][rows]) for n in names]),
                    batch_size=project.training["batch_size"], shuffle=True, drop_last=True)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
done, start = 0, None
while done < {steps}:
    for batch in loader:
        if done == {steps} // 10:
            start = time.perf_counter()
        optimizer.zero_grad()
        _, readings = model(**source.arguments(dict(zip(names, batch))))
        readings["loss"].backward()
        optimizer.step()
        readings["loss"].item()
        done += 1
        if done >= {steps}:
            break
print((done - {steps} // 10) / (time.perf_counter() - start))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


HAND_WRITTEN = """
import torch
from torch import nn
from torch.nn import functional as F

class Hand(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 12, 5, padding=2), nn.Conv2d(12, 32, 5, padding=2)
        self.fc1, self.drop, self.scores = nn.Linear(1568, 120), nn.Dropout(0.3), nn.Linear(120, 10)

    def forward(self, x, label):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.scores(self.drop(F.relu(self.fc1(x.flatten(1)))))
        return F.cross_entropy(x, label), (x.argmax(-1) == label).float().mean()
"""


def code_bench() -> Iterator[Row]:
    """Forward and backward of the generated LeNet against the same model written by hand."""
    import netlab
    from netlab.document.examples import examples

    scope: dict[str, Any] = {}
    exec(HAND_WRITTEN, scope)
    torch: Any = scope["torch"]
    ours, hand = netlab.compile(netlab.load(examples()["lenet"])), scope["Hand"]()
    image, label = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))

    def step(made: Any) -> None:
        made.backward()

    def turns(action: Callable[[], object]) -> float:
        start = time.perf_counter()
        for _ in range(10):
            action()
        return (time.perf_counter() - start) * 100

    run_ours = lambda: step(ours(image=image, label=label)[1]["loss"])  # noqa: E731
    run_hand = lambda: step(hand(image, label)[0])  # noqa: E731
    turns(run_ours)
    turns(run_hand)
    times = [(turns(run_ours), turns(run_hand)) for _ in range(15)]  # in turns, so that both see the same machine
    ratio = statistics.median(b / a for a, b in times)
    yield Row("code", "lenet, forward and backward", statistics.median(a for a, _ in times), "ms",
              "hand-written module", ratio, 0.98, ratio >= 0.98)  # fmt: skip


BENCHES = {"compile": compile_bench, "code": code_bench, "startup": startup_bench, "train": train_bench}


def run(names: list[str], as_json: bool) -> int:
    """Run some benches, or all; print rows as they come and write them to ``build/bench.json``."""
    from netlab.document.file import write_atomically

    rows: list[Row] = []
    for name in names or list(BENCHES):
        for row in BENCHES[name]():
            rows.append(row)
            if as_json:
                print(json.dumps(asdict(row)), flush=True)
            else:
                verdict = "ok" if row.ok else "MISSED"
                peer = f"{row.ratio:.2f} × {row.against}" if row.against else f"limit {row.target:g}"
                print(f"{row.bench:8} {row.case:36} {row.value:10.3f} {row.unit:8} {peer:42} {verdict}", flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(OUT, json.dumps([asdict(row) for row in rows], indent=2).encode() + b"\n")
    return 0
