"""Questions to a trained model: what is this, what is it in the other form, how does the text go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from netlab.data.dataset import DataError, Dataset, Field, Source, source_of
from netlab.data.fitted import Fitted
from netlab.data.images import SUFFIXES, BadImage, decoded
from netlab.data.pretraining import MASK
from netlab.data.splitting import SPLITS
from netlab.data.task import TASKS, answer
from netlab.data.texts import END, PAD, START
from netlab.data.tokenizer import Tokenizer
from netlab.engine import checkpoint
from netlab.engine.build import Built
from netlab.engine.decoding import Sampling, Written, beam
from netlab.engine.device import choose
from netlab.engine.filling import filled, inputs_with_gaps
from netlab.engine.loader import fitted_in
from netlab.language import tr
from netlab.runs.store import find_run

SOURCE, TARGET_IN = "source", "target_in"  # as the sources of pairs call what is read, and what was written so far


class ExploreError(ValueError):
    """A question that this model cannot answer, as a sentence with the remedy."""


@dataclass
class Model:
    """The model of a run with its last weights, in evaluation mode, and what it learned of its data."""

    built: Built
    fitted: Fitted
    device: torch.device

    @classmethod
    def of(cls, run: Path, device: str = "auto") -> Model:
        """Load a run. Its data is opened only if that was not saved with the run, or rows are asked about.

        Raises:
            RunError, CheckpointError: there is no such run, or it has no weights yet.
            DataError: the run is an old one, and its data is gone.
        """
        folder = find_run(run)
        built = checkpoint.trained(folder)
        chosen = choose(device)
        built.model.to(chosen).eval()
        return cls(built, fitted_in(folder, built.project.data), chosen)

    @cached_property
    def source(self) -> Source:
        """Where the data comes from."""
        choice = self.built.project.data
        return source_of(choice.source, choice.options)

    @cached_property
    def dataset(self) -> Dataset:
        """The rows that the model was trained on.

        Raises:
            DataError: the data is gone.
            ExploreError: it has changed, so that its rows would no longer reach the model in the form it learned.
        """
        if isinstance(self.fitted, Dataset):
            return self.fitted
        dataset = self.source.load()
        if not dataset.agrees(self.fitted):
            raise ExploreError(
                tr(
                    "The data has changed since this model was trained, so its rows would reach it in another form. Ask "
                    "about values or text instead of rows, or bring the old data back."
                )
            )
        return dataset

    @property
    def task(self) -> str:
        """What the data asks for."""
        return self.source.task

    @property
    def translates(self) -> bool:
        """Whether it writes a text token by token, while it reads another one and what it wrote so far."""
        return self.task == "sequence_to_sequence" and set(self.built.source.inputs) == {SOURCE, TARGET_IN}

    @property
    def fills(self) -> bool:
        """Whether it guesses the hidden tokens of a text, with or without the numbers of its sentences."""
        kinds = sorted(self.field(name).kind for name in self.built.source.inputs)
        return self.task.startswith("masked_") and kinds in (["tokens"], ["segments", "tokens"])

    def field(self, name: str) -> Field:
        """A field of the data."""
        return self.fitted.field(name)

    @property
    def words(self) -> Tokenizer:
        """The tokenizer; `ExploreError` if the data is no text."""
        if self.fitted.tokenizer is None:
            raise ExploreError(tr("This model was not trained on text, so it cannot be asked in words."))
        return self.fitted.tokenizer

    def padded(self, ids: list[int], name: str) -> list[int]:
        """As many tokens as the field has places: the first of them, as in training, or with padding behind."""
        length = self.field(name).sizes[0]
        return (ids + [PAD] * length)[:length]

    def text_inputs(self, text: str) -> dict[str, torch.Tensor]:
        """A text as a batch of one of the fields that are asked for, of which one is of tokens."""
        if self.fills:
            return inputs_with_gaps(self, text)
        name = SOURCE if self.translates else self.built.source.inputs[0]
        ids = self.words.encode(text)
        if self.task == "next_token":
            ids = ids[-self.field(name).sizes[0] :]  # what goes on is the end
        return {name: torch.tensor([self.padded(ids, name)])}

    def ask(self, **inputs: torch.Tensor) -> torch.Tensor:
        """The first output for a batch of inputs by field."""
        with torch.no_grad():
            given = {name: tensor.to(self.device) for name, tensor in inputs.items()}
            made = self.built.model(**self.built.source.questions(given))
        return (made[0] if isinstance(made, tuple) else made).cpu()


def predict(model: Model, inputs: list[str], width: int = 1) -> list[dict[str, Any]]:
    """An answer for each input, in the way of the task.

    An input is a row number such as ``test:3``, values separated by commas, an image file, or text, with ``[MASK]`` for
    what is to be guessed. What a model writes token by token is searched for with a beam of that width.
    """
    names = model.built.source.inputs
    if width != 1 and not model.translates:
        raise ExploreError(
            tr("A beam is for models that write a text token by token, such as seq2seq. Leave --beam out.")
        )
    if len(names) != 1 and not (model.translates or model.fills) and not all(_row(text) for text in inputs):
        raise ExploreError(
            tr("The model wants {names}. Ask it about rows of its data, for example test:0.", names=", ".join(names))
        )
    return [_answer(model, text, _read(model, text), width) for text in inputs]


def _row(text: str) -> tuple[str, int] | None:
    """The part and the number that a text such as ``test:3`` names."""
    part, _, number = text.partition(":")
    return (part, int(number)) if part in SPLITS and number.isdecimal() else None


def _read(model: Model, text: str) -> dict[str, torch.Tensor]:
    """One input as a batch of one."""
    if asked := _row(text):
        part, number = asked
        rows = model.dataset.splits[part]
        if number >= len(rows):
            raise DataError(
                tr(
                    "The {part} part has {count} rows, counted from 0; there is no row {number}.",
                    part=part,
                    count=len(rows),
                    number=number,
                )
            )
        row = rows[number]
        return {n: torch.from_numpy(model.dataset.columns[n][row : row + 1]) for n in model.built.source.inputs}
    name = model.built.source.inputs[0]
    if model.translates or model.fills or model.field(name).kind == "tokens":
        return model.text_inputs(text)
    if model.field(name).kind == "image" and Path(text).suffix.lower() in SUFFIXES:
        return {name: torch.from_numpy(_picture(model, name, Path(text))[None])}
    try:
        return {name: torch.from_numpy(model.fitted.row(name, text)[None])}
    except DataError as error:
        raise ExploreError(
            tr("{text!r} is neither a row such as test:3 nor the values of one. {reason}", text=text, reason=error)
        ) from error


def _picture(model: Model, name: str, path: Path) -> np.ndarray:
    """An image file as the model sees it."""
    channels, height, width = model.field(name).sizes
    if channels not in (1, 3):
        raise ExploreError(
            tr(
                "{name} has {channels} channels, but an image file has one or three. Ask about rows.",
                name=name,
                channels=channels,
            )
        )
    try:
        return model.fitted.pixels(name, decoded(path, (channels, height, width)))
    except BadImage as error:
        raise ExploreError(
            tr("{path}: {error}. Give an image file, or a row such as test:0.", path=path, error=error)
        ) from error


def _answer(model: Model, text: str, inputs: dict[str, torch.Tensor], width: int) -> dict[str, Any]:
    """What the model says, read as the task of its data wants it; a model of another kind tells the shape it gives."""
    if model.translates:
        return {"input": text} | _translated(model, inputs, width)
    asked = model.ask(**inputs)[0]
    if model.fills and not _row(text):
        row = next(inputs[name] for name in inputs if model.field(name).kind == "tokens")[0].tolist()
        if MASK not in row:
            raise ExploreError(tr("{text!r} has no gap to fill. Write [MASK] in place of what is hidden.", text=text))
        if asked.ndim == 2 and asked.shape[1] >= model.words.size:
            return {"input": text} | filled(model, row, asked)
    scores = asked.numpy()
    task = TASKS[model.task]
    wanted = {"class": 1, "tokens": 2}.get(task.reads, scores.ndim)
    return {"input": text} | answer(task if scores.ndim == wanted else TASKS["autoencoding"], scores, model.fitted)


def _translated(model: Model, inputs: dict[str, torch.Tensor], width: int) -> dict[str, Any]:
    best, *others = translations(model, inputs, width)
    read = model.words.decode((i for i in inputs[SOURCE][0].tolist() if i != PAD), specials=False)
    told = {"read": read, "text": _text(model, best), "tokens": [model.words.token(i) for i in best.ids]}
    told |= {"score": round(best.score, 6), "ended": best.ended}
    rest = [{"text": _text(model, other), "score": round(other.score, 6)} for other in others]
    return told | ({"others": rest} if rest else {})


def _text(model: Model, written: Written) -> str:
    return model.words.decode(written.ids, specials=False)


def translations(model: Model, inputs: dict[str, torch.Tensor], width: int = 1) -> list[Written]:
    """What a model that translates makes of a batch of one, best first: its ``source``, whatever else is given."""
    source, longest = inputs[SOURCE], model.field(TARGET_IN).sizes[0]

    def step(rows: torch.Tensor) -> torch.Tensor:
        given = torch.nn.functional.pad(rows, (0, longest - rows.shape[1]), value=PAD)  # cannot be seen from before
        scores = model.ask(**{SOURCE: source.expand(len(rows), -1), TARGET_IN: given})
        return scores[:, rows.shape[1] - 1, : model.words.size]

    return beam(step, START, END, longest, width)


def generate(model: Model, prompt: str, max_tokens: int, sampling: Sampling) -> Iterator[str]:
    """The continuation of a prompt, token by token, for a model that was trained on the next token."""
    if model.task != "next_token" or len(model.built.source.inputs) != 1:
        raise ExploreError(tr("This model was not trained to continue a text. Train one on next tokens, such as gpt."))
    return _pieces(model, prompt, max_tokens, sampling)


def _pieces(model: Model, prompt: str, max_tokens: int, sampling: Sampling) -> Iterator[str]:
    name = model.built.source.inputs[0]
    length = model.field(name).sizes[0]
    ids = model.words.encode(prompt) or model.words.encode("\n")
    generator = torch.Generator().manual_seed(sampling.seed)
    shown = model.words.decode(ids)
    for _ in range(max_tokens):
        window = ids[-length:]  # what is behind cannot be seen by what is before
        scores = model.ask(**{name: torch.tensor([model.padded(window, name)])})[0, len(window) - 1, : model.words.size]
        ids.append(int(torch.multinomial(sampling.shares(scores), 1, generator=generator)))
        whole = model.words.decode(ids)
        if not whole.endswith("\ufffd"):  # a character may need more than one token
            yield whole[len(shown) :]
            shown = whole
