"""Batches. Small sets live on the device as tensors; the order of rows is a function of seed and epoch alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from netlab.data.dataset import DataError, Dataset
from netlab.engine.distributed import ALONE, Team

Batch = dict[str, torch.Tensor]


class Loader:
    """Serves batches by number, so that a run can go on in the middle of an epoch with the same rows.

    Rows that do not fill the last batch of an epoch wait for another epoch, in which they come earlier.

    Args:
        team: the processes that share each batch; `batch_size` is what all take together.
    """

    def __init__(
        self,
        dataset: Dataset,
        fields: tuple[str, ...],
        batch_size: int,
        seed: int,
        device: torch.device,
        team: Team = ALONE,
    ) -> None:
        self.columns = {name: torch.from_numpy(dataset.columns[name]).to(device) for name in fields}
        self.splits = {name: torch.from_numpy(rows).to(device) for name, rows in dataset.splits.items()}
        self.device = device
        self.seed = seed
        rows = len(self.splits["train"])
        if not rows:
            raise DataError("There is no row to train on. Give the training part a share in the data settings.")
        self.batch_size = min(batch_size, rows)
        self.steps_per_epoch = rows // self.batch_size
        self.share = team.share_of(self.batch_size)

    def order(self, epoch: int) -> torch.Tensor:
        """The training rows of one epoch (from 0), shuffled."""
        rows = self.splits["train"]
        shuffled = np.random.Generator(np.random.Philox([self.seed, epoch])).permutation(len(rows))
        return rows[torch.from_numpy(shuffled).to(self.device)]

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, from number `start` on."""
        order = self.order(epoch)
        for i in range(start, self.steps_per_epoch):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size][self.share]
            yield {name: column[rows] for name, column in self.columns.items()}

    def all_of(self, split: str, batch_size: int = 512) -> Iterator[Batch]:
        """The rows of a split in their own order."""
        for rows in self.splits[split].split(batch_size):
            yield {name: column[rows] for name, column in self.columns.items()}

    def sample(self, split: str = "val", count: int = 1) -> Batch:
        """The first rows of a split, or of the training rows if it is empty."""
        rows = self.splits[split] if len(self.splits[split]) else self.splits["train"]
        return {name: column[rows[:count]] for name, column in self.columns.items()}
