"""The log of a run in formats that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from netlab.document.file import write_atomically
from netlab.language import tr
from netlab.runs.reader import RunReader
from netlab.runs.store import RunError

FORMATS = ("csv", "tensorboard")


def export_log(folder: Path, format: str, out: Path) -> int:
    """Write all metrics of a run: a CSV file, or a folder of event files for TensorBoard. Returns the number of rows.

    Raises:
        RunError: the run has no metrics yet, or what the format needs is not installed.
    """
    reader = RunReader(folder)
    try:
        rows = reader.rows()
        first = next(rows, None)
        if first is None:
            raise RunError(tr("The run {name} has no metrics yet. Train it for some steps first.", name=folder.name))
        every = _with(first, rows)
        return _csv(every, out) if format == "csv" else _tensorboard(every, out)
    finally:
        reader.close()


Row = tuple[int, str, float | None, float]


def _with(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _csv(rows: Iterator[Row], out: Path) -> int:
    """One row a value: step, metric, value, time in seconds since 1970; a value that was no number is empty."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("step", "metric", "value", "time"))
    count = 0
    for step, name, value, at in rows:
        table.writerow((step, name, "" if value is None else repr(value), f"{at:.3f}"))
        count += 1
    write_atomically(out, text.getvalue().encode())
    return count


def _tensorboard(rows: Iterator[Row], out: Path) -> int:
    """A scalar for each metric, under its name, at its time."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        message = tr(
            "Event files for TensorBoard need the package tensorboardX. Install it with: pip install netlab[tensorboard]"
        )
        raise RunError(message) from error
    count = 0
    with SummaryWriter(str(out), write_to_disk=True) as writer:
        for step, name, value, at in rows:
            writer.add_scalar(name, float("nan") if value is None else value, step, walltime=at)
            count += 1
    return count
