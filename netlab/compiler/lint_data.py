"""Rules about the data and how training takes it: said before the first step, not after the first epoch."""

from __future__ import annotations

from collections.abc import Iterator

from netlab.compiler.fields import parts_of
from netlab.compiler.infer import Inferred
from netlab.compiler.problem import ERROR, WARNING, Problem, label
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.language import sentences, tr
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
    message = tr("No row is kept for validation, so nothing will show whether the model only learns by heart.")
    settings = Training(**_known(project))
    if settings.schedule == "plateau" or settings.early_stopping == "stop":
        idle = tr("Nothing will cut the learning rate on a plateau, or end the training early, either.")
        message = sentences(message, idle)
    fix = Fix(
        tr("Keep {share:.0%} for validation", share=VALIDATION),
        "set_data_option",
        {"name": "validation", "value": VALIDATION},
    )
    fixes = (fix,) if share == 0 else ()
    yield Problem("no_validation", message, severity=WARNING, fixes=fixes, where=tr("Data"))


def batch_size(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """A batch that there are not enough rows for."""
    if not inferred.fields:
        return
    parts = parts_of(project.data)
    size = int(Training(**_known(project)).batch_size)
    if parts is None or size <= parts["train"]:
        return
    rows = parts["train"]
    message = tr(
        "A batch of {size} is larger than the {rows} training rows, so each step takes all {rows}.",
        size=size,
        rows=rows,
    )
    fix = Fix(tr("Set the batch size to {rows}", rows=rows), "set_training", {"name": "batch_size", "value": rows})
    yield Problem("large_batch", message, severity=WARNING, fixes=(fix,), where=tr("Training"))


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
        told = (
            tr("{where} fails with one sample at a time.", where=where)
            if flat
            else tr("{where} sees only the places of a single sample with one sample at a time.", where=where)
        )
        message = sentences(told, tr("Raise the batch size, or use Layer norm or Group norm."))
        fix = Fix(tr("Set the batch size to {rows}", rows=32), "set_training", {"name": "batch_size", "value": 32})
        severity = ERROR if flat else WARNING
        yield Problem("batch_norm_alone", message, node, severity=severity, fixes=(fix,), where=where)


def one_class(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """A class that everything is of."""
    for field in inferred.fields.values():
        if field.kind == "label" and field.classes is not None and field.classes < 2:
            message = tr(
                "{name!r} has a single class, so there is nothing to tell apart. Choose another target.",
                name=field.name,
            )
            yield Problem("one_class", message, where=tr("Data"))


def _known(project: Project) -> dict[str, object]:
    """The training settings that are sound; the others have a rule of their own."""
    wrong = {fault.option for fault in Training.check_values(project.training)}
    return {name: value for name, value in project.training.items() if name not in wrong}


RULES = (no_validation, batch_size, batch_norm, one_class)
