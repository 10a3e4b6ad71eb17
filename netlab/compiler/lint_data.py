"""Rules about the data and how training takes it: said before the first step, not after the first epoch."""

from __future__ import annotations

from collections.abc import Iterator

from netlab.compiler.fields import parts_of
from netlab.compiler.infer import Inferred
from netlab.compiler.problem import ERROR, WARNING, Problem, label
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.layers.layer import Fix

VALIDATION = 0.15


def no_validation(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """Nothing is kept to see whether the model only learns by heart."""
    if not inferred.fields:
        return
    parts = parts_of(project.data)
    share = project.data.options.get("validation")
    if share != 0 and (parts is None or parts["val"]):
        return
    message = "No row is kept for validation, so nothing will show whether the model only learns by heart."
    fix = Fix(f"Keep {VALIDATION:.0%} for validation", "set_data_option", {"name": "validation", "value": VALIDATION})
    fixes = (fix,) if share == 0 else ()
    yield Problem("no_validation", message, severity=WARNING, fixes=fixes, where="Data")


def batch_size(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """A batch that there are not enough rows for."""
    if not inferred.fields:
        return
    parts = parts_of(project.data)
    size = int(Training(**_known(project)).batch_size)
    if parts is None or size <= parts["train"]:
        return
    rows = parts["train"]
    message = f"A batch of {size} is larger than the {rows} training rows, so each step takes all {rows}."
    fix = Fix(f"Set the batch size to {rows}", "set_training", {"name": "batch_size", "value": rows})
    yield Problem("large_batch", message, severity=WARNING, fixes=(fix,), where="Training")


def batch_norm(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """Batch norm compares the rows of a batch, so one row is no batch."""
    if not any(project.graph.nodes[node].type.startswith("batch_norm") for node in inferred.order):
        return
    settings = Training(**_known(project))
    parts = parts_of(project.data)
    size = min(int(settings.batch_size), parts["train"] if parts is not None else int(settings.batch_size))
    size = -(-size // int(settings.micro_batches))
    if size != 1:
        return
    for node in inferred.order:
        record = project.graph.nodes[node]
        shape = inferred.inputs.get((node, "x"))
        if not record.type.startswith("batch_norm") or shape is None:
            continue
        flat = shape.rank == 2
        where = label(record)
        told = "fails" if flat else "sees only the places of a single sample"
        message = f"{where} {told} with one sample at a time. Raise the batch size, or use Layer norm or Group norm."
        fix = Fix("Set the batch size to 32", "set_training", {"name": "batch_size", "value": 32})
        severity = ERROR if flat else WARNING
        yield Problem("batch_norm_alone", message, node, severity=severity, fixes=(fix,), where=where)


def one_class(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """A class that everything is of."""
    for field in inferred.fields.values():
        if field.kind == "label" and field.classes is not None and field.classes < 2:
            message = f"{field.name!r} has a single class, so there is nothing to tell apart. Choose another target."
            yield Problem("one_class", message, where="Data")


def _known(project: Project) -> dict[str, object]:
    """The training settings that are sound; the others have a rule of their own."""
    wrong = {fault.option for fault in Training.check_values(project.training)}
    return {name: value for name, value in project.training.items() if name not in wrong}


RULES = (no_validation, batch_size, batch_norm, one_class)
