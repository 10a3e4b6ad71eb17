"""The helper that every edit is tested with: it also undoes, encodes and replays, without being asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netlab.document import diff as diffs
from netlab.document import file
from netlab.document.history import Document
from netlab.document.project import Project

Edit = Callable[[Project], Project]


def _check(edit: Edit, before: Project, expected: Project) -> None:
    """Apply `edit` to `before`, expect `expected`, and see that undo, JSON, file and replay agree with it."""
    old_bytes = file.encode(before)
    new = edit(before)
    assert new == expected
    assert file.encode(new) == file.encode(expected)
    assert file.encode(before) == old_bytes, "the old value was changed in place"
    diff = diffs.between(before, new)
    assert file.encode(diffs.patch(before, diff)) == file.encode(new)
    assert file.encode(diffs.patch(new, diffs.invert(diff))) == old_bytes
    again = diffs.decode(diffs.encode(diff))
    assert again == diff
    assert file.encode(diffs.patch(before, again)) == file.encode(new)
    assert file.parse(file.encode(new)) == new
    document = Document(before)
    document.apply("edit", edit)
    document.undo()
    assert file.encode(document.project) == old_bytes
    document.redo()
    assert file.encode(document.project) == file.encode(new)


@pytest.fixture
def check() -> Callable[[Edit, Project, Project], None]:
    return _check
