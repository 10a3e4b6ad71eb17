"""Training steps a second, everything recorded, against the loop people write."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from netlab.bench.row import Row

WORKLOADS = (("spirals", 4_000, 1.8), ("lenet", 300, 1.2), ("gpt", 60, 1.0), ("lstm_digits", 400, 1.05))


def rows() -> Iterator[Row]:
    """Training steps a second, everything recorded, against the loop people write."""
    from netlab.document.examples import examples

    for name, steps, target in WORKLOADS:
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


def plain_loop(path: Path, steps: int) -> str:
    """The usual hand-written loop over the same model and data, as a program that prints its steps a second."""
    return f"""
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


def _plain_speed(path: Path, steps: int) -> float:
    """Steps a second of the usual loop, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", plain_loop(path, steps)], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])
