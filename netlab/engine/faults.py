"""Faults of a running model, led back to the node where they began and told in a sentence."""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping
from typing import Any

import torch

from netlab.compiler.source import where
from netlab.engine.build import Built, node_of, place_of
from netlab.engine.distributed import ALONE, Team
from netlab.engine.indices import stray_index
from netlab.engine.lines import after_each_line, values_of_nodes
from netlab.engine.loader import Batch
from netlab.engine.sharding import local
from netlab.language import mark, sentences, tr

EXPLODED = 1e9


class TrainingFault(Exception):
    """Training cannot go on.

    Attributes:
        message, detail: a sentence for the user, and what lies behind it.
        node: where it began, "" if that is not known.
        step: the step, if it is known.
        micro_batches: parts of a batch with which the run could go on after memory ran out, 0 for another fault.
        row: the row of the batch that it is about, if it is about one.
        broken: the device can no longer be used by this process.
    """

    def __init__(
        self,
        message: str,
        node: str = "",
        detail: str = "",
        step: int | None = None,
        micro_batches: int = 0,
        row: int | None = None,
        broken: bool = False,
    ) -> None:
        super().__init__(message)
        self.message, self.node, self.detail, self.step = message, node, detail, step
        self.micro_batches, self.row, self.broken = micro_batches, row, broken

    def lies_in(self, row: int) -> None:
        """Say which row of the whole data set it is about."""
        self.message = sentences(self.message, tr("In the data it is row {row:,}, counted from 0.", row=row))


