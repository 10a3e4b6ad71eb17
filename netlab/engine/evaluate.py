"""Loss and metrics over one split."""

from __future__ import annotations

from pathlib import Path

import torch

from netlab.data.dataset import DataError, source_of
from netlab.engine import checkpoint
from netlab.engine.build import Built
from netlab.engine.device import choose
from netlab.engine.loader import Loader


@torch.no_grad()
def over(built: Built, loader: Loader, split: str) -> dict[str, float]:
    """Means over all rows of a split, in evaluation mode; {} if the split is empty. The mode is put back."""
    totals: dict[str, torch.Tensor] = {}
    rows = 0
    was_training = built.model.training
    built.model.eval()
    for batch in loader.all_of(split):
        count = len(next(iter(batch.values())))
        _, readings = built.model(**built.source.arguments(batch))
        for name, value in readings.items():
            totals[name] = totals.get(name, 0) + value.double() * count
        rows += count
    built.model.train(was_training)
    return {name: float(total) / rows for name, total in totals.items()}


def evaluate(folder: Path, split: str = "test") -> dict[str, float]:
    """Metrics of the last checkpoint of a run on one split of its data.

    Raises:
        CheckpointError: the run has no checkpoint yet.
        DataError: the split is empty.
    """
    built = checkpoint.trained(folder)
    project = built.project
    device = choose(project.training.get("device", "auto"))
    built.model.to(device)
    dataset = source_of(project.data.source, project.data.options).load()
    if not len(dataset.splits.get(split, ())):
        raise DataError(f"The {split} part of the data is empty. Give it a share in the data settings.")
    fields = (*built.source.inputs, *built.source.targets)
    loader = Loader(dataset, fields, 256, 0, device)
    return over(built, loader, split)
