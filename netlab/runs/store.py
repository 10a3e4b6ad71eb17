"""The folder of runs: make, find and list."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from netlab.document.file import write_atomically
from netlab.language import mark, tr
from netlab.runs.about import About, about
from netlab.runs.reader import RunReader
from netlab.runs.schema import FILE, copy_record

PROJECT = "project.netlab"
CHECKPOINTS = "checkpoints"
TRASH = ".trash"  # beside the runs; a name there has the time in nanoseconds behind it
TOKENIZER, FITTED = "tokenizer.json", "data.json"  # what training fitted to the data


class RunError(ValueError):
    """A run that cannot be found, made or used, as a sentence with the remedy."""


class Job(msgspec.Struct, frozen=True):
    """What the engine is to do: end after `steps` steps in all, or after `epochs` instead of the project's.

    Attributes:
        parent, parent_step: the run that this one branched off from, and where; "" for none.
        micro_batches: parts in which a batch goes through the model instead of the project's, after memory ran out.
        again: the run that this one repeats from the start, "" for none.
    """

    steps: int | None = None
    epochs: int | None = None
    parent: str = ""
    parent_step: int = 0
    micro_batches: int | None = None
    again: str = ""


@dataclass(frozen=True)
class RunInfo:
    """One line in a list of runs: the folder, its name, what people say about it, and how far it is."""

    path: Path
    name: str
    state: str
    step: int
    started: float
    message: str
    said: About = field(default_factory=About)

    @property
    def title(self) -> str:
        """The name that somebody gave it, or that of its folder."""
        return self.said.name or self.name

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        told = asdict(self) | {"path": str(self.path), "title": self.title, "note": self.said.note}
        del told["said"]
        return told


def default_root() -> Path:
    """Where runs go unless told otherwise: ``NETLAB_RUNS``, or ``runs`` in the present folder."""
    return Path(os.environ.get("NETLAB_RUNS") or "runs")


NO_STEPS = mark("A run of {count} steps does nothing. Ask for at least one.")
NO_EPOCHS = mark("A run of {count} epochs does nothing. Ask for at least one.")
NO_PARTS = mark("A run of {count} micro-batches does nothing. Ask for at least one.")


def create(project: bytes, root: Path | None = None, name: str | None = None, steps: int | None = None) -> Path:
    """A new run folder, for the user's eyes only, with the project in it.

    Raises:
        RunError: a run of that name is there, or the folder cannot be made.
    """
    root = default_root() if root is None else root
    _refuse_nothing(steps, NO_STEPS)
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = _make(root, name)
        (folder / CHECKPOINTS).mkdir()
    except FileExistsError as error:
        raise RunError(
            tr("There is a run in {path} already. Choose another name for --run.", path=error.filename)
        ) from error
    except OSError as error:
        raise RunError(
            tr("No run can be made in {root}: {reason}. Choose another folder.", root=root, reason=error.strerror)
        ) from error
    write_atomically(folder / PROJECT, project)
    extend(folder, steps)
    write_atomically(folder / "commands.jsonl", b"")
    return folder


def _make(root: Path, name: str | None) -> Path:
    if name is not None:
        folder = root / name
        folder.mkdir(mode=0o700)
        return folder
    day = time.strftime("%Y-%m-%d")
    count = 1
    while True:
        folder = root / f"{day}-{count}"
        try:
            if any((root / TRASH).glob(f"{folder.name}-{'[0-9]' * 19}")):
                raise FileExistsError  # its branches know it by its name, and it may come back
            folder.mkdir(mode=0o700)
        except FileExistsError:
            count += 1
        else:
            return folder


def job(folder: Path) -> Job:
    """The job of a run; a plain one if the file is missing."""
    try:
        return msgspec.json.decode((folder / "job.json").read_bytes(), type=Job)
    except FileNotFoundError:
        return Job()
    except msgspec.DecodeError as error:
        raise RunError(
            tr(
                "{folder} is damaged: {error}. Start a new run from the project.",
                folder=folder / "job.json",
                error=error,
            )
        ) from error


def extend(folder: Path, steps: int | None = None, epochs: int | None = None) -> None:
    """Let a run go on to another number of steps or epochs, counted from its beginning.

    Raises:
        RunError: less than one step or epoch.
    """
    _refuse_nothing(steps, NO_STEPS)
    _refuse_nothing(epochs, NO_EPOCHS)
    _set_job(folder, steps=steps, epochs=epochs)


def split_batches(folder: Path, parts: int) -> None:
    """Let a run go on with each batch in so many parts: less memory, same gradient.

    Raises:
        RunError: less than one part.
    """
    _refuse_nothing(parts, NO_PARTS)
    _set_job(folder, micro_batches=parts)


def _set_job(folder: Path, **changes: Any) -> None:
    write_atomically(folder / "job.json", msgspec.json.encode(msgspec.structs.replace(job(folder), **changes)))


def _refuse_nothing(count: int | None, message: str) -> None:
    if count is not None and count < 1:
        raise RunError(tr(message, count=count))


def find_run(folder: Path | str) -> Path:
    """The folder of a run, given as a path or as a name in the default folder; `RunError` if it is none."""
    for path in (Path(folder), default_root() / folder):
        if (path / PROJECT).is_file():
            return path
    raise RunError(tr("There is no run in {folder}. Run netlab runs for a list.", folder=folder))


def branch(folder: Path, step: int | None = None, name: str | None = None) -> Path:
    """A new run beside another, which goes on from the newest checkpoint of it that is not behind `step`.

    Its record holds what the parent recorded up to there.

    Raises:
        RunError: there is no such checkpoint, or the folder cannot be made.
    """
    known = {step_of(path): path for kind in ("step", "kept") for path in checkpoints(folder, kind)}
    fitting = [at for at in known if step is None or at <= step]
    if not fitting:
        kept = ", ".join(f"{at:,}" for at in sorted(known)) or tr("none")
        raise RunError(
            tr(
                "The run {name} has no checkpoint at or before step {step}. Its checkpoints: {kept}.",
                name=folder.name,
                step=step,
                kept=kept,
            )
        )
    at = max(fitting)
    made = create((folder / PROJECT).read_bytes(), folder.parent, name)
    for target in ("last", f"step-{at}"):
        write_atomically(made / CHECKPOINTS / f"{target}.safetensors", known[at].read_bytes())
    copy_record(folder, made, at)
    write_atomically(made / "job.json", msgspec.json.encode(job(folder)))
    _set_job(made, parent=folder.name, parent_step=at)
    return made


def again(folder: Path) -> Path:
    """A new run beside another, of the same project, as long and in the same micro-batches, from the start.

    Raises:
        RunError: the folder cannot be made.
    """
    before = job(folder)
    made = create((folder / PROJECT).read_bytes(), folder.parent)
    _set_job(made, steps=before.steps, epochs=before.epochs, micro_batches=before.micro_batches, again=folder.name)
    return made


def checkpoints(folder: Path, kind: str = "step") -> list[Path]:
    """The checkpoints of a run that are named after their step, oldest first: the latest (``step``) or ``kept`` ones."""
    found = (folder / CHECKPOINTS).glob(f"{kind}-*.safetensors")
    return sorted(found, key=step_of)


def step_of(checkpoint: Path) -> int:
    """The step that a checkpoint is named after."""
    return int(checkpoint.stem.partition("-")[2])


def list_runs(root: Path) -> list[RunInfo]:
    """All runs in a folder, newest first."""
    found = []
    for path in root.glob("*/" + PROJECT) if root.is_dir() else ():
        folder = path.parent
        reader = RunReader(folder)
        status = reader.status() if (folder / FILE).exists() else {}
        reader.close()
        started = float(status.get("started", folder.stat().st_mtime))
        step = int(status.get("step", 0))
        state, message = status.get("state", "new"), status.get("message", "")
        found.append(RunInfo(folder, folder.name, state, step, started, message, about(folder)))
    return sorted(found, key=lambda run: -run.started)
