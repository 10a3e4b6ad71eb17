"""Questions to a trained model: what is this, how does the text go on, where does it look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from netlab.data.dataset import DataError, Dataset, Field, source_of
from netlab.data.task import TASKS, answer
from netlab.data.tokenizer import Tokenizer
from netlab.engine import checkpoint
from netlab.engine.build import Built
from netlab.engine.device import choose
from netlab.engine.loader import TOKENIZER
from netlab.probes.attention import Attention as AttentionProbe
from netlab.runs.store import find_run


class ExploreError(ValueError):
    """A question that this model cannot answer, as a sentence with the remedy."""


@dataclass
class Model:
    """The model of a run with its last weights, in evaluation mode, and the data it was trained on."""

    built: Built
    dataset: Dataset
    device: torch.device

    @classmethod
    def of(cls, run: Path, device: str = "auto") -> Model:
        """Load a run.

        Raises:
            RunError, CheckpointError: there is no such run, or it has no weights yet.
        """
        folder = find_run(run)
        built = checkpoint.trained(folder)
        chosen = choose(device)
        built.model.to(chosen).eval()
        choice = built.project.data
        dataset = source_of(choice.source, choice.options).load()
        learned = folder / TOKENIZER
        if learned.is_file():  # the ids that the model knows, whatever has become of the text since
            dataset = replace(dataset, tokenizer=Tokenizer.from_json(learned.read_text(encoding="utf-8")))
        return cls(built, dataset, chosen)

    @property
    def task(self) -> str:
        """What the data asks for."""
        return source_of(self.built.project.data.source, self.built.project.data.options).task

    def field(self, name: str) -> Field:
        """A field of the data."""
        return self.dataset.field(name)

    @property
    def words(self) -> Tokenizer:
        """The tokenizer; `ExploreError` if the data is no text."""
        if self.dataset.tokenizer is None:
            raise ExploreError("This model was not trained on text, so it cannot be asked in words.")
        return self.dataset.tokenizer

    def ask(self, **inputs: torch.Tensor) -> torch.Tensor:
        """The first output for a batch of inputs by field."""
        with torch.no_grad():
            given = {name: tensor.to(self.device) for name, tensor in inputs.items()}
            made = self.built.model(**self.built.source.questions(given))
        return (made[0] if isinstance(made, tuple) else made).cpu()


def predict(model: Model, inputs: list[str]) -> list[dict[str, Any]]:
    """An answer for each input, in the way of the task.

    An input is a row number such as ``test:3``, numbers separated by commas, or text.
    """
    names = model.built.source.inputs
    if len(names) != 1 and not all(":" in text for text in inputs):
        raise ExploreError(f"The model wants {', '.join(names)}. Ask it about rows of its data, for example test:0.")
    return [_answer(model, text, _read(model, text)) for text in inputs]


def _read(model: Model, text: str) -> dict[str, torch.Tensor]:
    """One input as a batch of one."""
    part, colon, number = text.partition(":")
    if colon and part in model.dataset.splits and number.isdigit():
        rows = model.dataset.splits[part]
        if int(number) >= len(rows):
            raise DataError(f"The {part} part has {len(rows)} rows, counted from 0; there is no row {number}.")
        row = rows[int(number)]
        return {n: torch.from_numpy(model.dataset.columns[n][row : row + 1]) for n in model.built.source.inputs}
    name = model.built.source.inputs[0]
    field = model.field(name)
    if field.kind == "tokens":
        ids = _fitted(model.words.encode(text), field)
        return {name: torch.tensor([ids])}
    try:
        numbers = np.array([float(word) for word in text.replace(";", ",").split(",")], np.float32)
    except ValueError as error:
        raise ExploreError(f"{text!r} is neither a row such as test:3 nor numbers with commas between.") from error
    if numbers.size != int(np.prod(field.sizes)):
        raise ExploreError(f"{name} has {int(np.prod(field.sizes))} numbers, but {numbers.size} were given.")
    values = numbers.reshape(field.sizes)
    if name in model.dataset.normalisation:
        mean, std = model.dataset.normalisation[name]
        values = ((values - np.asarray(mean)) / np.asarray(std)).astype(np.float32)
    return {name: torch.from_numpy(values[None])}


def _fitted(ids: list[int], field: Field) -> list[int]:
    """The last tokens that fit, with zeros behind them if there are too few."""
    length = field.sizes[0]
    return (ids[-length:] + [0] * length)[:length]


def _answer(model: Model, text: str, inputs: dict[str, torch.Tensor]) -> dict[str, Any]:
    """What the model says, read as the task of its data wants it; a model of another kind tells the shape it gives."""
    scores = model.ask(**inputs)[0].numpy()
    task = TASKS[model.task]
    wanted = {"class": 1, "tokens": 2}.get(task.reads, scores.ndim)
    return {"input": text} | answer(task if scores.ndim == wanted else TASKS["autoencoding"], scores, model.dataset)


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn: softmax of the scores / temperature, among the `top_k` or the likeliest `top_p`."""

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature <= 100.0:
            raise ExploreError(
                f"temperature is {self.temperature:g}, but it has to be from 0 (always the best) to 100."
            )
        if self.top_k is not None and self.top_k < 1:
            raise ExploreError(f"top_k is {self.top_k}, but at least one token has to stay.")
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            raise ExploreError(f"top_p is {self.top_p:g}, but it has to be above 0 and at most 1.")

    def shares(self, scores: torch.Tensor) -> torch.Tensor:
        """Probabilities of all tokens from scores (vocabulary), after temperature, top-k and top-p (Holtzman et al. 2019)."""
        if self.temperature == 0:
            return torch.nn.functional.one_hot(scores.argmax(), len(scores)).float()
        scores = scores / self.temperature
        if self.top_k is not None and self.top_k < len(scores):
            scores = scores.masked_fill(scores < scores.topk(self.top_k).values[-1], -torch.inf)
        shares = scores.softmax(-1)
        if self.top_p is not None:
            ranked, order = shares.sort(descending=True)
            dropped = order[ranked.cumsum(0) - ranked >= self.top_p]  # the first always stays
            shares = shares.index_fill(0, dropped, 0.0)
        return shares / shares.sum()


