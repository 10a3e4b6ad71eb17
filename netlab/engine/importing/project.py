"""A foreign model as a project that can be trained, and how sure we are that it still says the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from netlab.compiler.check import check
from netlab.compiler.source import CompileError
from netlab.data.dataset import Field, source_of
from netlab.data.dataset import catalogue as data_sets
from netlab.document.edits import fresh_id
from netlab.document.graph import Edge, Graph, Node
from netlab.document.project import DataChoice, Project
from netlab.document.training import Training
from netlab.document.values import plain
from netlab.engine import start
from netlab.engine.build import Built, draft
from netlab.engine.importing.faults import ImportFault, Opaque
from netlab.engine.importing.module import Imported
from netlab.language import sentences, tr
from netlab.layers.layer import catalogue

TARGETS = ("label", "target")


@dataclass
class Brought:
    """A project made from a foreign model.

    Attributes:
        weights: tensors by the names that checkpoints give them.
        opaque: parts that no layer stands for.
        notes: what is worth knowing, in sentences.
        difference: the largest difference between what the model and the project say to random inputs; None where
            they could not be compared.
    """

    project: Project
    weights: dict[str, torch.Tensor]
    opaque: list[Opaque] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    difference: float | None = None


def choices(data: str, inputs: str) -> list[DataChoice]:
    """The data sets to try: the one that was named, or all that are at hand."""
    if inputs:
        return [DataChoice("random_values", {"inputs": inputs})]
    if data:
        return [DataChoice(data, plain(source_of(data, {}).values))]
    return [DataChoice(key, plain(cls().values)) for key, cls in data_sets().items() if key != "random_values"]


def fields_of(choice: DataChoice) -> tuple[list[Field], Field | None]:
    """The fields that feed the inputs of a model, and the one that it is to tell, if there is one."""
    fields = source_of(choice.source, choice.options).fields()
    return [f for f in fields if f.kind not in TARGETS], next((f for f in fields if f.kind in TARGETS), None)


def fitted(bring: Callable[[list[Field]], Imported], data: str, inputs: str) -> tuple[Imported, DataChoice]:
    """The model with the data that suits it: the named data, or the first whose labels it can tell.

    Raises:
        ImportFault: it takes the fields of none.
    """
    best: tuple[Imported, DataChoice] | None = None
    first: ImportFault | None = None
    for choice in choices(data, inputs):
        try:
            fields, label = fields_of(choice)
            imported = bring(fields)
        except (ImportFault, ValueError) as fault:
            first = first or ImportFault(str(fault))
            continue
        if data or inputs or _tells(imported, choice, label):
            return imported, choice
        best = best or (imported, choice)
    if best is not None:
        return best
    assert first is not None, "there are data sets"
    if data or inputs:
        raise first
    raise ImportFault(
        sentences(tr("No data set that is at hand has fields for the inputs of this model."), str(first)),
        "inputs",
        tr('Say what it takes with --inputs, such as --inputs "image: 3 224 224; label: < 1000".'),
    )


def _tells(imported: Imported, choice: DataChoice, label: Field | None) -> bool:
    """Whether the first output has a score for every class of the label."""
    if imported.opaque or label is None or not label.classes:
        return False
    inferred = check(Project(graph=imported.graph, data=choice))
    outputs = [shape for (node, _), shape in inferred.inputs.items() if imported.graph.nodes[node].type == "output"]
    return bool(outputs) and outputs[0].rank == len(label.sizes) + 2 and outputs[0].sizes[-1] == label.classes


def as_project(imported: Imported, title: str, choice: DataChoice) -> Project:
    """The project, with a loss where the data has something to compare the first output with."""
    _, label = fields_of(choice)
    graph = _with_loss(imported.graph, label) if label is not None else imported.graph
    return Project(title=title, graph=graph, data=choice, training=Training().values)


def _with_loss(graph: Graph, label: Field) -> Graph:
    output = next((node for node in graph.nodes.values() if node.type == "output"), None)
    if output is None:
        return graph
    kind = "cross_entropy_loss" if label.dtype == "int" else "mse_loss"
    nodes, edges = dict(graph.nodes), dict(graph.edges)

    def put(type: str, name: str, x: float, y: float, **options: Any) -> str:
        id = fresh_id(nodes, "n")
        nodes[id] = Node(id, type, name, plain(catalogue()[type](**options).values), x, y)
        return id

    def wire(source: str, port: str, target: str, target_port: str) -> None:
        id = fresh_id(edges, "e")
        edges[id] = Edge(id, source, port, target, target_port)

    target = put("input", label.name, output.x, output.y + 150, field=label.name)
    loss = put(kind, "loss", output.x + 260, output.y + 75)
    scores, wanted = list(catalogue()[kind].inputs())[:2]
    edge = graph.into(output.id)["x"]
    wire(edge.source, edge.source_port, loss, scores)
    wire(target, "y", loss, wanted)
    return Graph(nodes, edges, graph.frames)


def rebuilt(project: Project, weights: dict[str, torch.Tensor]) -> tuple[Built, list[str]]:
    """The model of a project with these weights, in evaluation mode, and what did not fit."""
    built = draft(project)
    left = start.fill(built, weights)
    built.model.eval()
    return built, left


def compare(project: Project, imported: Imported, ask: Callable[[dict[str, torch.Tensor]], Any]) -> float | None:
    """The largest difference between what the project and the original say to the same random inputs."""
    if imported.opaque:
        return None
    try:
        built, _ = rebuilt(project, imported.weights)
    except CompileError:
        return None
    generator = torch.Generator().manual_seed(0)
    given: dict[str, torch.Tensor] = {}
    for name in built.source.inputs:
        field = built.inferred.fields[name]
        shape = (2, *field.sizes)
        if field.dtype == "int":
            given[name] = torch.randint(0, field.classes or 2, shape, generator=generator)
        else:
            given[name] = torch.randn(shape, generator=generator)
    with torch.no_grad():
        ours, theirs = built.model(**built.source.questions(given)), ask(given)
    pairs = zip(*(x if isinstance(x, tuple | list) else (x,) for x in (ours, theirs)), strict=False)
    return max((float((one - other.reshape(one.shape)).abs().max()) for one, other in pairs), default=None)
