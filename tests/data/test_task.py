"""Tasks: each fits fields that sources offer and a loss layer that there is, and answers read in words and units."""

from __future__ import annotations

import numpy as np
import pytest

from netlab.data.dataset import Dataset, Field, catalogue
from netlab.data.task import TASKS, answer
from netlab.data.tokenizer import train
from netlab.layers.layer import catalogue as layers

BUILT_IN = [source for source in catalogue().values() if not source.of_file]


@pytest.mark.parametrize("key", TASKS)
def test_a_task_names_a_loss_that_there_is(key: str) -> None:
    task = TASKS[key]
    assert layers()[task.loss].role == "loss"
    assert task.asks.endswith("?")
    assert task.metrics


@pytest.mark.parametrize("source", BUILT_IN, ids=lambda s: s.__name__)
def test_a_source_offers_the_fields_of_its_task(source: type) -> None:
    task = TASKS[source.task]
    kinds = [f.kind for f in source().fields()]
    assert any(kind in kinds for kind in task.inputs)
    assert all(any(kind in kinds for kind in task.targets) for _ in task.targets[:1])


def dataset(*fields: Field, **more: object) -> Dataset:
    return Dataset(fields, {}, {}, **more)  # type: ignore[arg-type]


def test_answers_read_in_words_and_units() -> None:
    label = dataset(Field("label", "", "int", "label", 3, ("cat", "dog", "cow")))
    told = answer(TASKS["classification"], np.array([0.0, 2.0, 1.0]), label)
    assert told["answer"] == "dog"
    assert sum(c["probability"] for c in told["classes"]) == pytest.approx(1, abs=1e-5)
    labels = dataset(Field("labels", "d=3", kind="labels", names=("red", "big", "old")))
    assert answer(TASKS["multi_label"], np.array([3.0, -3.0, 0.5]), labels)["answer"] == ["red", "old"]
    target = dataset(Field("target", "d=2", kind="target"), normalisation={"target": ([10.0, 0.0], [2.0, 1.0])})
    assert answer(TASKS["regression"], np.array([1.0, 3.0]), target)["value"] == [12.0, 3.0]
    words = train("char", "abc", specials=("[PAD]",))
    text = dataset(Field("next_token", "T=3", "int", "tokens", words.size), tokenizer=words)
    scores = np.eye(words.size)[[*words.encode("cab"), 0]]
    assert answer(TASKS["next_token"], scores, text)["text"] == "cab"
    tags = dataset(Field("tags", "T=2", "int", "tags", 2, ("noun", "verb")))
    assert answer(TASKS["sequence_labelling"], np.eye(2), tags)["tokens"] == ["noun", "verb"]
