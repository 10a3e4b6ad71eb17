"""Whether loaded data can be trained on and trusted: parts, classes, copies and leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netlab.data import splitting
from netlab.data.dataset import Field
from netlab.data.findings import ERROR, NOTE, WARNING, Ledger
from netlab.language import mark, tr

INPUT_KINDS = ("image", "tokens", "features", "points", "series")
LARGEST = 200_000_000  # numbers in a column that is searched for copies


def judge(
    columns: Mapping[str, Any], fields: Sequence[Field], splits: Mapping[str, np.ndarray], ledger: Ledger
) -> None:
    """Add what is wrong with the whole to the ledger."""
    for field in fields:
        if field.kind == "label":
            _classes(np.asarray(columns[field.name]), field, splits, ledger)
    if not len(splits["val"]):
        ledger.say("no_validation", tr("No row is kept for validation, so nothing will show over-fitting."), WARNING)
    inputs = {f.name: columns[f.name] for f in fields if f.kind in INPUT_KINDS}
    inputs = {name: column for name, column in inputs.items() if isinstance(column, np.ndarray)}
    if inputs and sum(column.size for column in inputs.values()) <= LARGEST:
        copies(splitting.same_rows(inputs), splits, ledger)


def copies(same: np.ndarray, splits: Mapping[str, np.ndarray], ledger: Ledger) -> None:
    """Say how many rows are copies, and which of them are in training and in another part as well."""
    repeated = splitting.repeated(same)
    if repeated:
        ledger.say(
            "duplicates",
            tr("{count:,} of {rows:,} rows are copies of other rows.", count=repeated, rows=len(same)),
            NOTE,
            count=repeated,
        )
    words = {
        "val": mark(
            "{count:,} of {rows:,} validation rows ({share:.1%}) are also in training, so validation results look better "
            "than they are. Remove copies, or split by group."
        ),
        "test": mark(
            "{count:,} of {rows:,} test rows ({share:.1%}) are also in training, so test results look better than they "
            "are. Remove copies, or split by group."
        ),
    }
    for name, count in splitting.leaked(same, splits).items():
        if count:
            share = count / len(splits[name])
            message = tr(words[name], count=count, rows=len(splits[name]), share=share)
            ledger.say("leak", message, WARNING if share > 0.01 else NOTE, count=count)


def _classes(labels: np.ndarray, field: Field, splits: Mapping[str, np.ndarray], ledger: Ledger) -> None:
    size = field.classes or int(labels.max(initial=0)) + 1
    counts = np.bincount(labels.ravel(), minlength=size)
    if (counts > 0).sum() < 2:
        message = tr("All rows are of one class, so there is nothing to tell apart. Add rows of another class.")
        ledger.say("one_class", message, ERROR, column=field.name)
        return
    train = np.bincount(labels[splits["train"]].ravel(), minlength=size)
    names = field.names or tuple(map(str, range(size)))
    unseen = [names[i] for i in range(size) if counts[i] and not train[i]]
    if unseen:
        told = ", ".join(unseen[:5])
        message = tr(
            "No training row is of class {names}. Split stratified, or keep fewer rows for validation and test.",
            names=told,
        )
        ledger.say("unseen_class", message, WARNING, column=field.name, count=len(unseen))