def generate(model: Model, prompt: str, max_tokens: int, sampling: Sampling) -> Iterator[str]:
    """The continuation of a prompt, token by token, for a model that was trained on the next token."""
    if model.task != "next_token" or len(model.built.source.inputs) != 1:
        raise ExploreError("This model was not trained to continue a text. Train one on next tokens, such as gpt.")
    return _pieces(model, prompt, max_tokens, sampling)


def _pieces(model: Model, prompt: str, max_tokens: int, sampling: Sampling) -> Iterator[str]:
    name = model.built.source.inputs[0]
    length = model.field(name).sizes[0]
    ids = model.words.encode(prompt) or model.words.encode("\n")
    generator = torch.Generator().manual_seed(sampling.seed)
    shown = model.words.decode(ids)
    for _ in range(max_tokens):
        window = ids[-length:]
        padded = window + [0] * (length - len(window))  # what is behind cannot be seen by what is before
        scores = model.ask(**{name: torch.tensor([padded])})[0, len(window) - 1, : model.words.size]
        ids.append(int(torch.multinomial(sampling.shares(scores), 1, generator=generator)))
        whole = model.words.decode(ids)
        if not whole.endswith("\ufffd"):  # a character may need more than one token
            yield whole[len(shown) :]
            shown = whole


def attention(model: Model, text: str) -> list[dict[str, Any]]:
    """The attention of every layer for a text: node, name, tokens, and weights (heads, queries, keys)."""
    names = [n for n in model.built.source.inputs if model.field(n).kind == "tokens"]
    if len(model.built.source.inputs) != 1 or not names:
        raise ExploreError("The attention to a text can be asked of models that read one text, such as gpt.")
    field = model.field(names[0])
    ids = model.words.encode(text)[: field.sizes[0]]
    if not ids:
        raise ExploreError("The text is empty; give at least one character.")
    seen: dict[str, tuple[Any, ...]] = {}
    hooks = []
    nodes = model.built.project.graph.nodes
    for node in nodes.values():
        module = model.built.module(node.id)
        if node.type in AttentionProbe.fits and module is not None:
            hooks.append(module.register_forward_hook(_keep(seen, node.id)))
    if not hooks:
        raise ExploreError("This model has no attention layer.")
    try:
        model.ask(**{names[0]: torch.tensor([_fitted(ids, field)])})
    finally:
        for hook in hooks:
            hook.remove()
    tokens = [model.words.token(i) for i in ids]
    found = []
    for node, arguments in seen.items():
        module: Any = model.built.module(node)
        with torch.no_grad():
            weights = module.attention_weights(*arguments)[0, :, : len(ids), : len(ids)]
        rows = [[[round(float(w), 6) for w in row] for row in head] for head in weights]
        found.append({"node": node, "name": nodes[node].name or nodes[node].type, "tokens": tokens, "weights": rows})
    return found


def _keep(seen: dict[str, tuple[Any, ...]], node: str) -> Callable[..., None]:
    def hook(module: torch.nn.Module, arguments: tuple[Any, ...], output: object) -> None:
        seen.setdefault(node, arguments)

    return hook
