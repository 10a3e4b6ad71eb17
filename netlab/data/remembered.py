"""Things that take seconds to make, made once, with a progress bar the first time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from netlab.data.findings import Progress, silent

T = TypeVar("T")


class Remembered(Generic[T]):
    """A function whose results are kept by its arguments, as by `functools.cache`, but not by its progress callback.

    What the callback raises to end the work ends it, and nothing is kept.
    """

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._known: dict[tuple[Hashable, ...], T] = {}
        self.__doc__ = make.__doc__

    def __call__(self, *key: Hashable, progress: Progress = silent) -> T:
        """What is made of these arguments."""
        if key not in self._known:
            self._known[key] = self._make(*key, progress=progress)
        return self._known[key]

    def cache_clear(self) -> None:
        """Forget everything."""
        self._known.clear()
