"""Loss and metrics over one split."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netlab.data.dataset import DataError, source_of
from netlab.document.training import Training
from netlab.engine import checkpoint
from netlab.engine.build import Built, judging
from netlab.engine.device import choose
from netlab.engine.loader import Loader
from netlab.engine.means import Sums
from netlab.engine.precision import Precision
from netlab.language import tr
from netlab.runs import store

if TYPE_CHECKING:
    from netlab.engine.measures import Measures


def over(
    built: Built,
    loader: Loader,
    split: str,
    precision: Precision | None = None,
    enough: Callable[[], bool] = lambda: False,
    measures: Measures | None = None,
) -> dict[str, float]:
    """Means over a whole split, in evaluation mode; {} if it is empty. The mode is put back.

    A reading is the mean over what it is one over in a batch: rows, or the targets that count.

    Args:
        precision: the numbers to compute in; float32 if none.
        enough: asked between batches; when true, the pass is given up and the result is {}.
        measures: they see every batch as well.
    """
    sums = Sums(built.source.counted, built.loss_weights)
    with judging(built.model):
        for batch in loader.all_of(split):
            if enough():
                return {}
            with precision.region() if precision is not None else nullcontext():
                scores, readings = built.model(**built.source.arguments(batch))
            if measures is not None:
                measures.see(scores, batch[measures.target])
            sums.see(readings, batch)
    return sums.means()


@dataclass(frozen=True)
class Evaluation:
    """What a model is worth on one part of its data.

    Attributes:
        metrics: loss, readings of the losses, and the metrics of the task (`netlab.data.task`) by name.
        confusion: how often each class (row) was taken for each other (column); [] for models without classes.
    """

    metrics: dict[str, float]
    confusion: list[list[int]]


def evaluate(folder: Path, split: str = "test") -> Evaluation:
    """The last checkpoint of a run on one split of its data.

    Raises:
        CheckpointError: the run has no checkpoint yet.
        DataError: the split is empty.
    """
    from netlab.engine.measures import measures_of  # its library takes a second to load, which training does not need

    built = checkpoint.trained(folder)
    project = built.project
    training = Training(**project.training).values
    device = choose(training["device"])
    built.model.to(device)
    source = source_of(project.data.source, project.data.options)
    dataset = source.load()
    if not len(dataset.splits.get(split, ())):
        raise DataError(tr("The {split} part of the data is empty. Give it a share in the data settings.", split=split))
    fields = (*built.source.inputs, *built.source.targets)
    parts = store.job(folder).micro_batches or training["micro_batches"]
    loader = Loader(dataset, fields, training["batch_size"], 0, device, parts=parts)
    measures = measures_of(built, source.task, device)
    read = over(built, loader, split, measures=measures)
    more, confusion = measures.result() if measures is not None else ({}, [])
    return Evaluation(read | more, confusion)  # over all rows at once, where the loss gives a mean over batches
