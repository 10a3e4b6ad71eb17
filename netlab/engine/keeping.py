"""Writes checkpoints beside the training: a step waits for the copy of the tensors, not for the disk."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from netlab.document.file import FileError
from netlab.engine.checkpoint import AVERAGE, BEST, Snapshot, keep
from netlab.engine.sharding import whole
from netlab.engine.step import Stepper
from netlab.runs.store import CHECKPOINTS


class Keeper:
    """Writes moments of one run in order, one at a time; at most one waits. Without a folder it keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        for left in folder.glob(f"{CHECKPOINTS}/.*.tmp") if folder is not None else ():
            left.unlink(missing_ok=True)  # of an engine that was killed while it wrote; these can be large
        self._worker = ThreadPoolExecutor(1, "checkpoints")
        self._writing: Future[None] | None = None

    def keep(self, moment: Snapshot, *names: str) -> str:
        """Write a moment under these names when the one before is done; what went wrong with that one, or ""."""
        problem = self.settle()
        if self._folder is not None:
            self._writing = self._worker.submit(keep, self._folder, moment, *names)
        return problem

    def settle(self) -> str:
        """Wait until everything is on the disk; what went wrong, or ""."""
        writing, self._writing = self._writing, None
        try:
            if writing is not None:
                writing.result()
        except (OSError, FileError) as error:  # a full disk: the older checkpoints stand
            return str(error)
        return ""

    def close(self) -> str:
        """Wait, and end the thread; what went wrong, or ""."""
        problem = self.settle()
        self._worker.shutdown()
        return problem


class Best:
    """The best weights so far, held in memory until it is time to write them: epochs may be very short."""

    def __init__(self, stepper: Stepper) -> None:
        self._names = stepper.built.names()
        self._model, self._average = stepper.built.model, stepper.average
        self._held: dict[str, torch.Tensor] = {}
        self._state: dict[str, Any] | None = None

    def take(self, state: dict[str, Any]) -> None:
        """Hold the weights as they are now."""
        for name, tensor in self._present().items():
            found = whole(tensor)
            if name not in self._held:
                self._held[name] = torch.empty_like(found, device="cpu")
            self._held[name].copy_(found)
        self._state = state

    def write(self, keeper: Keeper) -> str:
        """Write what was taken since the last time, if anything; what went wrong with an earlier writing, or ""."""
        if self._state is None:
            return ""
        state, self._state = self._state, None
        copies = {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in self._held.items()}
        return keeper.keep(Snapshot(copies, state), BEST)

    @torch.no_grad()
    def _present(self) -> dict[str, torch.Tensor]:
        found = {self._names[name]: tensor for name, tensor in self._model.state_dict().items()}
        if self._average is not None:
            averaged = self._average.module.state_dict()
            found |= {AVERAGE + self._names[name]: tensor for name, tensor in averaged.items()}
            found[AVERAGE] = self._average.n_averaged
        return found
