"""A model to begin with for data of any kind: small, of the usual form, and without a problem."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.fixes import apply_fix
from netlab.compiler.repair import with_fixes
from netlab.data.dataset import Field, source_of
from netlab.document import edits
from netlab.document.graph import Graph as GraphValue
from netlab.document.project import DataChoice, Project
from netlab.document.values import plain
from netlab.language import tr

WIDTH, HIDDEN = 64, 32
ROUNDS = 12  # fixes in a row that adapt a model
DOWN, RIGHT = 150.0, 240.0


@dataclass(frozen=True)
class Starter:
    """A model that fits some data.

    Attributes:
        key, title: for people.
        graph: the whole model, with its losses.
    """

    key: str
    title: str
    graph: GraphValue


def starters(source: str, options: Mapping[str, Any]) -> tuple[Starter, ...]:
    """The models that fit a choice of data, the usual one first; () if its task has none.

    Raises:
        DataError: the fields of the data cannot be told.
    """
    chosen = source_of(source, dict(options))
    fields, found = chosen.fields(), []
    for key, title, build in _kinds(chosen.task, fields):
        graph = Graph()
        build(graph, fields)
        found.append(Starter(key, title, GraphValue(dict(graph.nodes), dict(graph.edges))))
    return tuple(found)


def with_data(project: Project, source: str, options: Mapping[str, Any], graph: GraphValue | None = None) -> Project:
    """The project on other data, and with another model if one is given."""
    project = edits.set_data(project, source, plain(dict(options)))
    return project if graph is None else edits.set_model(project, graph)


def adapted(project: Project, source: str, options: Mapping[str, Any]) -> Project:
    """The project on other data, its model changed by the fixes that the compiler offers, as far as they go.

    Every input that names a field which is gone reads the new field of the same kind.
    """
    before = {field.name: field.kind for field in _fields(project.data)}
    project = with_data(project, source, options)
    after = _fields(project.data)
    for node in project.graph.nodes.values():
        name = str(node.options.get("field", ""))
        if node.type == "input" and name not in {field.name for field in after}:
            same = [field.name for field in after if field.kind == before.get(name)]
            if same:
                project = edits.set_option(project, node.id, "field", same[0])
    inferred = check(project, fixes=False)
    for _ in range(ROUNDS):
        inferred = with_fixes(project, inferred)
        problem = next((p for p in inferred.blocking if p.fixes), None)
        if problem is None:
            break
        try:
            project = apply_fix(project, problem, problem.fixes[0])
        except edits.EditError:
            break
        inferred = check(project, inferred, fixes=False)
    return project


def _fields(choice: DataChoice) -> tuple[Field, ...]:
    try:
        return source_of(choice.source, choice.options).fields()
    except ValueError:  # nothing is chosen, or the file was never looked at
        return ()


Build = Callable[[Graph, Sequence[Field]], None]


def _kinds(task: str, fields: Sequence[Field]) -> Iterator[tuple[str, str, Build]]:
    """Key, title and builder of the models for a task with these fields."""
    kinds = {field.kind for field in fields}
    match task:
        case "next_token":
            yield "gpt", tr("GPT: a decoder that continues"), _gpt
        case "sequence_to_sequence":
            yield "transformer", tr("Transformer: encoder and decoder"), _translator
        case "sequence_labelling":
            yield "tagger", tr("Transformer encoder, a class for each token"), _tagger
        case "masked_language_model" | "masked_and_next_sentence":
            yield "bert", tr("BERT: an encoder that fills gaps"), _bert
        case "autoencoding":
            yield "autoencoder", tr("Autoencoder: through a narrow place"), _autoencoder
        case "classification" | "binary_classification" | "multi_label" | "regression" | "forecasting":
            if "image" in kinds:
                yield "cnn", tr("CNN: convolutions over images"), _cnn
            if "tokens" in kinds:
                yield "encoder", tr("Transformer encoder over texts"), _reader
            if "series" in kinds:
                yield "lstm", tr("LSTM: step by step through time"), _lstm
            yield "mlp", tr("MLP: two hidden layers"), _mlp


def _field(fields: Sequence[Field], *kinds: str) -> Field:
    return next(field for field in fields if field.kind in kinds)


def _x(fields: Sequence[Field]) -> Field:
    return _field(fields, "features", "points", "image", "series", "tokens")


def _input(graph: Graph, field: Field, row: int = 0) -> str:
    return graph.add("input", field=field.name, at=(60.0, 120.0 + DOWN * row))


def _end(graph: Graph, last: str, fields: Sequence[Field], ignore: int = -100) -> None:
    """The last layer as wide as the target wants, an output, and the loss of the task."""
    target = _field(fields, "label", "labels", "target", "tags")
    width = (target.classes or 2) if target.kind in ("label", "tags") else max(target.sizes, default=1)
    prediction = _add(graph, "linear", last, out_features=width)
    loss = {"labels": "bce_loss", "target": "mse_loss"}.get(target.kind, "cross_entropy_loss")
    _finish(graph, prediction, target, loss, **({"ignore_index": ignore} if loss == "cross_entropy_loss" else {}))


def _finish(graph: Graph, prediction: str, target: Field, loss: str, **options: Any) -> None:
    x = graph.nodes[prediction].x
    graph.add("output", prediction, at=(x + RIGHT, 120.0 - DOWN))
    wanted = graph.add("input", field=target.name, at=(x, 120.0 + DOWN))
    graph.add(loss, prediction, wanted, at=(x + RIGHT, 120.0), **options)


def _add(graph: Graph, type: str, source: str, **options: Any) -> str:
    before = graph.nodes[source]
    return graph.add(type, source, at=(before.x + RIGHT, before.y), **options)


def _chain(graph: Graph, start: str, *layers: tuple[str, dict[str, Any]]) -> str:
    for type, options in layers:
        start = _add(graph, type, start, **options)
    return start


def _mlp(graph: Graph, fields: Sequence[Field]) -> None:
    x = _x(fields)
    last = _input(graph, x)
    if x.kind == "tokens":
        last = _chain(graph, last, ("embedding", {"num_embeddings": x.classes or 256, "embedding_dim": HIDDEN}))
    if len(x.sizes) > 1 or x.kind == "tokens":
        last = _add(graph, "flatten", last)
    hidden = ("linear", {"out_features": WIDTH}), ("relu", {})
    _end(graph, _chain(graph, last, *hidden, *hidden), fields)


def _cnn(graph: Graph, fields: Sequence[Field]) -> None:
    x = _field(fields, "image")
    last, side = _input(graph, x), min(x.sizes[1:])
    for channels in (16, 32):
        last = _chain(graph, last, ("conv2d", {"out_channels": channels, "padding": (1, 1)}), ("relu", {}))
        if side >= 4:
            last, side = _add(graph, "max_pool2d", last), side // 2
    if side > 16:
        last = _add(graph, "global_avg_pool", last)
    else:
        last = _add(graph, "flatten", last)
    _end(graph, _chain(graph, last, ("linear", {"out_features": WIDTH}), ("relu", {})), fields)


def _embedded(graph: Graph, field: Field, row: int = 0) -> tuple[str, str]:
    """Tokens with their places as vectors; the input as well."""
    tokens = _input(graph, field, row)
    layers = ("embedding", {"num_embeddings": field.classes or 256, "embedding_dim": WIDTH})
    return tokens, _chain(graph, tokens, layers, ("positional_encoding", {"max_len": max(field.sizes[0], 64)}))


def _masked_encoder(graph: Graph, field: Field) -> str:
    tokens, x = _embedded(graph, field)
    mask = graph.add("padding_mask", tokens, at=(graph.nodes[tokens].x + RIGHT, 120.0 + DOWN), padding_index=0)
    encoder = _add(graph, "encoder", x, dim_feedforward=2 * WIDTH)
    graph.connect(mask, encoder, target_port="mask")
    return encoder


def _reader(graph: Graph, fields: Sequence[Field]) -> None:
    encoder = _masked_encoder(graph, _field(fields, "tokens"))
    _end(graph, _add(graph, "select_time", encoder, which="first"), fields)


def _tagger(graph: Graph, fields: Sequence[Field]) -> None:
    _end(graph, _masked_encoder(graph, _field(fields, "tokens")), fields)


def _gpt(graph: Graph, fields: Sequence[Field]) -> None:
    tokens, following = (field for field in fields if field.kind == "tokens")
    _, x = _embedded(graph, tokens)
    decoder = _add(graph, "encoder", x, causal=True, norm_first=True, norm=True, dim_feedforward=4 * WIDTH)
    scores = _add(graph, "linear", decoder, out_features=tokens.classes or 256)
    _finish(graph, scores, following, "cross_entropy_loss")


def _bert(graph: Graph, fields: Sequence[Field]) -> None:
    tokens, original = (field for field in fields if field.kind == "tokens")
    scores = _add(graph, "linear", _masked_encoder(graph, tokens), out_features=tokens.classes or 256)
    _finish(graph, scores, original, "cross_entropy_loss", ignore_index=0)


def _translator(graph: Graph, fields: Sequence[Field]) -> None:
    source, given, target = (field for field in fields if field.kind == "tokens")
    tokens, read = _embedded(graph, source)
    _, written = _embedded(graph, given, 2)
    mask = graph.add("padding_mask", tokens, at=(graph.nodes[tokens].x + RIGHT, 120.0 + DOWN), padding_index=0)
    both = graph.add("transformer", read, written, at=(graph.nodes[read].x + RIGHT, 120.0), dim_feedforward=2 * WIDTH)
    for port in ("source_mask", "memory_mask"):
        graph.connect(mask, both, target_port=port)
    scores = _add(graph, "linear", both, out_features=target.classes or 256)
    _finish(graph, scores, target, "cross_entropy_loss", ignore_index=0)


def _lstm(graph: Graph, fields: Sequence[Field]) -> None:
    lstm = _add(graph, "lstm", _input(graph, _field(fields, "series")), hidden_size=WIDTH)
    _end(graph, _add(graph, "select_time", lstm), fields)


def _autoencoder(graph: Graph, fields: Sequence[Field]) -> None:
    x = _x(fields)
    start = _input(graph, x)
    flat = _add(graph, "flatten", start) if len(x.sizes) > 1 else start
    narrow = ("linear", {"out_features": WIDTH}), ("relu", {}), ("linear", {"out_features": HIDDEN // 4}), ("relu", {})
    size = math.prod(x.sizes)
    wide = ("linear", {"out_features": WIDTH}), ("relu", {}), ("linear", {"out_features": size})
    made = _chain(graph, flat, *narrow, *wide)
    place = graph.nodes[made]
    graph.add("output", made, at=(place.x + RIGHT, place.y - DOWN))
    graph.add("mse_loss", made, flat, at=(place.x + RIGHT, place.y))
