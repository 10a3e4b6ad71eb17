"""The commands for a job that runs: lead it step by step, keep a checkpoint, change a setting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

FINE = 0


def add_to(command: Callable[..., Any]) -> None:
    """Declare step, forward, backward, update, keep, set and branch."""
    command("step", _advance, "let a paused job make one step", "target", json=False).set_defaults(to="update")
    for phase in ("forward", "backward", "update"):
        help = f"let a paused job go on to the end of its next {phase} phase"
        command(phase, _advance, help, "target", json=False).set_defaults(to=phase)
    command("keep", _keep, "write a checkpoint of a running job that stays", "target", json=False)
    steer = command("set", _set, "change a setting of a running job", "target", json=False)
    steer.add_argument("assignment", metavar="learning_rate|weight_decay|NODE.weight=VALUE")
    branch = command(
        "branch", _branch, "make a new run that goes on from a checkpoint of another", "target", json=False
    )
    branch.add_argument("--step", type=int, help="the newest checkpoint that is not behind this step")


def _advance(options: Any) -> int:
    from netlab.protocol import commands

    return _tell(options.target, commands.Advance(options.to))


def _keep(options: Any) -> int:
    from netlab.protocol import commands

    return _tell(options.target, commands.Keep())


def _set(options: Any) -> int:
    from netlab.document import file
    from netlab.document.edits import EditError
    from netlab.document.paths import find_node
    from netlab.protocol import commands
    from netlab.runs.store import PROJECT, find_run

    name, _, text = options.assignment.partition("=")
    try:
        value = float(text)
    except ValueError:
        raise EditError(f"{options.assignment!r} is not NAME=NUMBER, for example learning_rate=0.001.") from None
    settings = {"learning_rate": commands.SetLearningRate, "weight_decay": commands.SetWeightDecay}
    if name in settings:
        return _tell(options.target, settings[name](value))
    node, dot, rest = name.rpartition(".")
    if not dot or rest != "weight":
        raise EditError(f"{name!r} cannot be set while a job runs; {', '.join(settings)} and NODE.weight can.")
    project = file.load(find_run(options.target) / PROJECT)
    return _tell(options.target, commands.SetLossWeight(find_node(project, node), value))


def _branch(options: Any) -> int:
    from netlab.runs.store import branch, find_run

    made = branch(find_run(options.target), options.step)
    print(f"{made}\nLet it go on with: netlab train --resume {made}")
    return FINE


def _tell(target: Path, command: Any) -> int:
    from netlab.protocol import commands
    from netlab.runs.store import find_run

    commands.append(find_run(target), command)
    return FINE
