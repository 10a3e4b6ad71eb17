"""The project: everything that is saved and can be undone, as one frozen value."""

from __future__ import annotations

from typing import Any

import msgspec

from netlab.document.graph import Graph

FORMAT = 1


class DataChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which data to train on: the key of a source in the data catalogue, and its option values."""

    source: str = ""
    options: dict[str, Any] = {}


class ProbeChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look at while training: a probe, and the node it watches."""

    id: str
    probe: str
    node: str
    options: dict[str, Any] = {}


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One NetLab document.

    Attributes:
        format: version of the file format.
        title: for the window and the list of examples.
        about: what it shows, a few sentences.
        graph: the model.
        data: what it trains on.
        training: every value of `netlab.document.training.Training`.
        probes: what is looked at while it trains, by id.
    """

    format: int = FORMAT
    title: str = "Untitled"
    about: str = ""
    graph: Graph = Graph()
    data: DataChoice = DataChoice()
    training: dict[str, Any] = {}
    probes: dict[str, ProbeChoice] = {}
