"""The loader: what a batch costs against the step it is for, and how fast a large table is read."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netlab.bench.row import Row, best, within

SHARE = 0.02
STEPS = 60
ROWS, BAD = 1_000_000, 0.01
SECONDS = 5.0
MEGABYTES = 400.0


def rows() -> Iterator[Row]:
    """Loader against step for sets in memory, and the time and memory of looking at a large table."""
    from netlab.document.examples import examples

    for name in ("lenet", "bert", "dates"):
        yield _against_step(examples()[name])
    yield from _table()


def _against_step(path: Path) -> Row:
    """The time to make a batch, as a share of the time of a training step on it."""
    import torch

    from netlab.data.dataset import source_of
    from netlab.document import file
    from netlab.engine.build import build
    from netlab.engine.loader import Loader

    project = file.load(path)
    with tempfile.TemporaryDirectory() as folder:
        built = build(project, Path(folder) / "model.py")
    data = source_of(project.data.source, project.data.options).load()
    fields = (*built.source.inputs, *built.source.targets)
    loader = Loader(data, fields, project.training["batch_size"], 0, torch.device("cpu"))
    optimizer = torch.optim.Adam(built.model.parameters())
    epochs = iter(range(10**9))

    def batches() -> Iterator[dict[str, Any]]:
        while True:
            yield from loader.batches(next(epochs))

    served = batches()
    held = [next(served) for _ in range(STEPS)]

    def step(batch: dict[str, Any]) -> None:
        built.model(**built.source.arguments(batch))[1]["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()

    loading = best(lambda: [next(served) for _ in range(STEPS)], 5) / STEPS
    stepping = best(lambda: [step(batch) for batch in held[:8]], 3) / 8
    share = loading / stepping
    return Row(
        "data", f"batch of {path.stem}", loading, "ms", f"a step of {stepping:.1f} ms", share, SHARE, share <= SHARE
    )


def _table() -> Iterator[Row]:
    """A CSV with a million rows, one in a hundred bad: time to look at it, and memory on top."""
    import psutil

    from netlab.data.look import guess

    with tempfile.TemporaryDirectory() as folder:
        path, bad = _written(Path(folder) / "large.csv")
        source = guess(path)
        process, most = psutil.Process(), 0
        before = process.memory_info().rss

        def watch(share: float) -> None:
            nonlocal most
            most = max(most, process.memory_info().rss - before)

        start = time.perf_counter()
        source, findings = source.look(watch)
        seconds = time.perf_counter() - start
        listed = sum(finding.costs for finding in findings)
        yield within("data", f"look at {ROWS:,} rows of a CSV", seconds, "s", SECONDS)
        yield within("data", "memory on top while looking", most / 2**20, "MB", MEGABYTES)
        yield within("data", f"bad rows missed out of {bad:,}", abs(bad - listed), "rows", 0.5)


def _written(path: Path) -> tuple[Path, int]:
    chance, bad = random.Random(0), 0
    faults = ("1,x,2,a,w", "1,0.5,2,a", "1,0.5,2,a,w,extra", '1,0.5,2,a,"w', '1,0.5,"2"x,a,w', "1,0.5,2.5.5,a,w")
    with path.open("w") as stream:
        stream.write("n,x,y,kind,word\n")
        for i in range(ROWS):
            if chance.random() < BAD:
                bad += 1
                stream.write(faults[i % len(faults)] + "\n")
            else:
                stream.write(f"{i % 1000},{chance.random():.4f},{chance.random() * 100:.2f},{'abc'[i % 3]},w{i % 50}\n")
    return path, bad
