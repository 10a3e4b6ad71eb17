"""Where every attention layer of a trained model looks in a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from netlab.compiler.trace import feeding
from netlab.data.texts import PAD, START
from netlab.engine.explore import SOURCE, TARGET_IN, ExploreError, Model, translations
from netlab.language import tr
from netlab.probes.attention import Attention as AttentionProbe

Texts = dict[str, list[int]]


def attention(model: Model, text: str) -> list[dict[str, Any]]:
    """The attention of every layer for a text: node, name, tokens of queries and keys, weights (heads, queries, keys).

    A model that turns one text into another is shown at its own answer, which it reads as it writes it.
    """
    ids = _texts(model, text)
    seen = _asked(model, model.text_inputs(text) if model.fills else _padded(model, ids))
    nodes = model.built.project.graph.nodes
    found = []
    for node, arguments in seen.items():
        module: Any = model.built.module(node)
        with torch.no_grad():
            weights = module.attention_weights(*arguments)[0]
        rows, columns = (_axis(model, ids, node, side, weights.shape[side + 1]) for side in (0, 1))
        weights = weights[:, : len(rows), : len(columns)]
        told = {"node": node, "name": nodes[node].name or nodes[node].type, "tokens": rows, "keys": columns}
        found.append(told | {"weights": [[[round(float(w), 6) for w in row] for row in head] for head in weights]})
    return found


def _texts(model: Model, text: str) -> Texts:
    """The ids of all texts that the model reads when it is asked about one."""
    names = [n for n in model.built.source.inputs if model.field(n).kind == "tokens"]
    if not names or not (model.translates or model.fills or len(model.built.source.inputs) == 1):
        raise ExploreError(tr("The attention to a text can be asked of models that read one text, such as gpt."))
    ids = model.words.encode(text)
    if not ids:
        raise ExploreError(tr("The text is empty; give at least one character."))
    if model.fills:
        row = model.text_inputs(text)[names[0]][0]
        return {names[0]: row[row != PAD].tolist()}
    if not model.translates:
        return {names[0]: ids[: model.field(names[0]).sizes[0]]}
    written = translations(model, model.text_inputs(text))[0]
    return {
        SOURCE: ids[: model.field(SOURCE).sizes[0]],
        TARGET_IN: [START, *written.ids][: model.field(TARGET_IN).sizes[0]],
    }


def _padded(model: Model, ids: Texts) -> dict[str, torch.Tensor]:
    return {name: torch.tensor([model.padded(row, name)]) for name, row in ids.items()}


def _asked(model: Model, inputs: dict[str, torch.Tensor]) -> dict[str, tuple[Any, ...]]:
    """What each attention layer was given, by node."""
    seen: dict[str, tuple[Any, ...]] = {}
    hooks = []
    for node in model.built.project.graph.nodes.values():
        module = model.built.module(node.id)
        if node.type in AttentionProbe.fits and module is not None:
            hooks.append(module.register_forward_hook(_keep(seen, node.id)))
    if not hooks:
        raise ExploreError(tr("This model has no attention layer."))
    try:
        model.ask(**inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def _axis(model: Model, ids: Texts, node: str, side: int, length: int) -> list[str]:
    """The tokens along an axis of the weights: of the text that the queries (0) or keys (1) were made of."""
    graph = model.built.project.graph
    ports = list(graph.into(node))
    port = "key" if side and "key" in ports else next((p for p in ("query", "x") if p in ports), "")
    behind = {str(model.built.inferred.layers[n].values.get("field", "")) for n in feeding(graph, node, port)}
    fitting = [name for name in ids if model.field(name).sizes[0] == length]
    name = next((n for n in (TARGET_IN, *fitting) if n in behind and n in fitting), next(iter(fitting), ""))
    if not name:
        return [str(i + 1) for i in range(length)]
    return [model.words.token(i) for i in ids[name]]


def _keep(seen: dict[str, tuple[Any, ...]], node: str) -> Callable[..., None]:
    def hook(module: torch.nn.Module, arguments: tuple[Any, ...], output: object) -> None:
        seen.setdefault(node, arguments)

    return hook
