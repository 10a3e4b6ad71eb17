"""The fields that a project's data offers, without loading the data."""

from __future__ import annotations

import json
from functools import lru_cache

from netlab.compiler.problem import Problem
from netlab.data.dataset import DataError, Field, source_of
from netlab.data.splitting import SPLITS, SplitError, counts
from netlab.document.project import DataChoice
from netlab.language import tr
from netlab.options import OptionError


def fields_of(choice: DataChoice) -> tuple[tuple[Field, ...], list[Problem]]:
    """The fields of the chosen data, or the problem that stands in the way. Cached by source and options."""
    if not choice.source:
        message = tr("No data is chosen. Click on the empty canvas and choose a data set in the project settings.")
        return (), [Problem("no_data", message, where=tr("Data"))]
    try:
        return _fields(choice.source, json.dumps(choice.options, sort_keys=True)), []
    except (DataError, OptionError) as error:
        return (), [Problem("data", tr("Data: {error}", error=error), where=tr("Data"))]


@lru_cache(maxsize=32)
def _fields(source: str, options: str) -> tuple[Field, ...]:
    return tuple(source_of(source, json.loads(options)).fields())


def parts_of(choice: DataChoice) -> dict[str, int] | None:
    """How many rows train, validate and test, about; None if that is not known before the data is loaded."""
    try:
        return _parts(choice.source, json.dumps(choice.options, sort_keys=True))
    except (DataError, OptionError, SplitError):
        return None


@lru_cache(maxsize=32)
def _parts(source: str, options: str) -> dict[str, int] | None:
    chosen = source_of(source, json.loads(options))
    rows = chosen.row_count()
    if rows is None:
        return None
    return dict(zip(SPLITS, counts(rows, chosen.validation, chosen.test), strict=True))
