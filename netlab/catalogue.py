"""The one way that layers, data sources, probes, views and tools are found.

A thing is a class in a file of its own, in the package's folder, in the user's folder, or offered by another
package through an entry point. This module imports no third party.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def key_of(cls: type) -> str:
    """The name a class has in files and on the command line: its `key`, or its name in snake case.

    >>> key_of(type("MaxPool2d", (), {}))
    'max_pool2d'
    """
    given = vars(cls).get("key")
    if isinstance(given, str):
        return given
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower()


@cache
def discover(package: str, base: type[T]) -> dict[str, type[T]]:
    """All subclasses of `base` defined in the modules of `package`, by key, sorted by key.

    Modules and classes whose name starts with an underscore are helpers and are left out. Installed packages
    offer more through the entry point group that bears the package's name, e.g. ``netlab.layers``; they take no key
    that is taken.
    """
    root = importlib.import_module(package)
    found: dict[str, type[T]] = {}
    for info in pkgutil.iter_modules(root.__path__):
        if not info.name.startswith("_"):
            found |= _classes_in(importlib.import_module(f"{package}.{info.name}"), base)
    return dict(sorted((_offered(package, base) | found).items()))


@cache
def find(package: str, base: type[T], key: str) -> type[T] | None:
    """The subclass of `base` with this key, as `discover` would find it.

    Where a module bears the name of the key, no other is imported: one data source needs what reads tables, another
    what reads images, and a window that shows neither should not wait for them.
    """
    root = importlib.import_module(package)
    if key in {info.name for info in pkgutil.iter_modules(root.__path__)}:
        found = _classes_in(importlib.import_module(f"{package}.{key}"), base).get(key)
        if found is not None:
            return found
    return discover(package, base).get(key)


def _classes_in(module: ModuleType, base: type[T]) -> dict[str, type[T]]:
    return {
        key_of(thing): thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and thing is not base
        and thing.__module__ == module.__name__
        and not thing.__name__.startswith("_")
    }


def _offered(group: str, base: type[T]) -> dict[str, type[T]]:
    from importlib.metadata import entry_points  # costs 20 ms, and only here

    found: dict[str, type[T]] = {}
    for point in entry_points(group=group):
        thing = point.load()
        if isinstance(thing, type) and issubclass(thing, base):
            found[key_of(thing)] = thing
    return found
