"""Batches. Small sets live on the device as tensors, larger ones stream; the order is a function of seed and epoch.

What is drawn anew in each epoch, masks of tokens and changes of images, is drawn here for the training rows; the
rows of other parts stay as they are, so that their metrics can be compared.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from netlab.data.dataset import DataError, Dataset, source_of
from netlab.data.findings import ERROR, NOTE, summary
from netlab.data.fitted import Fitted
from netlab.data.lazy import Column
from netlab.data.tokenizer import Tokenizer
from netlab.document.file import write_atomically
from netlab.document.project import DataChoice
from netlab.engine.device import make_current
from netlab.engine.distributed import ALONE, Team
from netlab.engine.drawing import Batch, drawn
from netlab.language import sentences, tr
from netlab.runs.store import FITTED, TOKENIZER

ON_DEVICE = 4 << 30  # bytes of a data set up to which it lives on a GPU, if a quarter of its memory holds it
WORKERS = min(4, os.cpu_count() or 1)
AHEAD = 2  # batches each worker has in hand
MOST_BROKEN = 0.01
Log = Callable[[str, str], object]


def load_data(choice: DataChoice, log: Log, folder: Path | None) -> Dataset:
    """Load the data of a run, write what was fitted to it into the run's folder if one is given, and log what is wrong.

    Raises:
        DataError: there is nothing that could be trained on.
    """
    dataset = source_of(choice.source, choice.options).load()
    blocking = [str(finding) for finding in dataset.findings if finding.severity == ERROR]
    if blocking:
        raise DataError(sentences(*blocking))
    for sentence in summary(finding for finding in dataset.findings if finding.severity != NOTE):
        log("warning", tr("Data: {error}", error=sentence))
    if folder is not None:
        write_atomically(folder / FITTED, dataset.to_json())
        if dataset.tokenizer is not None:
            write_atomically(folder / TOKENIZER, dataset.tokenizer.to_json().encode())
    return dataset


def fitted_in(folder: Path, choice: DataChoice) -> Fitted:
    """What was fitted to the data of a run, from its folder; of a run that did not save it yet, from the data itself.

    Raises:
        DataError: what is saved makes no sense, or nothing is saved and the data is gone.
    """
    known = folder / TOKENIZER
    words = Tokenizer.from_json(known.read_text(encoding="utf-8")) if known.is_file() else None
    if (folder / FITTED).is_file():
        return Fitted.from_json((folder / FITTED).read_bytes(), words)
    source = source_of(choice.source, choice.options)
    return Fitted(source.fields(), tokenizer=words) if words is not None else source.load()


class Loader:
    """Serves batches by number, so that a run can go on in the middle of an epoch with the same rows.

    Rows that do not fill the last batch of an epoch wait for another epoch, in which they come earlier.

    Args:
        team: the processes that share each batch; `batch_size` is what all take together.
        parts: into how many parts a batch is cut. No pass over a split takes more rows at a time than one of them has,
            so that what fits in memory while it trains also fits while it is judged.
        workers: threads that read rows which do not fit in memory.

    Attributes:
        columns: tensors by field, or columns that are read when they are asked for.
        skipped: why a training row could not be read, by its number.
    """

    def __init__(
        self,
        dataset: Dataset,
        fields: tuple[str, ...],
        batch_size: int,
        seed: int,
        device: torch.device,
        team: Team = ALONE,
        workers: int = WORKERS,
        parts: int = 1,
    ) -> None:
        self.device, self.seed, self.workers = device, seed, max(1, workers)
        self.draws = dataset.draws
        columns = {name: dataset.columns[name] for name in fields}
        self.resident = all(isinstance(c, np.ndarray) for c in columns.values()) and _fits(columns, device)
        home = device if self.resident else torch.device("cpu")
        self.columns: dict[str, Any] = {name: _tensor(column, home) for name, column in columns.items()}
        self.splits = {name: torch.from_numpy(rows).to(home) for name, rows in dataset.splits.items()}
        self.skipped: dict[int, str] = {}
        rows = len(self.splits["train"])
        if not rows:
            raise DataError(tr("There is no row to train on. Give the training part a share in the data settings."))
        self.batch_size = min(batch_size, rows)
        self.steps_per_epoch = rows // self.batch_size
        self.share = team.share_of(self.batch_size)
        self.at_once = -(-(self.share.stop - self.share.start) // parts)

    def order(self, epoch: int) -> torch.Tensor:
        """The training rows of one epoch (from 0), shuffled."""
        rows = self.splits["train"]
        shuffled = np.random.Generator(np.random.Philox([self.seed, epoch])).permutation(len(rows))
        return rows[torch.from_numpy(shuffled).to(rows.device)]

    def row_of(self, step: int, place: int) -> int:
        """The number, in the whole data set, of a row of the batch of a step, which counts from 1.

        The place is counted from the first row of this process; those of the next process lie behind its own.
        """
        epoch, position = divmod(step - 1, self.steps_per_epoch)
        return int(self.order(epoch)[position * self.batch_size + self.share.start + place])

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, from number `start` on."""
        order = self.order(epoch)
        size = self.batch_size
        cuts = (order[i * size : (i + 1) * size][self.share] for i in range(start, self.steps_per_epoch))
        for rows, batch in self._served(cuts, training=True):
            yield drawn(batch, self.draws, self.seed, epoch, rows) if self.draws else batch

    def all_of(self, split: str, batch_size: int | None = None) -> Iterator[Batch]:
        """The rows of a split in their own order."""
        rows = self.splits[split]
        cuts = rows.split(batch_size or self.at_once) if len(rows) else ()  # torch cuts nothing into one empty part
        for _, batch in self._served(iter(cuts), training=False):
            yield batch

    def sample(self, split: str = "val", count: int = 1) -> Batch:
        """The first rows of a split, or of the training rows if it is empty."""
        rows = self.splits[split] if len(self.splits[split]) else self.splits["train"]
        return next(self._served(iter([rows[:count]]), training=False))[1]

    def _served(self, cuts: Iterator[torch.Tensor], training: bool) -> Iterator[tuple[torch.Tensor, Batch]]:
        """Rows and batches, in the order of the cuts however many workers read them."""
        if self.resident:
            for rows in cuts:
                yield rows, {name: column[rows] for name, column in self.columns.items()}
            return
        pool = ThreadPoolExecutor(self.workers, "netlab-loader", make_current, (self.device,))
        coming: deque[Future[tuple[torch.Tensor, Batch]]] = deque()
        try:
            for rows in cuts:
                coming.append(pool.submit(self._read, rows, training))
                if len(coming) >= AHEAD * self.workers:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _read(self, rows: torch.Tensor, training: bool) -> tuple[torch.Tensor, Batch]:
        """One batch on the device, and its rows. A row that cannot be read gives its place to a good one."""
        numbers = rows.cpu().numpy()
        found: dict[str, Any] = {}
        broken: dict[int, str] = {}
        for name, column in self.columns.items():
            if isinstance(column, Column):
                found[name], wrong = column.fetch(numbers)
                broken |= wrong
        if broken:
            numbers = self._mended(numbers, broken, found, training)
            rows = torch.from_numpy(numbers)
        batch = {}
        for name, column in self.columns.items():
            part = torch.from_numpy(found[name]) if name in found else column[rows]
            if self.device.type == "cuda":
                part = part.pin_memory()
            batch[name] = part.to(self.device, non_blocking=True)
        return rows, batch

    def _mended(self, numbers: np.ndarray, broken: dict[int, str], found: dict[str, Any], training: bool) -> np.ndarray:
        good = [place for place in range(len(numbers)) if place not in broken]
        if training:
            self.skipped |= {int(numbers[place]): why for place, why in broken.items()}
        limit = max(1, MOST_BROKEN * len(self.splits["train"]))
        if not good or len(self.skipped) > limit:
            message = tr(
                "{count:,} rows can no longer be read, the first: {fault}. Bring the files back, or choose the data "
                "again; then go on with the run.",
                count=max(len(self.skipped), len(broken)),
                fault=next(iter(broken.values())),
            )
            raise DataError(message)
        numbers = numbers.copy()
        for i, place in enumerate(broken):
            numbers[place] = numbers[good[i % len(good)]]
            for part in found.values():
                part[place] = part[good[i % len(good)]]
        return numbers


def _fits(columns: dict[str, Any], device: torch.device) -> bool:
    """Whether the rows may stay on the device for the whole run."""
    if device.type == "cpu":
        return True  # they are in memory already
    free = torch.cuda.mem_get_info(device)[0] // 4 if device.type == "cuda" else ON_DEVICE
    return sum(column.nbytes for column in columns.values()) <= min(ON_DEVICE, free)


def _tensor(column: Any, home: torch.device) -> Any:
    if isinstance(column, Column):
        return column
    return torch.from_numpy(np.require(column, requirements=["C", "W"])).to(home)
