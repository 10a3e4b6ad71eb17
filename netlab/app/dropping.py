"""Files that are dropped on the window. A kind of file is a class in a file of its own in `netlab.app.drops`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from netlab.catalogue import discover
from netlab.language import listing, tr

if TYPE_CHECKING:
    from netlab.app.window import MainWindow

TOLD = 3  # names that a sentence holds


class Drop:
    """What is done with files of some kinds.

    Class attributes:
        suffixes: endings in lower case with their dots, ``(".csv", ".tsv")``; ``"/"`` stands for a folder.
        title: what such a file is, for the sentence that lists what can be dropped.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()
    title: ClassVar[str] = ""

    @classmethod
    def take(cls, window: MainWindow, paths: Sequence[Path]) -> None:
        """Do what one would hope with these files, all of this kind. What goes wrong is said by `session.message`."""
        raise NotImplementedError


def kinds() -> dict[str, type[Drop]]:
    """Every known ending with what takes it."""
    return {suffix: drop for drop in discover("netlab.app.drops", Drop).values() for suffix in drop.suffixes}


def drop_files(window: MainWindow, paths: Iterable[Path]) -> None:
    """Hand dropped files to what knows their kind, each kind once; the rest is named in a sentence."""
    known = kinds()
    groups: dict[type[Drop], list[Path]] = {}
    strange: list[Path] = []
    for path in paths:
        drop = known.get(kind_of(path))
        if drop is None:
            strange.append(path)
        else:
            groups.setdefault(drop, []).append(path)
    if strange:
        window.session.message.emit(_refusal(strange), "error")
    for drop, taken in groups.items():
        drop.take(window, taken)


def kind_of(path: Path) -> str:
    """The ending of a file in lower case, ``"/"`` for a folder."""
    return "/" if path.is_dir() else path.suffix.lower()


def _refusal(strange: Sequence[Path]) -> str:
    names = listing(path.name[:60] for path in strange[:TOLD])
    if len(strange) > TOLD:
        names = tr("{names} and {count} more", names=names, count=len(strange) - TOLD)
    drops = listing(dict.fromkeys(tr(drop.title) for drop in kinds().values()))
    return tr("NetLab does not know what to do with {names}. You can drop: {kinds}.", names=names, kinds=drops)
