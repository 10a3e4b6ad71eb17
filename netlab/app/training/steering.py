"""What a change of the project means for a run that is under way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netlab.document.diff import Diff
from netlab.document.paths import settings
from netlab.document.project import Project
from netlab.language import mark, tr
from netlab.protocol import commands
from netlab.runs.compare import graph_differences, project_of

if TYPE_CHECKING:
    from netlab.app.session import Session

SETTINGS = {"learning_rate": commands.SetLearningRate, "weight_decay": commands.SetWeightDecay}


OTHER = mark("The run {run} is of another project and goes on as it is.")


def steer(session: Session, diff: Diff) -> None:
    """Let the watched run follow a change of the project that it was made from; that of another one stays as it is."""
    if session.run is None or not session.is_running:
        return
    losses = {node for node, layer in session.inferred.layers.items() if layer.role == "loss"}
    found = orders(diff, session.project, losses)
    if found and not session.steers:
        session.message.emit(tr(OTHER, run=session.run.folder.name), "info")
        return
    for command in found:
        session.command(command)


def is_of(project: Project, folder: Path) -> bool:
    """Whether a run was made from a project, as far as its title or else its nodes tell: both may be edited since."""
    made_from = project_of(folder)
    if made_from is None:
        return False
    if project.title and project.title == made_from.title:
        return True
    mine, its = ({node.id: node.type for node in p.graph.nodes.values()} for p in (project, made_from))
    return mine == its


def edited_since(project: Project, folder: Path) -> bool:
    """Whether a project is no longer what a run of it was made from, apart from what the run has followed."""
    made_from = project_of(folder)
    if made_from is None:
        return False
    followed = {f"training.{name}" for name in SETTINGS}
    mine, its = ({k: v for k, v in settings(p).items() if k not in followed} for p in (project, made_from))
    return mine != its or bool(graph_differences(made_from, project))


def orders(diff: Diff, project: Project, losses: set[str]) -> list[commands.Command]:
    """The commands that carry a change over: of a learning rate, a weight decay, a loss's weight, or the probes.

    Args:
        losses: ids of the nodes that are losses.
    """
    found: list[commands.Command] = [
        command(float(project.training[name]))
        for name, command in SETTINGS.items()
        if f"project/training/{name}" in diff.changes and name in project.training
    ]
    for node in diff.ids("node"):
        before, after = diff.changes[f"node/{node}"]
        if node in losses and before is not None and after is not None:
            weight = after.options.get("weight", 1.0)
            if weight != before.options.get("weight", 1.0):
                found.append(commands.SetLossWeight(node, float(weight)))
    if diff.ids("probe"):
        chosen = [(choice.probe, choice.node) for choice in project.probes.values()]
        found.append(commands.SetProbes(chosen))
    return found
