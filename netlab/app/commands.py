"""Everything that the command palette finds: actions, layers, nodes, settings, examples, recent files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from netlab.app import recent
from netlab.app.actions import ACTIONS
from netlab.app.form import called
from netlab.app.preferences import Preferences
from netlab.app.search import rank, search
from netlab.app.theme import CATEGORY, UNKNOWN_CATEGORY
from netlab.compiler.blocks import class_of
from netlab.document.examples import examples, said_by
from netlab.document.training import Training
from netlab.language import mark, tr, tr_project
from netlab.layers.layer import Layer

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

NODES = mark("Node")


@dataclass(frozen=True)
class Command:
    """One line of the palette.

    Attributes:
        kind: what sort of thing it is, in English, said at the right.
        title, help: what it is called, and a sentence.
        run: does it.
        words: other words it is found by.
        tint: colour of its spot.
        node: the node it leads to, "" for none.
        keys: the shortcut, "" for none.
    """

    kind: str
    title: str
    run: Callable[[], object]
    help: str = ""
    words: tuple[str, ...] = ()
    tint: str = ""
    node: str = ""
    keys: str = ""


def commands(window: MainWindow, text: str, kinds: frozenset[str] = frozenset()) -> list[Command]:
    """What matches all words of a text, best first; only of some `kinds`, if any are given."""
    words = text.lower().split()
    found = _best(chain.from_iterable(source(window) for source in SOURCES), words, kinds)
    layers = _layers(window, text) if words and not kinds else ()
    return [*found, *layers, *_best(_examples(window), words, kinds)]


def _best(known: Iterable[Command], words: list[str], kinds: frozenset[str]) -> list[Command]:
    found: list[tuple[float, int, Command]] = []
    for command in known:
        if not kinds or command.kind in kinds:
            score = rank(words, command.title, command.words, f"{command.kind} {tr(command.kind)} {command.help}")
            if score >= 0:
                found.append((-score, len(found), command))
    return [command for _, _, command in sorted(found, key=lambda row: row[:2])]


def _actions(window: MainWindow) -> Iterator[Command]:
    for record in ACTIONS:
        action = window.actions_[record.id]
        if action.isEnabled() and record.id != "commands":
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            words = (record.id, record.text)
            yield Command(record.menu, action.text().rstrip("…"), action.trigger, tr(record.help), words, keys=keys)


def _nodes(window: MainWindow) -> Iterator[Command]:
    graph = window.session.project.graph
    for node in graph.nodes.values():
        layer = class_of(graph, node)
        kind = tr(layer.title()) if layer is not None else node.type
        known = layer.options() if layer is not None else {}
        names = {name: called(known[name]) if name in known else name for name in node.options}
        values = "  ".join(f"{names[name].replace('_', ' ')} {value}" for name, value in node.options.items())
        place = f"{kind} {node.id}"
        if node.parent in graph.nodes:
            place = tr("{place} in {block}", place=place, block=graph.nodes[node.parent].name or tr("block"))
        yield Command(
            NODES, node.name or kind, lambda id=node.id: window.go_to(id), f"{place}.  {values}"[:200],
            (node.id, kind, node.type), _tint(layer), node.id,
        )  # fmt: skip


def _settings(window: MainWindow) -> Iterator[Command]:
    for name, option in Training.options().items():
        yield Command(
            mark("Training setting"),
            tr(option.label),
            lambda name=name: window.show_setting(name),
            tr(option.help),
            (name,),
        )
    for name, option in Preferences.options().items():
        yield Command(mark("Preference"), tr(option.label), window.show_preferences, tr(option.help), (name,))


def _examples(window: MainWindow) -> Iterator[Command]:
    for key, path in examples().items():
        said = said_by(path)
        yield Command(
            mark("Example"), tr_project(said.title), lambda path=path: window.open_example(path), tr_project(said.about),
            (key, said.title, said.about),
        )  # fmt: skip


def _files(window: MainWindow) -> Iterator[Command]:
    for path in recent.recent():
        yield Command(mark("Recent file"), path.name, lambda path=path: window.open_path(path), str(path))


def _layers(window: MainWindow, text: str) -> Iterator[Command]:
    """Layers come after actions, so that a word that is both finds the action first, and before examples."""
    for key, layer in search(text):
        add = lambda key=key: window.canvas.add_layer(key)  # noqa: E731 - bound to this key
        yield Command(mark("Add layer"), tr(layer.title()), add, tr(layer.summary()), (), _tint(layer))


def _tint(layer: type[Layer] | None) -> str:
    return CATEGORY.get(layer.category, UNKNOWN_CATEGORY) if layer is not None else UNKNOWN_CATEGORY


SOURCES = (_actions, _nodes, _settings, _files)
