"""The commands for many runs and many machines. Heavy imports stand inside the functions."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FINE = 0
SETTINGS, WIDEST = 8, 40  # that differ, in one line of the list of runs, and characters of one


def add_to(command: Callable[..., Any]) -> None:
    """Declare runs, note, delete, again, restore, places, export-log and sweep."""
    runs = command("runs", _runs, "list the runs in a folder, or compare the runs that are named")
    runs.add_argument("places", nargs="*", type=Path, metavar="DIR|RUN")
    runs.add_argument("--trash", action="store_true", help="list what was deleted")
    note = command("note", _note, "give a run a name or a note", "target", json=False)
    note.add_argument("--name")
    note.add_argument("--note")
    delete = command("delete", _delete, "move runs or sweeps to the trash beside them", json=False)
    delete.add_argument("targets", nargs="+", metavar="RUN|SWEEP")
    again = command("again", _again, "train the project of a run once more, and say whether it gave the same numbers")
    again.add_argument("target", metavar="RUN")
    command("restore", _restore, "bring a run back from the trash", "target", json=False)
    places = command("places", _places, "how many queued runs may train at once", json=False)
    places.add_argument("count", nargs="?", type=int)
    export = command("export-log", _export_log, "write the metrics of a run for other programs", "target", json=False)
    export.add_argument("out", type=Path)
    export.add_argument("--to", required=True, choices=["csv", "tensorboard"])
    _sweep_arguments(command("sweep", _sweep, "train a project with many settings and find the best"))


def _sweep_arguments(sweep: argparse.ArgumentParser) -> None:
    sweep.add_argument("file", nargs="?", type=Path)
    sweep.add_argument("--set", dest="sets", action="append", nargs="+", default=[], metavar="PATH=VALUES",
                       help="what to vary: A,B,C or LOW..HIGH or LOW..HIGH/POINTS")  # fmt: skip
    sweep.add_argument("--method", choices=["grid", "random", "tpe"], help="grid for lists, else tpe or random")
    sweep.add_argument("--trials", type=int)
    sweep.add_argument("--jobs", type=int, default=1, help="trials at once")
    sweep.add_argument("--objective", default="", metavar="METRIC", help="val/loss unless told otherwise")
    sweep.add_argument("--prune", action="store_true", help="end hopeless trials early")
    sweep.add_argument("--steps", type=int, help="length of a trial")
    sweep.add_argument("--seed", type=int, default=0, help="of the draws")
    sweep.add_argument("--sweep", dest="folder", type=Path, help="folder of the sweep, new")
    sweep.add_argument("--resume", type=Path, help="folder of a sweep to take up again")


def _sweep(options: Any) -> int:
    from netlab.engine.sweep import run_sweep
    from netlab.runs import sweeps

    if (options.file is None) == (options.resume is None):
        print("netlab sweep: give either a project FILE or --resume SWEEP", file=sys.stderr)
        return 2
    folder = options.resume or _new_sweep(options)
    if not options.json:
        print(f"sweep {folder}", flush=True)
    with _stopping(folder):
        state = run_sweep(folder, lambda trial: print(_trial_line(trial, options.json), flush=True))["state"]
    best = sweeps.best(sweeps.trials(folder))
    if options.json:
        told = None if best is None else _trial_json(best)
        print(json.dumps({"sweep": str(folder), "state": state, "best": told}, ensure_ascii=False))
    elif best is not None:
        print(f"{state}; best: {_trial_line(best, False)}\n{best.folder}")
    return FINE if best is not None else 1


def _new_sweep(options: Any) -> Path:
    from netlab.document import file
    from netlab.runs import axes, sweeps
    from netlab.runs.store import default_root

    project = file.load(options.file)
    varied = [axes.axis(project, text) for texts in options.sets for text in texts]
    sweep = sweeps.plan(
        varied, options.method, options.trials, jobs=options.jobs, objective=options.objective, prune=options.prune,
        steps=options.steps, seed=options.seed,
    )  # fmt: skip
    place = options.folder
    root, name = (place.parent, place.name) if place else (default_root(), None)
    return sweeps.create(file.encode(project), sweep, root, name)


@contextmanager
def _stopping(folder: Path) -> Iterator[None]:
    """Ctrl+C ends the sweep softly: each trial keeps a checkpoint, and the sweep can be taken up again."""
    from netlab.protocol import commands

    before = signal.signal(signal.SIGINT, lambda *_: commands.append(folder, commands.Stop()))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _trial_json(trial: Any) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "values": trial.values,
        "state": trial.state,
        "step": trial.step,
        "objective": trial.objective,
        "best": _finite(trial.best),
        "run": str(trial.folder),
        "message": trial.message,
    }


def _trial_line(trial: Any, as_json: bool) -> str:
    if as_json:
        return json.dumps(_trial_json(trial), ensure_ascii=False)
    value = "–" if trial.best is None else f"{trial.best:.5g}"
    values = "  ".join(f"{path}={v:.4g}" if isinstance(v, float) else f"{path}={v}" for path, v in trial.values.items())
    return f"trial {trial.number:3}  {trial.state:9} {trial.objective} {value:10} {values}  {trial.message}".rstrip()


def _runs(options: Any) -> int:
    from netlab.runs.compare import compare
    from netlab.runs.store import PROJECT, default_root, find_run, list_runs
    from netlab.runs.trash import deleted

    given = options.places or [default_root()]
    if options.trash:
        rows = [{"path": str(path), "name": path.name} for root in given for path in deleted(root)]
        print(json.dumps(rows, indent=2) if options.json else "\n".join(row["path"] for row in rows))
        return FINE
    if len(given) == 1 and (given[0].is_dir() or not options.places) and not (given[0] / PROJECT).is_file():
        infos = list_runs(given[0])
    else:
        wanted = {find_run(place).resolve() for place in given}
        infos = [info for root in {path.parent for path in wanted} for info in list_runs(root)]
        infos = [info for info in infos if info.path.resolve() in wanted]
    compared = compare([info.path for info in infos])
    if options.json:
        rows = [i.as_json() | {"settings": c.settings, "final": c.final} for i, c in zip(infos, compared, strict=True)]
        print(json.dumps(_finite(rows), ensure_ascii=False, indent=2))
        return FINE
    for info, found in zip(infos, compared, strict=True):
        print(f"{info.title:24} {info.state:10} step {info.step:<8} {_row(found.final, found.settings)}".rstrip())
    if 2 <= len(infos) <= 8 and options.places:
        _print_graphs([info.path for info in infos])
    return FINE


def _finite(value: Any) -> Any:
    """The same without what JSON has no word for: a number that is none becomes null."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list) else value


