"""What a sweep varies: settings, each over a list of values or a range, read from words and judged by their options."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

from netlab.data.dataset import catalogue as sources
from netlab.document.paths import find_node, set_by_path
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.language import tr
from netlab.layers.layer import catalogue as layers
from netlab.options import Float, Int, Option

MOST_POINTS = 10_000


class SweepError(ValueError):
    """A sweep that cannot be made or found, as a sentence with the remedy."""


class Axis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One setting that is varied: over a list of values, or between two ends.

    Attributes:
        path: as ``--set`` names it, e.g. ``training.learning_rate``.
        values: the values to try; empty for a range.
        low, high: the ends of a range, both included.
        log: equal ratios are equally likely, rather than equal differences.
        whole: only whole numbers.
    """

    path: str
    values: list[Any] = []
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def at(self, share: float) -> Any:
        """The value a share of the way from the low end to the high end."""
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value


def axis(project: Project, text: str) -> Axis:
    """Read ``PATH=VALUES``: a list ``16,32,64``, a range ``1e-4..1e-1``, or so many points of one ``0..0.5/6``.

    A range is on a logarithmic scale if its ends are a factor of 100 or more apart.

    Raises:
        SweepError: it is neither.
        EditError: the path leads nowhere.
        OptionError: a value outside the limits of its option.
    """
    path, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not values:
        message = tr(
            "{text!r} is not PATH=VALUES, for example training.learning_rate=1e-4..1e-1 or fc1.out_features=16,32,64.",
            text=text,
        )
        raise SweepError(message)
    option = option_of(project, path)
    ranged = ".." in values and '"' not in values and isinstance(option, Int | Float | None)
    found = _range(path, values, option) if ranged else Axis(path, _list(values))
    for value in found.values or [found.at(0.0), found.at(1.0)]:
        changed = set_by_path(project, f"{path}={json.dumps(value)}")
        if option is not None:
            option.check(_value_of(changed, path))
    return found


def option_of(project: Project, path: str) -> Option[Any] | None:
    """The option that a path leads to; None where its layer or source is not installed.

    Raises:
        SweepError: the project's data has no such option.
        EditError: there is no such node.
    """
    place, _, name = path.rpartition(".")
    if place in ("training", ""):  # a path without a place is refused where it is set
        return Training.options().get(name) if place else None
    if place == "data":
        source = sources().get(project.data.source)
        if source is None:
            return None
        if name not in source.options():
            known = ", ".join(source.options())
            raise SweepError(tr("The data have no setting {name!r}; they have: {known}.", name=name, known=known))
        return source.options()[name]
    layer = layers().get(project.graph.nodes[find_node(project, place)].type)
    return layer.options().get(name) if layer else None


def _value_of(project: Project, path: str) -> Any:
    place, _, name = path.rpartition(".")
    if place == "training":
        return project.training[name]
    return (project.data if place == "data" else project.graph.nodes[find_node(project, place)]).options[name]


def _list(text: str) -> list[Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        return [_value(part) for part in text.split(",") if part.strip()]
    return whole if isinstance(whole, list) else [whole]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _range(path: str, text: str, option: Option[Any] | None) -> Axis:
    """A range of an option is one of whole numbers where the option takes no others."""
    ends, _, count = text.partition("/")
    low, _, high = ends.partition("..")
    try:
        a, b, points = float(low), float(high), int(count or 0)
    except ValueError:
        raise SweepError(
            tr("{text!r} is no range of numbers. Write it as LOW..HIGH, or LOW..HIGH/POINTS.", text=text)
        ) from None
    if not a < b or not math.isfinite(b - a):
        raise SweepError(
            tr("The range {text} of {path} does not go upwards. Put the smaller end first.", text=text, path=path)
        )
    if isinstance(option, Int):
        for end in (a, b):
            option.check(int(end) if end.is_integer() else end)
    written = not any(mark in ends.replace("..", "") for mark in ".e")
    whole = written if option is None else isinstance(option, Int)
    found = Axis(path, [], a, b, log=a > 0 and b / a >= 100, whole=whole)
    if not count:
        return found
    if not 2 <= points <= MOST_POINTS:
        raise SweepError(
            tr("{count} points of a range are too few or too many. Ask for 2 to {most}.", count=count, most=MOST_POINTS)
        )
    return Axis(path, list(dict.fromkeys(found.at(i / (points - 1)) for i in range(points))))
