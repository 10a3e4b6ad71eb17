"""Changes that would make things fit, which a click can apply."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.language import tr


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that would make things fit, which a click can apply.

    Attributes:
        label: what the button says, e.g. ``Insert Flatten``.
        action: ``set_option`` (name, value) and ``insert`` (layer type, put on the wire of port `port`) are for
            layers; `netlab.compiler.fixes.apply_fix` lists those that the compiler adds.
        values: the arguments of the action as plain data.
        node: id of the node to change, "" for the node that complained.
    """

    label: str
    action: str
    values: dict[str, object]
    node: str = ""


def set_option(name: str, value: object, shown: object = None) -> Fix:
    """Give an option another value; `shown` is how people read it, if not as it is."""
    label = tr("Set {name} to {value}", name=name, value=value if shown is None else shown)
    return Fix(label, "set_option", {"name": name, "value": value})


def insert(kind: str, title: str, **options: object) -> Fix:
    """Put a layer of type `kind` on the wire; `title` is what the palette calls it."""
    values: dict[str, object] = {"type": kind}
    return Fix(tr("Insert {layer}", layer=tr(title)), "insert", values | ({"options": options} if options else {}))


def insert_linear(width: int) -> Fix:
    """Put a Linear on the wire that makes the last axis so wide."""
    values: dict[str, object] = {"type": "linear", "options": {"out_features": width}}
    return Fix(tr("Insert Linear with {width} outputs", width=width), "insert", values)


def widen(port: str, width: int, label: str = "") -> Fix:
    """Give the layer that is wired to the port other outputs."""
    label = label or tr("Give the layer before {port} {width} outputs", port=port, width=width)
    return Fix(label, "set_option", {"name": "out_features", "value": width, "of": port})


def select_time() -> Fix:
    """Take one step of a sequence."""
    return insert("select_time", "Select over time")
