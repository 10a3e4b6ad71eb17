"""The commands around a job: try a model before it, lead it step by step, keep a checkpoint, change a setting."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

FINE = 0


def add_to(command: Callable[..., Any]) -> None:
    """Declare sanity, lrfind, devices, step, forward, backward, update, keep, set and branch."""
    command("sanity", _sanity, "see whether a model is wired to learn, before it is trained", "file")
    command("lrfind", _lrfind, "find a good learning rate by raising it from step to step", "file")
    command("devices", _devices, "what can be trained on, with free memory")
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


def _sanity(options: Any) -> int:
    from netlab.document import file
    from netlab.engine.trials import sanity

    found = sanity(file.load(options.file))
    if options.json:
        print(json.dumps([asdict(finding) for finding in found], ensure_ascii=False))
    else:
        print("\n".join(f"{'fine ' if finding.fine else 'WRONG'}  {finding.message}" for finding in found))
    return FINE if all(finding.fine for finding in found) else 1


def _lrfind(options: Any) -> int:
    from netlab.document import file
    from netlab.engine.trials import find_rate

    trial = find_rate(file.load(options.file))
    print(json.dumps(asdict(trial), ensure_ascii=False) if options.json else trial.message)
    return FINE


def _devices(options: Any) -> int:
    from netlab.engine.device import found

    devices = found()
    if options.json:
        print(json.dumps([asdict(device) for device in devices], ensure_ascii=False))
    else:
        rows = (f"{d.device:6} {d.name}: {d.free / 1e9:.1f} of {d.total / 1e9:.1f} GB free" for d in devices)
        print("\n".join(rows))
    return FINE


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
    from netlab.document.training import Training
    from netlab.protocol import commands
    from netlab.runs.store import PROJECT, find_run

    name, _, text = options.assignment.partition("=")
    try:
        value = float(text)
    except ValueError:
        raise EditError(f"{options.assignment!r} is not NAME=NUMBER, for example learning_rate=0.001.") from None
    settings = {"learning_rate": commands.SetLearningRate, "weight_decay": commands.SetWeightDecay}
    if name in settings:
        return _tell(options.target, settings[name](Training.options()[name].check(value)))
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
    from netlab.runs.telling import tell

    tell(target, command)
    return FINE
