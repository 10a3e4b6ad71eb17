"""How a file of an older format becomes one of today's: one pure function per version, over plain dictionaries.

A migration is never edited once a release has written its target version, and has a golden file in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Migration = Callable[[dict[str, Any]], dict[str, Any]]

# From version n to n + 1. Format 1 is the first, so there is nothing to do yet.
MIGRATIONS: dict[int, Migration] = {}


def migrate(data: dict[str, Any], target: int, migrations: Mapping[int, Migration] = MIGRATIONS) -> dict[str, Any]:
    """The file's content in the format `target`; its own format stands in ``data["format"]``."""
    for version in range(data["format"], target):
        data = {**migrations[version](data), "format": version + 1}
    return data