def of_exception(
    error: Exception, built: Built, batch_size: int, micro_batches: int = 1, batch: Batch | None = None
) -> TrainingFault:
    """What an exception in the model means; with the `batch` an index out of range is led back to its row."""
    node, line = place_of(error, built.source, built.filename)
    place = where(built.project, node) if node else tr("The model")
    place = tr("{place}, line {line} of its code,", place=place, line=line) if line else place
    if is_memory(error):
        traceback.clear_frames(error.__traceback__)  # what the model had in hand is let go
        parts, told = 2 * micro_batches, tr("The memory was used up at {place}.", place=place)
        if parts > batch_size:
            remedy = tr("Not even one sample fits: make the largest layer smaller.")
            return TrainingFault(sentences(told, remedy), node, str(error))
        remedy = tr(
            "Go on with micro_batches {parts}: the same batch in smaller parts, with the same gradient. "
            "Or lower batch_size (now {size}) to {smaller}.",
            parts=parts,
            size=batch_size,
            smaller=max(1, batch_size // 2),
        )
        return TrainingFault(sentences(told, remedy), node, str(error), micro_batches=parts)
    if is_of_device(error):
        return of_device(error, node)
    if "does not have a deterministic implementation" in str(error):
        told = tr(
            "{place} has no kernel here that gives the same bits each time. Switch deterministic off, or train on the CPU.",
            place=place,
        )
        return TrainingFault(told, node, str(error))
    if "could not create a primitive" in str(error):
        told = tr(
            "{place} cannot be computed in such short numbers here. Set precision to float32, or train on a GPU.",
            place=place,
        )
        return TrainingFault(told, node, str(error))
    fault = None if batch is None else of_index(built, batch)
    if fault is not None:
        return fault
    first = str(error).strip().split("\n")[0]
    return TrainingFault(tr("{place} failed: {reason}", place=place, reason=first), node, str(error))


def of_index(built: Built, batch: Batch, step: int | None = None) -> TrainingFault | None:
    """An index out of range somewhere in the model, as a fault; None if there is none."""
    stray = stray_index(built, batch)
    if stray is None:
        return None
    layer = built.inferred.layers.get(stray.node)
    if not stray.is_class and layer is not None and "num_embeddings" in layer.options():
        remedy = tr("Set num_embeddings to more than {value}, or correct that row.", value=stray.value)
    else:
        remedy = tr("Correct that row, or let the model have more than {value} of them.", value=stray.value)
    remedy = tr("Numbers begin at 0: correct that row.") if stray.value < 0 else remedy
    return TrainingFault(
        sentences(stray.told(where(built.project, stray.node)), remedy), stray.node, step=step, row=stray.row
    )


def of_device(error: Exception, node: str = "", step: int | None = None) -> TrainingFault:
    """What an error that `is_of_device` means; the process has to be replaced."""
    told = tr(
        "The GPU reported an error, after which this process cannot use it. The last checkpoint is good: go on from it."
    )
    return TrainingFault(told, node, str(error), step=step, broken=True)


def is_of_device(error: BaseException) -> bool:
    """Whether an error means that a GPU can no longer be used by this process, as after a failed assert on it."""
    known = ("CUDA error", "CUDNN_STATUS_EXECUTION_FAILED", "CUDNN_STATUS_INTERNAL_ERROR")
    said = isinstance(error, torch.AcceleratorError) or any(words in str(error) for words in known)
    return said and not is_memory(error)


def is_memory(error: BaseException) -> bool:
    """Whether an error means that memory was used up; on the CPU torch says so only in words."""
    words = str(error)
    known = ("not enough memory", "out of memory", "allocate memory", "STATUS_ALLOC_FAILED")
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(word in words for word in known)


def of_unexpected(error: Exception) -> TrainingFault:
    """What an error outside the model's own lines means: memory, or a fault of ours."""
    detail = "".join(traceback.format_exception(error))
    if is_memory(error):
        message = tr(
            "The memory was used up beside the steps themselves, as by the data or for a checkpoint. Lower batch_size, or "
            "make the largest layer smaller."
        )
        return TrainingFault(message, "", detail)
    message = tr(
        "The engine failed in a way it should not ({type}). The last checkpoint is good: resume from it. The details "
        "below belong into a report.",
        type=type(error).__name__,
    )
    return TrainingFault(message, "", detail)


def of_loss(built: Built, batch: Batch, step: int, loss: float, learning_rate: float) -> TrainingFault:
    """What a loss that is infinite, not a number or beyond reason means; the step is run again to find the place."""
    fault = of_data(built, batch, step)
    if fault is not None:
        return fault
    node = first_bad_node(built, batch)
    text = mark("The loss is {loss:.3g} at step {step}.")
    if loss != loss:
        text = mark("The loss is not a number at step {step}.")
    elif math.isinf(loss):
        text = mark("The loss is infinite at step {step}.")
    place = ""
    if node:
        place = tr("The first numbers to go wrong are those of {node}.", node=where(built.project, node))
    message = sentences(tr(text, loss=loss, step=step), place, _remedy(learning_rate))
    return TrainingFault(message, node, step=step)


def of_data(built: Built, batch: Batch, step: int) -> TrainingFault | None:
    """A number in the batch itself that is not finite, with its field and row; None if all are."""
    for field, values in batch.items():
        if values.is_floating_point() and not _finite(values):
            row = int((~torch.isfinite(values)).reshape(len(values), -1).any(1).int().argmax())
            node = next((n.id for n in built.project.graph.nodes.values() if n.options.get("field") == field), "")
            message = tr(
                "Step {step} cannot be done, since {field!r} holds a number that is not finite. Correct that row, or "
                "leave it out.",
                step=step,
                field=field,
            )
            return TrainingFault(message, node, step=step, row=row)
    return None


def of_gradient(built: Built, batch: Batch, step: int, learning_rate: float) -> TrainingFault:
    """What a gradient that is not finite means; going back from the loss, the first node that makes one is named."""
    fault = of_data(built, batch, step)
    if fault is not None:
        return fault
    told, place = tr("The gradient is not finite at step {step}.", step=step), ""
    bad = _last_bad(built, {name: p.grad for name, p in built.model.named_parameters() if p.grad is not None})
    node = first_bad_node(built, batch)
    if node:
        place = tr(
            "Already on the way to the loss the numbers of {node} are beyond reason.", node=where(built.project, node)
        )
    else:
        node = first_bad_gradient(built, batch) or bad
        if node:
            named = where(built.project, node)
            place = tr("Going back from the loss, the first to go wrong is that of {node}.", node=named)
    return TrainingFault(sentences(told, place, _remedy(learning_rate)), node, step=step)


def first_bad_gradient(built: Built, batch: Batch) -> str:
    """The node nearest to the loss that gets finite gradients and passes on others; "" if none does.

    Runs the step once more, as `first_bad_node` does.
    """
    readings: dict[str, torch.Tensor] = {}
    values = values_of_nodes(built, lambda: readings.update(built.model(**built.source.arguments(batch))[1]))
    on_the_way = {node: value for node, value in values.items() if value.requires_grad}
    try:
        gradients = torch.autograd.grad(readings["loss"], list(on_the_way.values()), allow_unused=True)
    except RuntimeError:  # it is only to make a sentence better
        return ""
    bad = {node for node, found in zip(on_the_way, gradients, strict=True) if found is not None and not _finite(found)}
    first = next((node for node in reversed(built.inferred.order) if node in bad), "")
    takers = [edge.target for edge in built.project.graph.edges.values() if edge.source == first]
    return next((node for node in takers if node in values and node not in bad), first)


def of_weights(built: Built, step: int, learning_rate: float, team: Team = ALONE) -> TrainingFault | None:
    """What weights that are not finite mean; None if all are. In a team all have to ask, and hear the same."""
    order, own = built.inferred.order, _last_bad(built, built.model.state_dict())
    at = team.most(order.index(own) if own else -1)
    if at < 0:
        return None
    node = order[at]
    named = where(built.project, node)
    message = tr("The weights of {node} are not finite after step {step}.", node=named, step=step)
    return TrainingFault(sentences(message, _remedy(learning_rate)), node, step=step)


def _remedy(learning_rate: float) -> str:
    better = min(learning_rate / 10, 1e-3) if learning_rate > 1e-3 else learning_rate / 10
    return tr(
        "Lower the learning rate (now {now:g}), for example to {better:.2g}. The last checkpoint still holds good "
        "weights.",
        now=learning_rate,
        better=better,
    )


def _last_bad(built: Built, tensors: Mapping[str, torch.Tensor]) -> str:
    """The node, nearest to the end of the source, with a tensor that is not finite; "" if there is none."""
    stored = built.names()
    bad = {stored[n].partition(".")[0] for n, t in tensors.items() if t.is_floating_point() and not _finite(t)}
    return next((node for node in reversed(built.inferred.order) if node in bad), "")


def _finite(tensor: torch.Tensor) -> bool:
    """Whether all of it is; of a tensor that is shared out, all that this process holds."""
    return bool(torch.isfinite(local(tensor)).all())


@torch.no_grad()
def first_bad_node(built: Built, batch: Batch) -> str:
    """The first node, in the order of the source, whose value holds numbers that are not finite or beyond reason.

    Runs the forward pass once more and looks at the variables after every line of the generated text.
    """
    found: list[str] = []

    def look(node: str, line: int, variables: dict[str, Any]) -> None:
        if not found and any(_bad(value) for value in variables.values()):
            found.append(node)

    try:
        after_each_line(built, lambda: built.model(**built.source.arguments(batch)), look)
    except Exception as error:
        found.append(node_of(error, built))
    return found[0] if found else ""


def _bad(value: Any) -> bool:
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        return False
    return not _finite(value) or float(value.abs().max()) > EXPLODED
