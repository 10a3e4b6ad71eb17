"""Which rows train, which validate, which test: at random, class by class, in order of time, or by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from netlab.language import tr

SPLITS: tuple[str, ...] = ("train", "val", "test")
WAYS = ("random", "stratified", "in order", "by group")
BLOCK = 1 << 17  # numbers hashed at a time
Splits = dict[str, np.ndarray]


class SplitError(ValueError):
    """Shares that leave nothing to train on, as a sentence with the remedy."""


def counts(rows: int, validation: float, test: float) -> tuple[int, int, int]:
    """How many rows train, validate and test.

    Raises:
        SplitError: too little is left for training.
    """
    if validation + test >= 0.95:
        message = tr(
            "Too few rows are left for training: validation ({validation:g}) and test ({test:g}) together have to stay "
            "below 0.95.",
            validation=validation,
            test=test,
        )
        raise SplitError(message)
    val, held = round(rows * validation), round(rows * test)
    if rows - val - held < 1:
        raise SplitError(tr("No row is left for training out of {rows}. Lower validation or test.", rows=rows))
    return rows - val - held, val, held


def in_order(order: np.ndarray, validation: float, test: float) -> Splits:
    """Cut an order of rows into training, validation and test, in that order."""
    train, val, _ = counts(len(order), validation, test)
    parts = np.split(np.asarray(order, dtype=np.int64), [train, train + val])
    return dict(zip(SPLITS, parts, strict=True))


def at_random(rows: int, validation: float, test: float, seed: int) -> Splits:
    """Disjoint random parts, a function of the seed alone."""
    return in_order(_generator(seed).permutation(rows), validation, test)


def stratified(labels: np.ndarray, validation: float, test: float, seed: int) -> Splits:
    """Random parts in which every class has the same share as in the whole, to the nearest row.

    A class of few rows keeps at least one of them for training.
    """
    counts(len(labels), validation, test)
    random, parts = _generator(seed), {name: [] for name in SPLITS}
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        val, held = round(len(rows) * validation), round(len(rows) * test)
        train = max(len(rows) - val - held, 1)
        for name, part in zip(SPLITS, np.split(rows, [train, train + val]), strict=True):
            parts[name].append(part)
    return {name: random.permutation(np.concatenate(found)).astype(np.int64) for name, found in parts.items()}


def by_group(groups: np.ndarray, validation: float, test: float, seed: int) -> Splits:
    """Random parts that share no group, as near to the wanted sizes as whole groups allow.

    For rows that belong together, such as several of one patient, which would otherwise leak between the parts.

    Raises:
        SplitError: there are fewer groups than parts.
    """
    wanted = dict(zip(SPLITS, counts(len(groups), validation, test), strict=True))
    names, index = np.unique(groups, return_inverse=True)
    needed = sum(size > 0 for size in wanted.values())
    if len(names) < needed:
        raise SplitError(
            tr(
                "There are {count} groups, but {needed} parts to fill. Choose another column to group by.",
                count=len(names),
                needed=needed,
            )
        )
    sizes = np.bincount(index)
    part_of, free = np.empty(len(names), np.int64), np.array([wanted[name] for name in SPLITS], np.float64)
    order = _generator(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]  # the large groups first, while there is room
    for place, group in enumerate(order):
        empty = [p for p in range(3) if wanted[SPLITS[p]] and not (part_of[order[:place]] == p).any()]
        left = len(order) - place
        part = max(empty, key=lambda p: free[p]) if len(empty) >= left else int(np.argmax(free))
        part_of[group] = part
        free[part] -= sizes[group]
    return {name: np.flatnonzero(part_of[index] == i).astype(np.int64) for i, name in enumerate(SPLITS)}


def same_rows(columns: Mapping[str, Any]) -> np.ndarray:
    """A number for each row, equal for rows that hold the same values in all columns: (rows,) uint64.

    The numbers are hashes of 64 bits: among a million rows one false pair in about ten million cases.
    """
    total = np.zeros(len(next(iter(columns.values()))), np.uint64)
    with np.errstate(over="ignore"):
        for place, column in enumerate(columns.values()):
            size = max(int(np.prod(column.shape[1:])), 1)
            salt = _mixed(np.arange(size, dtype=np.uint64) + np.uint64(place << 40))
            for start in range(0, len(column), max(1, BLOCK // size)):
                part = np.ascontiguousarray(column[start : start + max(1, BLOCK // size)]).reshape(-1, size)
                bits = part.view(np.dtype(f"u{part.dtype.itemsize}")).astype(np.uint64)
                total[start : start + len(part)] += _mixed(bits + salt).sum(1, dtype=np.uint64)
    return total


def _mixed(x: np.ndarray) -> np.ndarray:
    """Scatter the bits of 64-bit numbers (the finalizer of splitmix64, Steele, Lea and Flood 2014)."""
    x = (x + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def repeated(same: np.ndarray) -> int:
    """How many rows are copies of an earlier one, by the numbers of `same_rows`."""
    ordered = np.sort(same)
    return int((ordered[1:] == ordered[:-1]).sum())


def leaked(same: np.ndarray, splits: Mapping[str, np.ndarray]) -> dict[str, int]:
    """How many rows of validation and test are also in training, by the numbers of `same_rows`."""
    seen = np.sort(same[splits["train"]])
    found = {}
    for name in SPLITS[1:]:
        rows = same[splits[name]]
        place = np.minimum(np.searchsorted(seen, rows), len(seen) - 1)
        found[name] = int((seen[place] == rows).sum())
    return found


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))
