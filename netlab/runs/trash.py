"""The trash beside the runs: what is deleted lies there until somebody empties it, and can be brought back."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from netlab.language import tr
from netlab.runs.reader import LIVE, RunReader
from netlab.runs.store import PROJECT, TRASH, RunError
from netlab.runs.sweeps import SPEC, state_of


def delete(folder: Path) -> Path:
    """Move a run, or a sweep with all its trials, to the trash beside it; returns where it is now.

    Raises:
        RunError: an engine still works on it, or the folder cannot be moved.
    """
    if _is_live(folder):
        raise RunError(
            tr(
                "{name} is still being trained. Stop it first with: netlab stop {folder}",
                name=folder.name,
                folder=folder,
            )
        )
    trash = folder.parent / TRASH
    target = trash / f"{folder.name}-{time.time_ns()}"
    try:
        trash.mkdir(exist_ok=True)
        shutil.move(folder, target)
    except OSError as error:
        raise RunError(
            tr(
                "{folder} cannot be moved to the trash: {reason}. It is where it was.",
                folder=folder,
                reason=error.strerror,
            )
        ) from error
    return target


def _is_live(folder: Path) -> bool:
    if (folder / SPEC).exists():
        trials = (path.parent for path in folder.glob("trial-*/" + PROJECT))
        return state_of(folder)["state"] in LIVE or any(_is_live(trial) for trial in trials)
    reader = RunReader(folder)
    state = reader.status().get("state")
    reader.close()
    return state in LIVE


def deleted(root: Path) -> list[Path]:
    """The runs and sweeps in the trash of a folder of runs, last deleted first."""
    found = [path.parent for name in (PROJECT, SPEC) for path in (root / TRASH).glob("*/" + name)]
    return sorted(found, key=lambda path: path.name.rpartition("-")[2], reverse=True)


def name_before(trashed: Path) -> str:
    """What a run in the trash was called."""
    return trashed.name.rpartition("-")[0]


def restore(trashed: Path) -> Path:
    """Bring a run back from the trash; returns its folder.

    Raises:
        RunError: another run has its name by now, or it is not in a trash.
    """
    target = trashed.parent.parent / name_before(trashed)
    if trashed.parent.name != TRASH or not trashed.is_dir():
        raise RunError(tr("{trashed} is no run in a trash. Run netlab runs --trash for a list.", trashed=trashed))
    if target.exists():
        raise RunError(tr("There is another run in {target} by now. Move or delete that one first.", target=target))
    shutil.move(trashed, target)
    return target


def empty(root: Path) -> int:
    """Delete for good what is in the trash; returns how many runs that were."""
    count = len(deleted(root))
    shutil.rmtree(root / TRASH, ignore_errors=True)
    return count