def _row(final: dict[str, float], settings: dict[str, Any]) -> str:
    shown = [f"{name} {final[name]:.4g}" for name in sorted(final) if name.startswith("val/")]
    told = [f"{path}={str(value)[:WIDEST]}" for path, value in list(settings.items())[:SETTINGS]]
    left = len(settings) - SETTINGS
    return "  ".join([*shown, *told, *([f"and {left} more settings (--json tells all)"] if left > 0 else [])])


def _print_graphs(folders: list[Path]) -> None:
    from netlab.runs.compare import graph_differences, project_of

    base = project_of(folders[-1])
    for folder in folders[:-1]:
        other = project_of(folder)
        told = graph_differences(base, other) if base is not None and other is not None else []
        if told:
            print(f"\nThe graph of {folder.name} beside that of {folders[-1].name}:")
            print("\n".join(f"  {line}" for line in told))


def _again(options: Any) -> int:
    from netlab.engine.command import again

    return again(options)


def _note(options: Any) -> int:
    from netlab.runs.about import describe
    from netlab.runs.store import find_run

    said = describe(find_run(options.target), options.name, options.note)
    print("\n".join(part for part in (said.name, said.note) if part))
    return FINE


def _delete(options: Any) -> int:
    from netlab.runs.store import find_run
    from netlab.runs.sweeps import find_sweep
    from netlab.runs.trash import delete

    for target in options.targets:
        print(delete(find_sweep(target) or find_run(target)))
    return FINE


def _restore(options: Any) -> int:
    from netlab.runs.store import default_root
    from netlab.runs.trash import deleted, name_before, restore

    path = Path(options.target)
    named = [run for run in deleted(default_root()) if options.target in (run.name, name_before(run))]
    print(restore(named[0] if named and not path.is_dir() else path))
    return FINE


def _places(options: Any) -> int:
    from netlab.runs.queue import places, set_places
    from netlab.runs.store import default_root

    if options.count is not None:
        set_places(default_root(), options.count)
    print(places(default_root()))
    return FINE


def _export_log(options: Any) -> int:
    from netlab.runs.logs import export_log
    from netlab.runs.store import find_run

    count = export_log(find_run(options.target), options.to, options.out)
    print(f"{count} values in {options.out}")
    return FINE
