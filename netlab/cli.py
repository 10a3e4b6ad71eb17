"""The command line. Everything heavy is imported inside the functions, so that each command starts at once."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FINE, PROBLEM = 0, 1
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 fine, 1 a problem with project or data, 2 a wrong command line, 130 ended by Ctrl+C."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    from netlab.language import use_as_told

    commands = _parser()
    known = commands.commands  # type: ignore[attr-defined]
    if not arguments or (arguments[0] not in known and not arguments[0].startswith("-")):
        arguments.insert(0, "window")
    options = commands.parse_args(arguments)
    use_as_told()
    try:
        return options.run(options) or FINE
    except BrokenPipeError:  # the reader of our output has gone; nothing is wrong with the project
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:  # where it costs nothing but the command itself; a job ends softly
        return INTERRUPTED
    except (ValueError, OSError) as error:
        return _report(error, bool(getattr(options, "json", False)))


def _report(error: Exception, as_json: bool) -> int:
    """Say an error a user can cause; anything that is not one of ours is a bug and goes on as it is."""
    if type(error) is ValueError:
        raise error
    import msgspec

    from netlab.protocol.fault import Fault

    problems = getattr(error, "problems", None)
    if problems is not None:
        told = [problem.as_json() for problem in problems]
    else:
        told = [
            {
                "code": getattr(error, "code", type(error).__name__),
                "where": str(getattr(error, "where", "")),
                "message": getattr(error, "message", "") or str(error),
                "fix": getattr(error, "fix", ""),
            }
        ]
    for problem in told:
        words = json.dumps(problem, ensure_ascii=False) if as_json else msgspec.convert(problem, Fault).sentence
        print(words, file=sys.stderr)
    if as_json:
        print(json.dumps(told[0], ensure_ascii=False))
    return PROBLEM


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="netlab", description="Build, train and look into neural networks.")
    from netlab import __version__, control, datasets, fleet, imports, machines, models

    parser.add_argument("--version", action="version", version=f"netlab {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    parser.commands = commands.choices  # type: ignore[attr-defined]

    def command(name: str, run: Callable[[Any], int | None], help: str, *places: str, json: bool = True) -> Any:
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(run=run)
        for place in places:
            sub.add_argument(place)
        if json:
            sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    window = command("window", _window, "open the window (the default)", json=False)
    window.add_argument("file", nargs="?")
    window.add_argument("--theme", choices=["light", "dark"])
    command("new", _new, "write a project from a template", "template", "file")
    command("templates", _templates, "list the templates")
    command("layers", _layers, "list the layers with ports and options")
    datasets.add_to(command)
    command("check", _check, "shapes, weights and problems of a project", "file")
    code = command("code", _code, "the PyTorch source that training executes", "file")
    code.add_argument("-o", "--output", metavar="MODEL.PY")
    code.add_argument("--standalone", action="store_true", help="one file that needs only torch")
    _train_arguments(command("train", _train, "train a project"))
    for name in ("pause", "resume", "stop"):
        command(name, _command, f"{name} a running job or sweep", "target").set_defaults(command=name)
    evaluate = command("evaluate", _evaluate, "metrics of a run on one split of its data", "target")
    evaluate.add_argument("--split", choices=["train", "val", "test"], default="test")
    models.add_to(command)
    imports.add_to(command)
    fleet.add_to(command)
    machines.add_to(command)
    control.add_to(command)
    shot = command("shot", _shot, "a picture of the window", "file")
    shot.add_argument("-o", "--output", required=True, metavar="PNG")
    shot.add_argument("--size", default="1440x900", metavar="WxH")
    shot.add_argument("--theme", choices=["light", "dark"], default="light")
    shot.add_argument("--lang", choices=["en", "zh_CN"], default="en")
    shot.add_argument("--view", metavar="NAME")
    shot.add_argument("--run", dest="run_folder", metavar="RUN", type=Path)
    bench = command("bench", _bench, "measure, always against a peer or a target")
    bench.add_argument(
        "names", nargs="*", choices=["compile", "code", "startup", "canvas", "views", "data", "train", "costs", []]
    )
    tour = command("tour", _tour, "open, train and photograph a project without a display", "file", json=False)
    tour.add_argument("--out", type=Path, default=Path("build/tour"))
    tour.add_argument("--seconds", type=float, default=40.0)
    return parser


def _device(text: str) -> str:
    from netlab.document.training import Training
    from netlab.options import OptionError

    try:
        return Training.options()["device"].check(text)
    except OptionError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _train_arguments(train: argparse.ArgumentParser) -> None:
    train.add_argument("file", nargs="?")
    length = train.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=int)
    length.add_argument("--steps", type=int)
    train.add_argument("--device", type=_device, metavar="auto|cpu|cuda|cuda:N|mps")
    train.add_argument("--seed", type=int)
    train.add_argument("--run", dest="run_folder", type=Path, help="folder of the run, new")
    train.add_argument("--resume", type=Path, help="folder of a run to go on with")
    train.add_argument("--track", action="append", default=[], metavar="NAME", help="let a tracker hear of the run")
    train.add_argument("--micro-batches", type=int, metavar="N", help="with --resume: each batch in N parts")
    train.add_argument("--queue", action="store_true", help="wait until one of the places is free (netlab places)")
    train.add_argument("--set", dest="sets", action="append", default=[], metavar="PATH=VALUE")


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _window(options: Any) -> int:
    from netlab.app.start import main as start

    return start(options.file, theme=options.theme)


def _new(options: Any) -> int:
    from netlab.document import examples, file

    known = examples.examples()
    if options.template not in known:
        message = f"There is no template {options.template!r}. There are: {', '.join(known)}."
        raise file.FileError("unknown_template", options.template, message, "Run netlab templates for the list.")
    target = Path(options.file)
    if target.exists():
        message = f"{target} is already there, and nothing was overwritten."
        raise file.FileError("exists", str(target), message, "Choose another name.")
    file.save(file.load(known[options.template]), target)
    print(target)
    return FINE


def _templates(options: Any) -> int:
    from netlab.data.dataset import source_of
    from netlab.document import examples, file
    from netlab.language import tr_project

    rows = []
    for key, path in examples.examples().items():
        project = file.load(path)
        task = source_of(project.data.source, project.data.options).task
        rows.append({"id": key, "title": project.title, "task": task, "shows": project.about})
    told = (f"{row['id']:12} {tr_project(row['title'])}: {tr_project(row['shows'])}" for row in rows)
    _print(rows) if options.json else print("\n".join(told))
    return FINE


def _layers(options: Any) -> int:
    from netlab.language import tr
    from netlab.layers.help import description, example
    from netlab.layers.layer import catalogue

    rows = [
        {
            "type": key,
            "title": layer.title(),
            "category": layer.category,
            "summary": layer.summary(),
            "help": description(layer),
            "example": example(layer),
            "torch": layer.torch_name,
            "paper": layer.paper,
            "onnx": layer.no_onnx or True,
            "inputs": [{"name": p.name, "optional": p.optional, "help": p.help} for p in layer.inputs().values()],
            "outputs": [{"name": p.name, "help": p.help} for p in layer.outputs().values()],
            "options": [option.describe() for option in layer.options().values()],
        }
        for key, layer in catalogue().items()
    ]
    _print(rows) if options.json else print("\n".join(f"{r['type']:22} {tr(r['summary'])}" for r in rows))
    return FINE


def _check(options: Any) -> int:
    from netlab.compiler.check import check
    from netlab.compiler.report import report
    from netlab.document import file

    project = file.load(options.file)
    inferred = check(project)
    if options.json:
        _print(report(project, inferred))
    else:
        from netlab.compiler.report import table

        print(table(project, inferred))
    for problem in inferred.problems:
        if not options.json:
            print(f"{problem.severity}: {problem.message}", file=sys.stderr)
    return PROBLEM if inferred.blocking else FINE


def _code(options: Any) -> int:
    from netlab.compiler.check import check
    from netlab.compiler.source import generate
    from netlab.compiler.standalone import standalone
    from netlab.document import file

    project = file.load(options.file)
    inferred = check(project)
    text = standalone(project, inferred) if options.standalone else generate(project, inferred).text
    if options.output:
        file.write_atomically(Path(options.output), text.encode())
    else:
        print(text, end="")
    return FINE


def _train(options: Any) -> int:
    from netlab.engine.command import train

    if (options.file is None) == (options.resume is None):
        print("netlab train: give either a project FILE or --resume RUN", file=sys.stderr)
        return 2
    return train(options)


def _command(options: Any) -> int:
    from netlab.protocol import commands
    from netlab.runs.telling import tell

    words = {"pause": commands.Pause, "resume": commands.Resume, "stop": commands.Stop}
    tell(options.target, words[options.command]())
    return FINE


def _evaluate(options: Any) -> int:
    from netlab.engine.evaluate import evaluate
    from netlab.runs.store import find_run

    found = evaluate(find_run(options.target), options.split)
    if options.json:
        told: dict[str, Any] = {"run": options.target, "split": options.split, "metrics": found.metrics}
        print(json.dumps(told | ({"confusion": found.confusion} if found.confusion else {})))
    else:
        print("\n".join(f"{options.split}/{name} {value:.4f}" for name, value in found.metrics.items()))
    return FINE


def _shot(options: Any) -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from netlab.app.shot import shot
    from netlab.app.start import quiet_platform

    quiet_platform()
    width, _, height = options.size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        print(f"netlab shot: --size {options.size!r} is not WxH, e.g. 1440x900", file=sys.stderr)
        return 2
    size = (int(width), int(height))
    shot(
        options.file,
        options.output,
        size=size,
        theme=options.theme,
        lang=options.lang,
        view=options.view,
        run=options.run_folder,
    )
    return FINE


def _bench(options: Any) -> int:
    from netlab.bench import run

    return run(options.names or [], options.json)


def _tour(options: Any) -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from netlab.app.start import quiet_platform
    from netlab.app.tour import tour

    quiet_platform()
    return tour(options.file, options.out, seconds=options.seconds)
