"""Sources that read files of the user's: what they have in common."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec

from netlab.data.dataset import DataError, Dataset, Source
from netlab.data.findings import Finding, Ledger, Progress, silent
from netlab.language import tr
from netlab.options import Facts, File

BLOCK = 1 << 20


class FileSource(Source):
    """Base of the sources that read a file or folder of the user's.

    The project keeps the path, the options, and in `seen` what was found in the file, its hash included; never the
    data. `fields` answers from `seen`; the file is opened by `look` and `load` only, which the user asks for.

    Class attributes:
        facts_type: the struct that `seen` holds as plain data.
        decisive: options that decide what is found, so that the file has to be looked at again for another value.
    """

    of_file = True
    facts_type: ClassVar[type[msgspec.Struct]]
    decisive: ClassVar[tuple[str, ...]] = ("path", "encoding", "delimiter", "decimal", "header")
    licence = "as the owner of the file says"
    origin = "a file of yours"

    path = File(help="The file or folder. The project keeps its path and hash, not its content.")
    seen = Facts(help="What was found in the file when it was looked at.")

    @classmethod
    def likes(cls, path: Path) -> float:
        """How well this source fits a path, from 0 (not at all) to 1; reads no more than the beginning."""
        return 0.5 if path.suffix.lower() in cls.suffixes and path.is_file() else 0.0

    @classmethod
    def guessed(cls, path: Path) -> Self:
        """The source for a path, with the options that fit it best."""
        return cls(path=str(path))

    @abstractmethod
    def examine(self, ledger: Ledger, progress: Progress) -> msgspec.Struct:
        """Read the whole file and return its facts, a `facts_type`; faults go into the ledger.

        Raises:
            DataError: it cannot be used at all.
            OSError: it cannot be read.
        """

    @abstractmethod
    def load(self, progress: Progress = silent) -> Dataset:
        """Read, split and normalise what was looked at.

        Raises:
            DataError: the file is gone, has changed beyond use, or leaves nothing to train on.
            Cancelled: the progress callback raised it.
        """

    def look(self, progress: Progress = silent) -> tuple[Self, tuple[Finding, ...]]:
        """The same source with `seen` filled, and what is wrong with the data.

        Raises:
            DataError: the file is not there, cannot be read or cannot be used, in words.
            Cancelled: the progress callback raised it.
        """
        ledger = Ledger()
        try:
            facts = self.examine(ledger, progress)
        except OSError as error:
            raise self.unreadable(error) from error
        defaults = {name: option.default for name, option in self.options().items()}
        advised = {} if self.seen else self.advise(facts)
        advised = {name: value for name, value in advised.items() if self.values[name] == defaults[name]}
        return self.with_options(**advised, seen=_composed(msgspec.to_builtins(facts))), ledger.findings()

    def advise(self, facts: Any) -> dict[str, Any]:
        """Options that fit what was found; taken for those that were left alone when a file is first looked at."""
        return {}

    def with_options(self, **values: Any) -> Self:
        """A copy with some options changed."""
        return type(self)(**{**self.values, **values})

    @property
    def place(self) -> Path:
        """The file, also where its name is stored in the other Unicode form. DataError if none is chosen."""
        if not self.path:
            raise DataError(
                tr("No file is chosen. Drop one on the window, or run: netlab datasets FILE --into PROJECT.")
            )
        path = Path(self.path).expanduser()
        decomposed = Path(unicodedata.normalize("NFD", str(path)))
        return decomposed if not path.exists() and decomposed.exists() else path

    @property
    def facts(self) -> Any:
        """What was found in the file, as a `facts_type`. DataError if it was not looked at or does not make sense."""
        if not self.seen:
            name = self.place.name
            raise DataError(
                tr("{name} has not been looked at yet. Choose it again, or run: netlab datasets {name}.", name=name)
            )
        try:
            return msgspec.convert(self.seen, self.facts_type)
        except msgspec.ValidationError as error:
            name = Path(self.path).name
            raise DataError(
                tr(
                    "What the project says of {name} makes no sense ({error}). Choose the file again.",
                    name=name,
                    error=error,
                )
            ) from error

    def row_count(self) -> int | None:
        """How many good rows the file has, by its facts."""
        facts = self.facts if self.seen else None
        return next((getattr(facts, name) for name in ("rows", "images", "sentences") if hasattr(facts, name)), None)

    def unreadable(self, error: OSError) -> DataError:
        """The sentence for a file that is gone or may not be read."""
        if isinstance(error, FileNotFoundError):
            return DataError(
                tr("{path} is not there (any more). Bring it back, or choose another file.", path=self.path)
            )
        reason = error.strerror or str(error)
        return DataError(
            tr("{path} cannot be read: {reason}. Check that it is a file you may read.", path=self.path, reason=reason)
        )

    def fingerprint(self, progress: Progress = silent) -> str:
        """SHA-256 of the content, in hex. OSError if it cannot be read."""
        return sha256_of(self.place, progress)

    def changed(self) -> Iterator[Finding]:
        """A finding if the content is not the one that was looked at."""
        if self.fingerprint() != self.facts.sha256:
            name = Path(self.path).name
            message = tr(
                "{name} has changed since it was chosen, so results differ from earlier ones. Choose it again.",
                name=name,
            )
            yield Finding("changed_file", message)


def sha256_of(path: Path, progress: Progress = silent) -> str:
    """SHA-256 of a file, in hex, in bounded memory."""
    digest, size, done = hashlib.sha256(), max(path.stat().st_size, 1), 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            done += len(block)
            progress(done / size)
    return digest.hexdigest()


def parts(progress: Progress, *weights: float) -> Iterator[Progress]:
    """One callback for each part of a longer job, all together going from 0 to 1."""
    start, total = 0.0, sum(weights)
    for weight in weights:
        first, share = start, weight / total
        yield lambda done, first=first, share=share: progress(first + share * done)
        start += share


def shown(name: str | os.PathLike[str]) -> str:
    """A file name that can be shown and saved, also if its bytes are no text."""
    return os.fsencode(name).decode("utf-8", "replace")


def _composed(value: Any) -> Any:
    """Plain data with all texts in Unicode's composed form and of bearable length, as projects want them."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode())[:1000]
    if isinstance(value, dict):
        return {_composed(key): _composed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_composed(item) for item in value]
    return value
