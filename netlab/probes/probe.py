"""What a probe declares: where it fits, what it reads, how often, and how it sums that up."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from netlab.catalogue import discover
from netlab.options import Options
from netlab.protocol.summaries import Array, Summary

WEIGHTS, OUTPUT, ATTENTION, SURFACE = "weights", "output", "attention", "surface"


@dataclass(frozen=True)
class Seen:
    """What the engine hands to a probe, as numpy arrays on the CPU.

    Attributes:
        arrays: ``weights``: tensors by name; ``output``: ``{"y": (…)}`` of one sample; ``attention``:
            ``{"weights": (heads, T, S)}``; ``surface``: ``grid``, ``points``, ``labels``.
        queries, keys: tokens on the axes, where there are any.
        causal: the attention masks the future.
        extent: left, right, bottom, top of a surface.
        caption: what the sample is, e.g. its label.
    """

    arrays: dict[str, Any]
    queries: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    causal: bool = False
    extent: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)
    caption: str = ""


class Probe(Options):
    """Base of all probes.

    Class attributes:
        title: what the switch says.
        reads: ``weights``, ``output``, ``attention`` or ``surface``: what it wants to see.
        fits: layer types it can watch, ``"*"`` for all that have what it reads.
        seconds: time between two looks.
    """

    title: ClassVar[str] = ""
    reads: ClassVar[str] = OUTPUT
    fits: ClassVar[tuple[str, ...]] = ()
    seconds: ClassVar[float] = 0.25

    @abstractmethod
    def summarise(self, seen: Seen) -> Summary:
        """The summary of what was seen."""

    @classmethod
    def can_watch(cls, layer: str, has_weights: bool) -> bool:
        """Whether a node of this layer type can be watched."""
        return layer in cls.fits or ("*" in cls.fits and (has_weights or cls.reads != WEIGHTS))


def array(values: Any, dtype: str = "<f4") -> Array:
    """A numpy array as plain data."""
    values = values.astype(dtype)
    return Array(tuple(values.shape), dtype, values.tobytes())


def catalogue() -> dict[str, type[Probe]]:
    """All probes by key."""
    return discover("netlab.probes", Probe)
