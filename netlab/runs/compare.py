"""Runs side by side: the settings that differ, what their metrics came to, and what differs between their graphs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from netlab.document import diff, file
from netlab.document.paths import settings
from netlab.document.project import Project
from netlab.document.training import node_training
from netlab.language import mark, tr
from netlab.runs.reader import RunReader
from netlab.runs.store import PROJECT

HIGHER_IS_BETTER = (
    *("accuracy", "auc", "auroc", "bleu", "chrf", "dice", "exact_match", "f1", "iou", "precision", "r2", "recall"),
    "top5",
)


FINGERPRINT = 10  # characters


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value is the better one: so with losses and errors, not with accuracies.

    Where a model has several losses, the metrics of each bear its name: ``val/next_accuracy``.
    """
    quantity = metric.rpartition("/")[2]
    return not any(quantity == good or quantity.endswith(f"_{good}") for good in HIGHER_IS_BETTER)


def best_of(reader: RunReader, metric: str) -> float | None:
    """The best of the finite values of a run; None if there is none."""
    found = reader.extremes(metric)
    return None if found is None else found[0] if lower_is_better(metric) else found[1]


@dataclass(frozen=True)
class Compared:
    """One run among others.

    Attributes:
        settings: the values of the paths in which the runs differ; a path that a run lacks is left out.
        final: the newest value of each metric.
    """

    folder: Path
    settings: dict[str, Any]
    final: dict[str, float]


def compare(folders: list[Path]) -> list[Compared]:
    """The runs with the settings in which they differ; one whose project cannot be read has none."""
    all_settings = [_settings(project) if (project := project_of(folder)) else {} for folder in folders]
    known = [found for found in all_settings if found]
    paths = differing(known)
    return [
        Compared(folder, {path: found[path] for path in paths if path in found}, final_metrics(folder))
        for folder, found in zip(folders, all_settings, strict=True)
    ]


def _settings(project: Project) -> dict[str, Any]:
    """The settings, and of a file of data the start of its fingerprint, so that another content is seen."""
    found = settings(project)
    for name, value in project.data.options.items():
        if isinstance(value, dict) and value:
            found[f"data.{name}"] = str(value.get("sha256", ""))[:FINGERPRINT] or tr("seen")
    return found


def differing(all_settings: list[dict[str, Any]]) -> list[str]:
    """The paths whose values are not the same everywhere, in the order of the settings."""
    missing = object()
    paths = dict.fromkeys(path for found in all_settings for path in found)
    return [
        path
        for path in paths
        if any(not diff.same(found.get(path, missing), all_settings[0].get(path, missing)) for found in all_settings)
    ]


def project_of(folder: Path) -> Project | None:
    """The project that a run was made of; None if its file cannot be read."""
    path = folder / PROJECT
    try:
        return _loaded(path, path.stat().st_mtime_ns)
    except (OSError, file.FileError):
        return None


@lru_cache(maxsize=64)
def _loaded(path: Path, changed: int) -> Project:
    """A project as it was when its file was `changed`: runs that train are compared again each second."""
    return file.load(path)


def final_metrics(folder: Path) -> dict[str, float]:
    """The newest value of each metric of a run."""
    reader = RunReader(folder)
    try:
        return reader.latest()
    finally:
        reader.close()


def graph_differences(old: Project, new: Project) -> list[str]:
    """What differs between two graphs, a sentence each; options that both have are left to `compare`.

    How a node learns is said as it comes to it, from its own settings or those of the frames and blocks around it.
    """
    changes = diff.between(old, new).changes
    told = []
    for node in old.graph.nodes.keys() & new.graph.nodes.keys():
        before, after = (node_training(project.graph, project.graph.nodes[node]) for project in (old, new))
        told += [
            tr(
                "node {node}: {setting} {before} → {after}",
                node=_name(new.graph.nodes[node]),
                setting=name,
                before=f"{before[name]:g}",
                after=f"{after[name]:g}",
            )
            for name in before
            if before[name] != after[name]
        ]
    for path, (before, after) in changes.items():
        kind = path.partition("/")[0]
        if kind == "node":
            told += _node_change(before, after)
        elif kind == "edge":
            wire = after or before
            names = f"{_called(old, new, wire.source)} → {_called(old, new, wire.target)}.{wire.target_port}"
            changed = (
                mark("wire removed: {names}")
                if after is None
                else mark("wire added: {names}")
                if before is None
                else mark("wire changed: {names}")
            )
            told.append(tr(changed, names=names))
    return sorted(told)


def _node_change(before: Any, after: Any) -> list[str]:
    if before is None:
        return [tr("node added: {node}", node=_name(after))]
    if after is None:
        return [tr("node removed: {node}", node=_name(before))]
    told = []
    if before.name != after.name:
        told.append(tr("node {before} is called {after}", before=_name(before), after=_name(after)))
    if before.type != after.type:
        told.append(tr("node {node} became {type}", node=_name(before), type=after.type))
    if before.frozen != after.frozen:
        told.append(
            tr("node {node} frozen", node=_name(after)) if after.frozen else tr("node {node} thawed", node=_name(after))
        )
    if before.bypassed != after.bypassed:
        words = mark("node {node} bypassed") if after.bypassed else mark("node {node} no longer bypassed")
        told.append(tr(words, node=_name(after)))
    if before.shares != after.shares:
        words = (
            mark("node {node} uses the weights of {other}")
            if after.shares
            else mark("node {node} has weights of its own")
        )
        told.append(tr(words, node=_name(after), other=after.shares))
    return told


def _name(node: Any) -> str:
    return f"{node.name} ({node.type})" if node.name else f"{node.id} ({node.type})"


def _called(old: Project, new: Project, node: str) -> str:
    record = new.graph.nodes.get(node) or old.graph.nodes.get(node)
    return (record.name or record.id) if record is not None else node
