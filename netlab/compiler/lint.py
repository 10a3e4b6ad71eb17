"""Rules about the graph as a whole. Each rule is a generator of problems, listed in `RULES`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from netlab.compiler import consent, lint_data
from netlab.compiler.infer import Inferred
from netlab.compiler.passages import PASSAGE
from netlab.compiler.problem import WARNING, Problem, label
from netlab.compiler.trace import reaching, source_fix
from netlab.data.dataset import Field
from netlab.document.project import Project
from netlab.document.training import NodeTraining, Training, node_training
from netlab.language import mark, sentences, tr
from netlab.layers.layer import Fix, Layer, Shape
from netlab.options import OptionError

SQUASHING = ("softmax", "sigmoid")


def lint(project: Project, inferred: Inferred) -> tuple[Problem, ...]:
    """The problems that no single node can see."""
    return tuple(problem for rule in RULES for problem in rule(project, inferred))


def _of_role(inferred: Inferred, role: str) -> list[str]:
    return [node for node, layer in inferred.layers.items() if layer.role == role]


def empty(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """An empty canvas."""
    if not project.graph.nodes:
        yield Problem("empty", tr("The canvas is empty. Drag an Input from the palette to begin."), where=tr("Graph"))


def ends(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """A model needs an output to be used and a loss to be trained."""
    if not project.graph.nodes:
        return
    if not _of_role(inferred, "output"):
        message = tr("There is no Output node. Wire one to what the model should return.")
        yield Problem("no_output", message, where=tr("Graph"))
    if not _of_role(inferred, "loss"):
        message = tr("There is no loss node, so there is nothing to learn from. Add Cross-entropy or MSE loss.")
        yield Problem("no_loss", message, where=tr("Graph"))


def unused(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """Nodes whose result reaches no output and no loss."""
    goals = [*_of_role(inferred, "output"), *_of_role(inferred, "loss")]
    if not goals:
        return
    useful = reaching(project.graph, goals)
    nodes = project.graph.nodes
    for node in inferred.order:
        if node not in useful and (not nodes[node].parent or nodes[node].parent in useful):  # said of its block
            where = label(nodes[node])
            message = tr(
                "The result of {where} goes nowhere, so it is left out of the model. Wire it, or remove it.",
                where=where,
            )
            yield Problem("unused", message, node, severity=WARNING, where=where)


def nothing_learns(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """A model without a weight that may change, at all or from the start."""
    if not _of_role(inferred, "loss") or inferred.untested or inferred.problems:
        return
    free = [node for node in inferred.weights if not project.graph.nodes[node].frozen]
    if not free:
        message = tr("No weight can change: add a layer with weights, or thaw one.")
        yield Problem("nothing_learns", message, where=tr("Graph"))
        return
    with suppress(OptionError):  # said below
        if not all(node_training(project.graph, project.graph.nodes[node])["frozen_epochs"] for node in free):
            return
        message = tr("All weights are frozen in the first epoch. Set frozen_epochs to 0 at a node that learns.")
        yield Problem("nothing_learns", message, next(iter(free)), where=tr("Graph"))


def classes(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """Cross-entropy needs as many scores as the data has classes, or tokens; more of them stand for nothing."""
    for node, layer in inferred.layers.items():
        field = _field_at(project, inferred, node, "target") if layer.role == "loss" else None
        prediction = inferred.inputs.get((node, "prediction"))
        if field is None or field.classes is None or prediction is None or not prediction.rank:
            continue
        scores = prediction.sizes[-1]
        if scores in (None, field.classes) or prediction.dtype != "float" or field.dtype != "int":
            continue
        where = label(project.graph.nodes[node])
        fixes = source_fix(project, inferred, node, "prediction", field.classes)
        message = _scores(where, prediction, field)
        if scores < field.classes:
            yield Problem("classes", message, node, "prediction", fixes=fixes, where=where)
        else:
            yield Problem("spare_scores", message, node, "prediction", severity=WARNING, fixes=fixes, where=where)


def _scores(where: str, prediction: Shape, field: Field) -> str:
    """Why scores and classes, or tokens, do not go together, and what to do."""
    scores, count = prediction.sizes[-1] or 0, field.classes or 0
    things = tr("{count} tokens", count=count) if field.kind == "tokens" else tr("{count} classes", count=count)
    text = mark("{where} gets {scores} scores for each sample ({shape}), but {name!r} has {things}.")
    if scores > count:
        text = mark(
            "{where} gets {scores} scores for each sample ({shape}), but {name!r} has only {things}: {spare} stand for "
            "nothing."
        )
    values = {"where": where, "scores": scores, "shape": prediction, "name": field.name, "things": things}
    told = tr(text, **values, spare=scores - count)
    return sentences(told, tr("Give the layer before it {count} outputs.", count=count))


def vocabulary(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """An embedding needs a row for every index that can come."""
    for node, layer in inferred.layers.items():
        rows = layer.values.get("num_embeddings")
        ports = list(layer.inputs())
        field = _field_at(project, inferred, node, ports[0]) if rows and ports else None
        if field is None or field.classes is None or rows is None or rows >= field.classes:
            continue
        where = label(project.graph.nodes[node])
        message = tr(
            "{where} has {rows} rows, but {name!r} holds indices up to {last}. Set num_embeddings to {count}.",
            where=where,
            rows=rows,
            name=field.name,
            last=field.classes - 1,
            count=field.classes,
        )
        values: dict[str, object] = {"name": "num_embeddings", "value": field.classes}
        fix = Fix(tr("Set num_embeddings to {count}", count=field.classes), "set_option", values)
        yield Problem("vocabulary", message, node, ports[0], fixes=(fix,), where=where)


def settings(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """Training settings outside their limits, of the project and of nodes and frames."""
    for fault in Training.check_values(project.training):
        yield Problem("training", tr("Training: {fault}", fault=fault), where=tr("Training"))
    for node in project.graph.nodes.values():
        for fault in NodeTraining.check_values(node.training):
            where = label(node)
            yield Problem(
                "node_training", tr("Training of {node}: {fault}", node=where, fault=fault), node.id, where=where
            )
    for frame in project.graph.frames.values():
        for fault in NodeTraining.check_values(frame.training):
            yield Problem(
                "node_training",
                tr("Training of the frame “{frame}”: {fault}", frame=frame.title, fault=fault),
                where=frame.title,
            )


def squashed(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """A softmax or sigmoid before a loss that has its own: the gradient of a wrong answer all but vanishes."""
    for node, layer in inferred.layers.items():
        before = _sender(project, inferred, node, "prediction") if layer.takes_scores else ""
        if not before or project.graph.nodes[before].type not in SQUASHING or project.graph.nodes[before].bypassed:
            continue
        names = {"loss": label(project.graph.nodes[node]), "layer": label(project.graph.nodes[before])}
        message = tr(
            "{loss} squashes the scores by itself, so that behind {layer} it learns slowly and never gets near 0. Wire "
            "it to what enters {layer}.",
            **names,
        )
        fixes: tuple[Fix, ...] = ()
        entering = project.graph.into(before).get("x")
        if entering is not None and project.graph.nodes[before].parent == project.graph.nodes[node].parent:
            values: dict[str, object] = {"source": entering.source, "source_port": entering.source_port}
            fixes = (Fix(tr("Lead the scores past {layer}", layer=names["layer"]), "connect", values),)
        yield Problem("squashed", message, node, "prediction", severity=WARNING, fixes=fixes, where=names["loss"])


def _field_at(project: Project, inferred: Inferred, node: str, port: str) -> Field | None:
    """The data field that is wired straight into a port, if one is."""
    layer = inferred.layers.get(_sender(project, inferred, node, port))
    return inferred.fields.get(layer.values["field"]) if layer is not None and layer.role == "input" else None


def _sender(project: Project, inferred: Inferred, node: str, port: str) -> str:
    """The node whose value arrives at a port, "" if none does."""
    edge = project.graph.into(node).get(port)
    layer: Layer | None = inferred.layers.get(edge.source) if edge else None
    while edge is not None and layer is not None and layer.role == PASSAGE:
        edge = project.graph.into(edge.source).get("x")
        layer = inferred.layers.get(edge.source) if edge else None
    return edge.source if edge is not None else ""


RULES = (
    *(empty, ends, unused, nothing_learns, classes, squashed, vocabulary, settings),
    consent.warnings,
    *lint_data.RULES,
)
