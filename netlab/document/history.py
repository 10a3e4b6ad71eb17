"""The document: the one thing that changes. It holds the current project and how it came to be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Concatenate, ParamSpec

import msgspec

from netlab.document import diff as diffs
from netlab.document.copies import follow
from netlab.document.diff import Diff
from netlab.document.journal import Journal, JournalError
from netlab.document.project import Project
from netlab.language import tr

P = ParamSpec("P")
Subscriber = Callable[[Project, Diff], object]

# Two changes with the same merge key make one undo step if no more time lies between them.
MERGE_SECONDS = 0.5


class Change(msgspec.Struct, frozen=True):
    """One undo step.

    Attributes:
        label: what it did, for the menu: "Move 3 nodes".
        diff: from before to after.
        time: when it was made, in seconds since 1970.
        merge: key by which quick successors join it, or None.
    """

    label: str
    diff: Diff
    time: float = 0.0
    merge: str | None = None


class Document:
    """A project under edit, with undo, redo, a journal and subscribers.

    Attributes:
        path: the file it was loaded from or saved to; None for a new one.
        changes: all undo steps, undone ones included.
        position: how many of them are in effect.
        saved: the position that is on disk; None if it cannot be reached any more.
        journal: where every change is kept until the next save; None keeps none.
        journal_problem: why the journal could not be written, as a sentence; "" if all is well.
    """

    def __init__(
        self, project: Project | None = None, path: Path | None = None, journal: Journal | None = None
    ) -> None:
        self._project = Project() if project is None else project
        self.path = path
        self.journal = journal
        self.journal_problem = ""
        self.changes: list[Change] = []
        self.position = 0
        self.saved: int | None = 0
        self._merging = False
        self._subscribers: list[Subscriber] = []

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return self._project

    def apply(
        self,
        label: str,
        edit: Callable[Concatenate[Project, P], Project],
        *args: P.args,
        merge: str | None = None,  # pyright: ignore[reportGeneralTypeIssues]
        **kwargs: P.kwargs,
    ) -> Diff:
        """Carry out ``edit(project, *args, **kwargs)`` as one undo step and say what changed.

        An edit that changes nothing leaves no step. If the edit raises, everything stays as it was.
        """
        new = follow(self._project, edit(self._project, *args, **kwargs))
        diff = diffs.between(self._project, new)
        if diff.is_empty:
            return diff
        change = Change(label, diff, time.time(), merge)
        del self.changes[self.position :]
        if self.saved is not None and self.saved > self.position:
            self.saved = None
        if not self._joins(change):
            self.changes.append(change)
            self.position += 1
        self._merging = True
        self._become(new, label, diff)
        return diff

    def undo(self) -> Change | None:
        """Take the last step back and return it, or None if there is none."""
        if not self.can_undo:
            return None
        change = self.changes[self.position - 1]
        back = diffs.invert(change.diff)
        new = diffs.patch(self._project, back)
        self.position -= 1
        self._merging = False
        self._become(new, tr("Undo {label}", label=change.label), back)
        return change

    def redo(self) -> Change | None:
        """Make the last undone step again and return it, or None if there is none."""
        if not self.can_redo:
            return None
        change = self.changes[self.position]
        new = diffs.patch(self._project, change.diff)
        self.position += 1
        self._merging = False
        self._become(new, tr("Redo {label}", label=change.label), change.diff)
        return change

    def go_to(self, position: int) -> None:
        """Take back or make again as many steps as lead to `position`, all at once."""
        position = min(max(position, 0), len(self.changes))
        if position == self.position:
            return
        back = position < self.position
        steps = self.changes[position : self.position][::-1] if back else self.changes[self.position : position]
        whole = Diff()
        for change in steps:
            whole = diffs.compose(whole, diffs.invert(change.diff) if back else change.diff)
        new = diffs.patch(self._project, whole)
        self.position = position
        self._merging = False
        label = tr("Undo {count} steps", count=len(steps)) if back else tr("Redo {count} steps", count=len(steps))
        self._become(new, label, whole)

    def restore(self, changes: Iterable[Change]) -> None:
        """Make the changes of a recovered journal again, each as an undo step of its own."""
        for change in changes:
            new = diffs.patch(self._project, change.diff)
            del self.changes[self.position :]
            self.changes.append(change)
            self.position += 1
            self._merging = False
            self._become(new, change.label, change.diff)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self.position > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone step."""
        return self.position < len(self.changes)

    @property
    def undo_label(self) -> str:
        """What undo would take back; "" if nothing."""
        return self.changes[self.position - 1].label if self.can_undo else ""

    @property
    def redo_label(self) -> str:
        """What redo would make again; "" if nothing."""
        return self.changes[self.position].label if self.can_redo else ""

    @property
    def is_dirty(self) -> bool:
        """Whether the project differs from what was last saved."""
        return self.saved != self.position

    def mark_saved(self, path: Path | None = None, saved_hash: str = "") -> None:
        """Take note that the project is on disk, at `path` if given; the journal starts anew."""
        if path is not None:
            self.path = path
        self.saved = self.position
        self._merging = False
        if self.journal is not None:
            try:
                self.journal.clear(saved_hash, self._project, self.path)
                self.journal_problem = ""
            except JournalError as problem:
                self.journal_problem = str(problem)

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call ``callback(project, diff)`` after each change; the returned function ends that."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def _joins(self, change: Change) -> bool:
        """Merge the change into the last step if both belong together."""
        if not self._merging or change.merge is None or not self.can_undo:
            return False
        last = self.changes[-1]
        if last.merge != change.merge or not 0 <= change.time - last.time <= MERGE_SECONDS:
            return False
        both = diffs.compose(last.diff, change.diff)
        if both.is_empty:
            self.changes.pop()
            self.position -= 1
        else:
            self.changes[-1] = Change(last.label, both, change.time, change.merge)
        return True

    def _become(self, project: Project, label: str, diff: Diff) -> None:
        self._project = project
        if self.journal is not None:
            try:
                self.journal.append(label, diff)
                self.journal_problem = ""
            except JournalError as problem:  # the edit counts all the same; the window says what is wrong
                self.journal_problem = str(problem)
        failed: Exception | None = None
        for callback in tuple(self._subscribers):
            try:
                callback(project, diff)
            except Exception as problem:  # the others still have to hear of the change
                failed = failed or problem
        if failed is not None:
            raise failed
