"""What people read, in their language.

The program is written in English: ``tr("Open…")`` says a text in the language in use, and
``tr("{count:,} steps", count=n)`` fills in what differs. A text that stands where no language is known yet, such as in
a table of a module, is marked by ``mark("Open…")`` and said by ``tr`` where it is shown. What layers, options, probes
and data sources declare needs no mark: it is shown through ``tr``.

Projects that NetLab brings along are English in their files, whatever the language is; `tr_project` says their titles
and descriptions where they are shown.

A language is a folder of files ``{"English": "translation"}``, one for each room, in ``resources/translations`` or in a
folder of the user's own. It calls itself by what it says for ``"English"``. Plain JSON rather than gettext: nothing has
to be compiled before a clone can run. This module imports only the standard library.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

ENGLISH = "en"
LANGUAGE, FOLDERS = "NETLAB_LANG", "NETLAB_TRANSLATIONS"
FOLDER = Path(__file__).parent / "resources" / "translations"
PROJECTS = "projects"  # the room of what is said by projects that NetLab brings along

_in_use = ENGLISH
_texts: Mapping[str, str] = {}
_projects: Mapping[str, str] = {}


def tr(text: str, /, **values: object) -> str:
    """A text in the language in use, with the values in its braces, formatted as `str.format` does.

    What the language has no words for is said in English, and so is a translation that does not fit its values.
    """
    said = _texts.get(text) or text
    if not values:
        return said
    try:
        return said.format(**values)
    except (LookupError, ValueError, AttributeError):
        return text.format(**values)


def tr_project(text: str) -> str:
    """A title or description of a project: one that NetLab brings along in the language in use, any other as it is."""
    return _projects.get(text) or text


def listing(words: Iterable[str]) -> str:
    """Several words or names as a language lists them, with commas in English."""
    told = ""
    for word in words:
        told = tr("{list}, {item}", list=told, item=word) if told else word
    return told


def mark(text: str) -> str:
    """The text itself; `tr` says it later."""
    return text


def paragraphs(kind: type) -> list[str]:
    """The paragraphs of the docstring of a class, each in one line: the pieces in which `tr` says it."""
    return [" ".join(part.split()) for part in (kind.__doc__ or "").split("\n\n")]


def sentences(*said: str) -> str:
    """Sentences behind one another, with a space between; behind a full-width stop there is none."""
    text = ""
    for sentence in filter(None, said):
        text += sentence if text.endswith(("。", "？", "！", "：")) or not text else f" {sentence}"
    return text


def language() -> str:
    """The code of the language in use, e.g. ``zh_CN``."""
    return _in_use


def languages(*folders: Path) -> dict[str, str]:
    """The languages there are: their names for themselves, by code. English is always there, and first."""
    found = {ENGLISH: "English"}
    for folder in (FOLDER, *folders):
        for path in sorted(folder.glob("*/app.json")):
            found[path.parent.name] = _read([path]).get("English") or path.parent.name
    return found


def use(code: str, *folders: Path) -> None:
    """Say everything in this language from now on; what is on a screen already does not change.

    Args:
        code: one of `languages`; one that is not there is English.
        folders: where to look beside the program's own translations; what stands there wins.
    """
    global _in_use, _texts, _projects
    files = [path for folder in (FOLDER, *folders) for path in sorted((folder / code).glob("*.json"))]
    _in_use, _texts = (code, _read(files)) if files else (ENGLISH, {})
    _projects = _read(path for path in files if path.stem == PROJECTS)


def hand_on(*folders: Path) -> None:
    """Let the processes that are started from here speak the language in use, with what stands in these folders."""
    os.environ[LANGUAGE] = _in_use
    os.environ[FOLDERS] = os.pathsep.join(map(str, folders))


def use_as_told() -> None:
    """Use the language that ``NETLAB_LANG`` names, or English: what a process does that has no window.

    ``NETLAB_TRANSLATIONS`` names folders of the user's own languages.
    """
    folders = [Path(name) for name in os.environ.get(FOLDERS, "").split(os.pathsep) if name]
    use(os.environ.get(LANGUAGE) or ENGLISH, *folders)


def nearest(wanted: Iterable[str], known: Iterable[str]) -> str:
    """The first of the languages somebody understands that is known, e.g. ``zh_CN`` for ``zh-Hans-CN``; or English."""
    codes = list(known)
    for code in wanted:
        parts = code.replace("-", "_").split("_")
        if parts[0] == ENGLISH:
            break
        for found in (code.replace("-", "_"), f"{parts[0]}_{parts[-1]}", parts[0]):
            if found in codes:
                return found
    return ENGLISH


def _read(paths: Iterable[Path]) -> dict[str, str]:
    """All texts of these files; one that is damaged costs its own texts only."""
    found: dict[str, str] = {}
    for path in paths:
        try:
            texts = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(texts, dict):
            found |= {key: said for key, said in texts.items() if isinstance(said, str)}
    return found
