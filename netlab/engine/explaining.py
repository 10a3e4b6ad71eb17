"""What was wrong with a batch, found out on the CPU from the last checkpoint, where the failure itself did not say it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import torch

from netlab.document import file
from netlab.document.training import Training
from netlab.engine import checkpoint, faults
from netlab.engine.build import Built, build, seed_everything
from netlab.engine.distributed import Team
from netlab.engine.faults import TrainingFault
from netlab.engine.guard import LAG
from netlab.engine.loader import Loader, load_data
from netlab.runs import store
from netlab.runs.reader import RunReader


def explain(folder: Path, step: int, also_validation: bool = False) -> TrainingFault | None:
    """What is wrong with the batches up to a step; a GPU tells of a fault some steps late.

    `also_validation` looks through the rows for validation, too, which may be many.
    """
    project = file.load(folder / store.PROJECT)
    training = Training(**project.training).values
    seed_everything(training["seed"])
    built = build(project)
    if store.checkpoints(folder, "step"):
        checkpoint.load_weights(built, folder)
    dataset = load_data(project.data, lambda level, told: None, None)
    fields = (*built.source.inputs, *built.source.targets)
    loader = Loader(dataset, fields, training["batch_size"], training["seed"], torch.device("cpu"))
    for at in range(max(1, step - LAG - 1), step + 1):
        epoch, position = divmod(at - 1, loader.steps_per_epoch)
        batch = next(iter(loader.batches(epoch, position)))
        fault = faults.of_index(built, batch, at)
        if fault is not None and fault.row is not None:
            fault.lies_in(loader.row_of(at, fault.row))
            return fault
    return of_validation(built, loader) if also_validation else None


def of_validation(built: Built, loader: Loader) -> TrainingFault | None:
    """An index out of range in a row for validation, as a fault; None if there is none."""
    before = 0
    for batch in loader.all_of("val"):
        fault = faults.of_index(built, batch)
        if fault is not None and fault.row is not None:
            fault.lies_in(int(loader.splits["val"][before + fault.row]))
            fault.row = None  # which would be one of a batch for training
            return fault
        before += len(next(iter(batch.values())))
    return None


def explained(folder: Path, fault: TrainingFault, team: Team) -> TrainingFault:
    """The fault of a team, in better words if a row is to blame: the one who had it could not tell the leader.

    Then nobody needs to start again.
    """
    if team.size == 1 or fault.row is not None or fault.step is not None or fault.micro_batches or fault.broken:
        return fault
    reader = RunReader(folder)
    done = int(reader.status().get("step") or 0)
    reader.close()
    found = None
    with suppress(ValueError, OSError):  # it is only to make a sentence better
        found = explain(folder, done + 1)
    if found is None:
        return fault
    team.lost = False
    return found
