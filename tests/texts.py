"""All texts that people read, and the files of their translations: ``python3 dev.py texts [LANGUAGE…]``.

For each language the command writes the files anew: a text that is missing gets an empty translation, to be filled in,
and one that the program no longer says goes. A text that several rooms say stands in the first of them.
"""

from __future__ import annotations

import ast
import json
import re
import string
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from netlab import language
from netlab.catalogue import discover
from netlab.language import paragraphs
from netlab.options import Options

PACKAGE = Path(language.__file__).parent
SAYING = ("tr", "mark")


def marked() -> Iterator[tuple[str, str]]:
    """Room and text of every ``tr("…")`` and ``mark("…")``."""
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING and node.args:
                first = node.args[0]
                if isinstance(first, ast.JoinedStr):
                    raise ValueError(f"{path}:{node.lineno}: an f-string has no translation; name its values")
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield room, first.value


def declared() -> Iterator[tuple[str, str]]:
    """Room and text of what classes declare: titles, categories, help, labels, units.

    What can be chosen stays as it is: these are words of the field and of the code, such as ``adam`` and ``relu``.
    """
    import netlab.app.preferences
    import netlab.data.draws
    import netlab.document.training  # noqa: F401 - they declare options
    from netlab.app.actions import ACTIONS
    from netlab.app.purposes import PURPOSES
    from netlab.compiler.flows import KINDS
    from netlab.data.dataset import Source
    from netlab.data.task import TASKS
    from netlab.document.examples import folder, said_by
    from netlab.document.project import Project
    from netlab.layers.layer import Layer
    from netlab.probes.probe import Probe

    for layer in discover("netlab.layers", Layer).values():
        told = layer.title(), layer.category, ", ".join(layer.aliases), *paragraphs(layer), layer.no_onnx
        yield from (("layers", text) for text in told)
        yield from (("layers", port.help) for port in (*layer.inputs().values(), *layer.outputs().values()))
    for kind in discover("netlab.data.sources", Source).values():
        yield from (("data", text) for text in (kind.title, kind.about, kind.licence, kind.origin, *paragraphs(kind)))
    yield from (("data", text) for task in TASKS.values() for text in (task.title, task.asks))
    for kind in discover("netlab.probes", Probe).values():
        yield from (("probes", text) for text in (kind.title, *paragraphs(kind)))
    yield from (("app", text) for action in ACTIONS for text in (action.text, action.menu, action.help))
    yield from (("app", text) for text in (*PURPOSES, *KINDS))
    yield language.PROJECTS, Project().title
    for path in folder().rglob("*.netlab"):
        yield from ((language.PROJECTS, text) for text in (said_by(path).title, said_by(path).about))
    for options in every(Options):
        for option in options.options().values():
            yield from ((room_of(options), text) for text in (option.label, option.help, option.unit))


def room_of(kind: type) -> str:
    """The room a class lives in."""
    return kind.__module__.split(".")[1]


def every(base: type[Options]) -> Iterator[type[Options]]:
    """A class of the program and all below it that have been imported."""
    for kind in base.__subclasses__():
        home = sys.modules[kind.__module__]
        if kind.__module__.startswith("netlab.") and getattr(home, kind.__name__, None) is kind:  # none made of a block
            yield kind
        yield from every(kind)


@cache
def texts() -> dict[str, set[str]]:
    """What each room says; a text stands in one room only, and those of projects in theirs."""
    found: dict[str, set[str]] = {"app": {"English"}}
    for room, text in sorted([*marked(), *declared()], key=lambda said: (said[0] != language.PROJECTS, said)):
        if re.search(r"[^\W\d_]", text) and not any(text in others for others in found.values()):
            found.setdefault(room, set()).add(text)
    return found


def translations(code: str) -> dict[str, dict[str, str]]:
    """What a language says, by room."""
    files = sorted((language.FOLDER / code).glob("*.json"))
    return {path.stem: json.loads(path.read_text("utf-8")) for path in files}


def places(text: str) -> set[str]:
    """The names in the braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


class Bracketed(dict[str, str]):
    """Says ⟦every text⟧, but leaves outside what is filled into it: that has to be said for itself.

    Attributes:
        asked: what it was asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, text: str, default: Any = None) -> str:
        self.asked.add(text)
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError:
            return f"⟦{text}⟧"
        if all(name is None for _, name, _, _ in parts):
            return f"⟦{text}⟧"
        told = ""
        for words, name, kind, conversion in parts:
            braces = words.replace("{", "{{").replace("}", "}}")
            told += f"⟦{braces}⟧" if braces else ""
            if name is not None:
                told += "{" + name + (f"!{conversion}" if conversion else "") + (f":{kind}" if kind else "") + "}"
        return told


def outside(text: str) -> str:
    """What stands outside of all brackets; one that was cut off counts to the end."""
    depth, left = 0, ""
    for letter in text:
        depth += (letter == "⟦") - (letter == "⟧")
        left += letter if not depth else " "
    return left.replace("⟧", " ")


def main(codes: list[str]) -> int:
    """Write the files of these languages anew, or of all; say what has to be translated."""
    said = texts()
    for code in codes or [code for code in language.languages() if code != language.ENGLISH]:
        old = translations(code)
        known = {text: word for words in old.values() for text, word in words.items() if word}
        missing = 0
        for room in sorted({*said, *old}):
            words = {text: known.get(text, "") for text in sorted(said.get(room, ()))}
            path = language.FOLDER / code / f"{room}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(words, ensure_ascii=False, indent=1) + "\n", "utf-8")
            missing += sum(not word for word in words.values())
            if not words:
                path.unlink()
        print(f"{code}: {sum(map(len, said.values()))} texts, {missing} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
