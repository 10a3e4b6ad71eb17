"""The engine process: ``python -m netlab.engine train RUN [--resume]``, ``sweep FOLDER``, ``partner`` of another
one, ``try`` for code to be run once, in a cell, ``draw`` for changed images, or ``wait`` for a job on standard input.

A waiting process has torch loaded and its first optimiser made, so that a run starts at once. It ends when standard
input closes without a job; once it has one it needs nobody.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from netlab.language import use_as_told


def main() -> int:
    """Run one job; 0 if it finished or was stopped."""
    parser = argparse.ArgumentParser(prog="netlab.engine")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train")
    train.add_argument("folder", type=Path)
    train.add_argument("--resume", action="store_true")
    train.add_argument("--ticket", type=int, help="wait for a place; when it was asked for, in nanoseconds")
    partner = commands.add_parser("partner")
    partner.add_argument("folder", type=Path)
    partner.add_argument("--rank", type=int)
    partner.add_argument("--size", type=int)
    partner.add_argument("--meeting", type=Path)
    partner.add_argument("--resume", action="store_true")
    recover = commands.add_parser("recover")
    recover.add_argument("folder", type=Path)
    recover.add_argument("--step", type=int)
    sweep = commands.add_parser("sweep")
    sweep.add_argument("folder", type=Path)
    mirror = commands.add_parser("mirror")
    mirror.add_argument("folder", type=Path)
    commands.add_parser("wait")
    commands.add_parser("try")
    commands.add_parser("draw")
    commands.add_parser("preview")
    options = parser.parse_args()
    use_as_told()
    if options.command == "partner":
        return _be_partner(options)
    if options.command == "mirror":
        return _on_its_own(lambda: _mirror(options.folder))
    if options.command == "sweep":
        return drive(options.folder)
    if options.command == "try":
        from netlab.engine.trial import main as try_code

        return try_code()
    if options.command == "draw":
        from netlab.engine.samples import main as draw

        return draw()
    if options.command == "preview":
        from netlab.engine.preview import main as show_samples

        return show_samples()
    if options.command == "wait":
        warm_up()
        line = sys.stdin.readline()
        if not line.strip():
            return 0
        job = json.loads(line)
        return work(Path(job["run"]), bool(job.get("resume", False)))
    if options.command == "recover":
        return work(options.folder, resume=True, broken=options.step)
    return work(options.folder, options.resume, options.ticket)


def warm_up() -> None:
    """Load what the first step would wait for: a small model is made and learns once, which brings nearly all of it."""
    import torch

    import netlab.engine.train  # noqa: F401 - loaded for later
    from netlab.compiler.builder import Graph
    from netlab.engine.build import build
    from netlab.probes.probe import catalogue

    catalogue()
    g = Graph()
    maps = g.add("relu", g.add("conv2d", g.add("input", field="image"), out_channels=8, kernel_size=3))
    scores = g.add("linear", g.add("flatten", g.add("max_pool2d", maps)), out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    built = build(g.project("", "digits"))
    batch = {"image": torch.zeros(8, 1, 8, 8), "label": torch.zeros(8, dtype=torch.int64)}
    built.model(**batch)[1]["loss"].backward()
    torch.optim.Adam(built.model.parameters(), fused=True).step()


def work(folder: Path, resume: bool, ticket: int | None = None, broken: int | None = None) -> int:
    """Train, once it is this run's turn, with faults of the interpreter written into the run folder.

    `broken` is the step at which an earlier process lost its GPU.
    """
    from netlab.engine.queueing import turn

    if not folder.is_dir():
        print(f"There is no run in {folder}. Run netlab runs for a list.", file=sys.stderr)
        return 1
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a closed terminal or window does not end a run
    with open(folder / "engine.log", "a", buffering=1, encoding="utf-8") as log:
        _redirect(log)
        try:
            with turn(folder, ticket, resume) as goes_ahead:
                status = _train(folder, resume, broken) if goes_ahead else {"state": "stopped"}
        except ValueError as error:  # another engine has the run, or its folder cannot be written
            print(error)
            status = {}
        faulthandler.disable()
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    return 0 if status.get("state") in ("finished", "stopped") else 1


def drive(folder: Path) -> int:
    """Drive a sweep, which needs no torch in this process."""
    from netlab.engine.sweep import run_sweep

    return _on_its_own(lambda: run_sweep(folder)["state"])


def _mirror(folder: Path) -> str:
    from netlab.runs.remote import mirror

    return mirror(folder)


def _on_its_own(job: Callable[[], str]) -> int:
    """Do a job that goes on when the terminal or window is closed, and returns its final state."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        return 0 if job() in ("finished", "stopped") else 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1


def _train(folder: Path, resume: bool, broken: int | None) -> dict[str, str]:
    """Load torch only now: whoever waits for a turn needs none of its memory."""
    from netlab.engine import recovery
    from netlab.engine.process import be_modest
    from netlab.engine.together import train

    be_modest()
    status = train(folder, resume=resume) if broken is None else recovery.recover(folder, broken)
    if status.get("broken"):
        recovery.hand_over(folder, int(status["broken"]))
    return status


def _be_partner(options: argparse.Namespace) -> int:
    """One of the processes of a run that another leads."""
    from netlab.engine.distributed import joined
    from netlab.engine.process import be_modest
    from netlab.engine.train import run_job

    be_modest()
    with joined(options.rank, options.size, options.meeting) as team:
        run_job(options.folder, resume=options.resume, team=team)
    return 0


def _redirect(log: TextIO) -> None:
    """Send everything said to the log, also what libraries print below Python."""
    faulthandler.enable(log)
    for number in (1, 2):
        os.dup2(log.fileno(), number)
    sys.stdout = sys.stderr = log


if __name__ == "__main__":
    sys.exit(main())
