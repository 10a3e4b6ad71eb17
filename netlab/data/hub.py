"""Data sets of the Hugging Face hub, fetched by name when the user asks for it: the one thing here that may use a network."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from netlab.data.field import DataError
from netlab.language import mark, tr

HALF, STALE_SECONDS = ".half-", 86400.0  # what a process that was ended left behind goes with the next fetch
NEEDED = mark("Data sets of the hub need one more package. Run: pip install netlab[hub]")


def fetch(name: str, folder: Path, config: str = "") -> Path:
    """Fetch a data set, save it below a folder, and return where; one that is there already is not fetched again.

    Args:
        name: as the hub writes it, e.g. ``owner/name``, or the path of a folder that `datasets` can load.
        config: which of several forms of the data set; the only one if "".

    Raises:
        DataError: `datasets` is not installed, or the data set is not there or needs code of its own, which is not run.
    """
    place = folder / re.sub(r"[^\w.-]+", "--", f"{name} {config}".strip()).strip(".-")
    if place.is_dir():
        return place
    try:
        datasets: Any = import_module("datasets")  # 300 MB, so not where types are checked
    except ImportError as error:
        raise DataError(tr(NEEDED)) from error
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f"{HALF}*"):
        if time.time() - stale.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=HALF) as half:
        try:
            datasets.load_dataset(name, config or None).save_to_disk(str(Path(half, "whole")))
        except Exception as error:  # datasets, its readers and its network library have error types of their own
            reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
            reason = reason.rstrip(".")
            raise DataError(
                tr(
                    "The hub's data set {name!r} cannot be fetched: {reason}. Check the name, its form (--config) and "
                    "the network.",
                    name=name,
                    reason=reason,
                )
            ) from error
        shutil.move(Path(half, "whole"), place)  # so that half a data set never passes for a whole one
    return place
