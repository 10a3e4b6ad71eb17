"""Loss and metrics over one split."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch

from netlab.data.dataset import DataError, source_of
from netlab.engine import checkpoint
from netlab.engine.build import Built
from netlab.engine.device import choose
from netlab.engine.loader import Loader
from netlab.engine.precision import Precision


@torch.no_grad()
def over(
    built: Built,
    loader: Loader,
    split: str,
    precision: Precision | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> dict[str, float]:
    """Means over all rows of a split, in evaluation mode; {} if the split is empty. The mode is put back.

    Args:
        precision: the numbers to compute in; float32 if none.
        enough: asked between batches; when true, the pass is given up and the result is {}.
    """
    totals: dict[str, torch.Tensor] = {}
    rows = 0
    was_training = built.model.training
    built.model.eval()
    for batch in loader.all_of(split):
        if enough():
            totals.clear()
            break
        count = len(next(iter(batch.values())))
        with precision.region() if precision is not None else nullcontext():
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
