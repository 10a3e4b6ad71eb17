"""What a change of the project means for a run that is under way."""

from __future__ import annotations

from netlab.document.diff import Diff
from netlab.document.project import Project
from netlab.protocol import commands

SETTINGS = {"learning_rate": commands.SetLearningRate, "weight_decay": commands.SetWeightDecay}


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
