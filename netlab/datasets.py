"""``netlab datasets``: list the data, look at a file, and give it to a project. Heavy imports stand inside."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

FINE, PROBLEM = 0, 1
SHOWN_FINDINGS = 20


def add_to(command: Callable[..., Any]) -> None:
    """Declare the command."""
    datasets: argparse.ArgumentParser = command(
        "datasets", run, "list the data sets that need no network, or look at a file"
    )
    datasets.add_argument("file", nargs="?", metavar="FILE", help="a file or folder to look at")
    datasets.add_argument("--source", metavar="KEY", help="how to read it, where the guess is wrong")
    datasets.add_argument("--set", dest="sets", action="append", default=[], metavar="NAME=VALUE")
    datasets.add_argument(
        "--hub", action="store_true", help="FILE is the name of a data set of the Hugging Face hub: fetch it"
    )
    datasets.add_argument("--config", default="", metavar="NAME", help="which form of it, where the hub has several")
    datasets.add_argument("--into", metavar="PROJECT", help="the project that shall train on it")


def run(options: Any) -> int:
    """List the data, or look at a file."""
    if options.file is None:
        return _list(options.json)
    return _look(options)


def _list(as_json: bool) -> int:
    from netlab.data.dataset import catalogue
    from netlab.language import tr

    rows = [source.describe() for source in catalogue().values()]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        print("\n".join(f"{r['key']:16} {tr(r['title'])}: {tr(r['about'])}" for r in rows))
    return FINE


def _look(options: Any) -> int:
    from netlab.data.dataset import DataError
    from netlab.data.findings import ERROR
    from netlab.data.look import guess, look

    place = options.file
    if options.hub:
        from netlab.data.hub import fetch
        from netlab.document.home import part_of_home

        place = fetch(options.file, part_of_home("hub"), options.config)
    source = guess(place, options.source)
    source, seen = look(source.with_options(**_values(options.sets)))
    if options.json:
        print(json.dumps(seen.as_json(), ensure_ascii=False, indent=2))
    else:
        print(_told(seen))
    blocked = [finding for finding in seen.findings if finding.severity == ERROR]
    if options.into and not blocked:
        _give(source, Path(options.into))
    if blocked and not options.json:
        raise DataError(" ".join(map(str, blocked)))
    return PROBLEM if blocked else FINE


def _values(sets: list[str]) -> dict[str, Any]:
    """Option values from NAME=VALUE, read as JSON where they are JSON."""
    from netlab.data.dataset import DataError

    values = {}
    for assignment in sets:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise DataError(f"{assignment!r} is not NAME=VALUE, for example target=species.")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text.split(",") if name in ("target", "features") else text
        if name in ("target", "features") and not isinstance(values[name], list):
            values[name] = [str(values[name])]
    return values


def _told(seen: Any) -> str:
    """What was seen, as lines of text."""
    from netlab.data.findings import summary

    lines = [f"{seen.title}: {seen.rows:,} rows for {seen.task.replace('_', ' ')}"]
    lines += [f"  {name:5} {count:,} rows" for name, count in seen.splits.items()]
    lines += [f"  field {f.name}: {f.kind} {f.shape or 'one number'}" for f in seen.fields]
    lines += [f"  column {c.name}: {c.kind}" + (f", {c.missing:,} missing" if c.missing else "") for c in seen.columns]
    lines += [f"  class {name}: {count:,}" for name, count in list(seen.classes.items())[:SHOWN_FINDINGS]]
    told = list(summary(seen.findings))
    lines += [f"! {sentence}" for sentence in told[:SHOWN_FINDINGS]]
    if len(told) > SHOWN_FINDINGS:
        lines.append(f"! and {len(told) - SHOWN_FINDINGS} more; --json lists all")
    return "\n".join(lines)


def _give(source: Any, path: Path) -> None:
    """Make a project train on a source."""
    from netlab.catalogue import key_of
    from netlab.document import edits, file
    from netlab.document.values import plain

    values = plain({**source.values, "path": str(source.place.resolve())})
    file.save(edits.set_data(file.load(path), key_of(type(source)), values), path)
