"""The commands for many runs and many machines. Heavy imports stand inside the functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

FINE = 0


def add_to(command: Callable[..., Any]) -> None:
    """Declare runs, note, delete, restore, places and export-log."""
    runs = command("runs", _runs, "list the runs in a folder, or compare the runs that are named")
    runs.add_argument("places", nargs="*", type=Path, metavar="DIR|RUN")
    runs.add_argument("--trash", action="store_true", help="list what was deleted")
    note = command("note", _note, "give a run a name or a note", "target", json=False)
    note.add_argument("--name")
    note.add_argument("--note")
    delete = command("delete", _delete, "move runs to the trash beside them", json=False)
    delete.add_argument("targets", nargs="+", metavar="RUN")
    command("restore", _restore, "bring a run back from the trash", "target", json=False)
    places = command("places", _places, "how many queued runs may train at once", json=False)
    places.add_argument("count", nargs="?", type=int)
    export = command("export-log", _export_log, "write the metrics of a run for other programs", "target", json=False)
    export.add_argument("out", type=Path)
    export.add_argument("--to", required=True, choices=["csv", "tensorboard"])


def _runs(options: Any) -> int:
    from netlab.runs.compare import compare
    from netlab.runs.store import PROJECT, default_root, find_run, list_runs
    from netlab.runs.trash import deleted

    given = options.places or [default_root()]
    if options.trash:
        rows = [{"path": str(path), "name": path.name} for root in given for path in deleted(root)]
        print(json.dumps(rows, indent=2) if options.json else "\n".join(row["path"] for row in rows))
        return FINE
    if len(given) > 1 or (given[0] / PROJECT).is_file():
        wanted = {find_run(place).resolve() for place in given}
        infos = [info for root in {path.parent for path in wanted} for info in list_runs(root)]
        infos = [info for info in infos if info.path.resolve() in wanted]
    else:
        infos = list_runs(given[0])
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
    return "  ".join([*shown, *(f"{path}={value}" for path, value in settings.items())])


def _print_graphs(folders: list[Path]) -> None:
    from netlab.runs.compare import graph_differences, project_of

    base = project_of(folders[-1])
    for folder in folders[:-1]:
        other = project_of(folder)
        told = graph_differences(base, other) if base is not None and other is not None else []
        if told:
            print(f"\nThe graph of {folder.name} beside that of {folders[-1].name}:")
            print("\n".join(f"  {line}" for line in told))


def _note(options: Any) -> int:
    from netlab.runs.about import describe
    from netlab.runs.store import find_run

    said = describe(find_run(options.target), options.name, options.note)
    print("\n".join(part for part in (said.name, said.note) if part))
    return FINE


def _delete(options: Any) -> int:
    from netlab.runs.store import find_run
    from netlab.runs.trash import delete

    for target in options.targets:
        print(delete(find_run(target)))
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
