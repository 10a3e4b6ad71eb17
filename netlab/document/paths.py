"""Settings by path, as ``--set`` and sweeps name them: ``training.seed=3``, ``data.noise=0.1``, ``fc1.bias=false``."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import Any

from netlab.document import edits
from netlab.document.graph import Node
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.language import sentences, tr


def set_by_path(project: Project, assignment: str) -> Project:
    """The project with one value set; the value is read as JSON, and as plain text where it is none.

    Raises:
        EditError: the path leads nowhere, or the assignment has no ``=``.
        OptionError: a training value outside its limits.
    """
    path, equals, text = assignment.partition("=")
    place, dot, name = path.strip().rpartition(".")
    if not equals or not dot:
        raise edits.EditError(
            tr(
                "{assignment!r} is not PATH=VALUE, for example training.epochs=5 or fc1.out_features=64.",
                assignment=assignment,
            )
        )
    value = _value(text.strip())
    if place == "training":
        options = Training.options()
        if name not in options:
            raise edits.EditError(
                tr("Training has no setting {name!r}; it has: {options}.", name=name, options=", ".join(options))
            )
        return edits.set_training(project, name, options[name].check(value))
    if place == "data":
        return edits.set_data_option(project, name, value)
    node = find_node(project, place)
    if name not in project.graph.nodes[node].options:
        known = ", ".join(project.graph.nodes[node].options) or tr("none")
        raise edits.EditError(
            tr("Node {place!r} has no option {name!r}; it has: {known}.", place=place, name=name, known=known)
        )
    return edits.set_option(project, node, name, value)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def find_node(project: Project, place: str) -> str:
    """The id of a node, given as that or as its name; `EditError` with what is near if there is none."""
    if place in project.graph.nodes:
        return place
    named = [node.id for node in project.graph.nodes.values() if node.name == place]
    if len(named) == 1:
        return named[0]
    names = [*project.graph.nodes, *[node.name for node in project.graph.nodes.values() if node.name]]
    near = get_close_matches(place, ["training", "data", *names], 3)
    told = (
        tr("Several nodes are called {name!r}; use training, data, or a node's id or name.", name=place)
        if named
        else tr("No node is called {name!r}; use training, data, or a node's id or name.", name=place)
    )
    hint = tr("Near it: {names}.", names=", ".join(near)) if near else ""
    raise edits.EditError(sentences(told, hint))


def place_of(project: Project, node: Node) -> str:
    """What paths call a node: its name, or its id where the name is not its own."""
    same = [other for other in project.graph.nodes.values() if other.name == node.name]
    taken = node.name in ("training", "data") or node.name in project.graph.nodes
    return node.name if node.name and len(same) == 1 and "." not in node.name and not taken else node.id


def settings(project: Project) -> dict[str, Any]:
    """Every setting by the path that `set_by_path` takes; a node without a name of its own goes by its id.

    What was found in a file of data is no setting, and is left out.
    """
    found = {f"training.{name}": value for name, value in project.training.items()}
    found |= {"data.source": project.data.source}
    found |= {f"data.{name}": value for name, value in project.data.options.items() if not isinstance(value, dict)}
    for node in project.graph.nodes.values():
        place = place_of(project, node)
        found |= {f"{place}.{name}": value for name, value in node.options.items()}
    return found
