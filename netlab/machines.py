"""The commands for other machines. Heavy imports stand inside the functions."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FINE, PROBLEM = 0, 1


def add_to(command: Callable[..., Any]) -> None:
    """Declare remote, mirror, slurm, and what the other machine answers with: accept and feed."""
    remote = command("remote", _remote, "train on another machine, and mirror the run here", "host", "file", json=False)
    remote.add_argument("--netlab", default="netlab", metavar="COMMAND", help="NetLab on the other machine")
    remote.add_argument("--there", default="runs", metavar="DIR", help="folder of runs on the other machine")
    remote.add_argument("--steps", type=int)
    command("mirror", _mirror, "go on mirroring a run of another machine", "target", json=False)
    accept = command("accept", _accept, "start a run for another machine, once", "name", json=False)
    accept.add_argument("--runs", type=Path, default=Path("runs"))
    accept.add_argument("--steps", type=int)
    command("feed", _feed, "send a run to another machine over the standard pipes", "folder", json=False)
    _slurm_arguments(command("slurm", _slurm, "write a batch script for SLURM", "file", json=False))


def _slurm_arguments(slurm: argparse.ArgumentParser) -> None:
    slurm.add_argument("-o", "--output", type=Path, metavar="JOB.SH")
    slurm.add_argument("--run", dest="run_folder", default="", help="folder of the run")
    slurm.add_argument("--nodes", type=int, default=1)
    slurm.add_argument("--gpus", type=int, default=1, help="of each node")
    slurm.add_argument("--cpus", type=int, default=8, help="of each node")
    slurm.add_argument("--time", default="24:00:00")
    slurm.add_argument("--partition", default="")
    slurm.add_argument("--set", dest="sets", action="append", default=[], metavar="PATH=VALUE")


def _remote(options: Any) -> int:
    from netlab.document import file
    from netlab.runs.remote import create
    from netlab.runs.store import default_root

    project = file.encode(file.load(options.file))
    folder = create(
        project, options.host, default_root(), netlab=options.netlab, there=options.there, steps=options.steps
    )
    print(folder, flush=True)
    return _keep(folder)


def _mirror(options: Any) -> int:
    from netlab.runs.store import find_run

    return _keep(find_run(options.target))


def _keep(folder: Path) -> int:
    from netlab.runs.remote import mirror

    state = mirror(folder)
    print(state)
    return FINE if state in ("finished", "stopped") else PROBLEM


def _accept(options: Any) -> int:
    from netlab.document import file
    from netlab.runs.remote import accept

    project = file.encode(file.parse(sys.stdin.buffer.read()))
    print(json.dumps({"run": str(accept(options.name, options.runs, project, options.steps).resolve())}))
    return FINE


def _feed(options: Any) -> int:
    from netlab.runs.mirror import feed
    from netlab.runs.store import find_run

    feed(find_run(options.folder), sys.stdin.buffer, sys.stdout.buffer)
    return FINE


def _slurm(options: Any) -> int:
    from netlab.document import file
    from netlab.document.paths import set_by_path
    from netlab.runs.slurm import Wish, script

    project = file.load(options.file)
    for assignment in options.sets:
        set_by_path(project, assignment)  # said here rather than after hours in the queue
    wish = Wish(options.nodes, options.gpus, options.cpus, options.time, options.partition)
    more = [word for assignment in options.sets for word in ("--set", assignment)]
    run = options.run_folder or f"runs/{Path(options.file).stem}"
    text = script(project.title, str(Path(options.file).resolve()), run, wish, more)
    if options.output:
        file.write_atomically(options.output, text.encode())
    else:
        print(text, end="")
    return FINE
