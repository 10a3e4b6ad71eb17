"""Every data source: declared in full, split without overlap, the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netlab.data.dataset import SPLITS, DataError, Dataset, catalogue, fingerprint, normalise, source_of
from netlab.data.fitted import Fitted
from netlab.data.task import TASKS
from netlab.options import OptionError

KEYS = [key for key, source in catalogue().items() if not source.of_file]


@pytest.fixture(scope="module")
def loaded() -> dict[str, Dataset]:
    """Each source, loaded once."""
    return {key: source_of(key, {}).load() for key in KEYS}


@pytest.mark.parametrize("key", KEYS)
def test_a_source_is_declared(key: str) -> None:
    source = catalogue()[key]
    told = source.describe()
    assert all(told[name] for name in ("title", "about", "licence", "origin", "task", "fields"))
    assert source.task in TASKS
    assert all(option.help for option in source.options().values())
    assert source.about.endswith((".", "?"))


@pytest.mark.parametrize("key", KEYS)
def test_fields_say_what_is_loaded(key: str, loaded: dict[str, Dataset]) -> None:
    dataset = loaded[key]
    assert {f.name for f in dataset.fields} == set(dataset.columns)
    rows = {len(column) for column in dataset.columns.values()}
    assert len(rows) == 1
    for field in source_of(key, {}).fields():
        column = dataset.columns[field.name]
        assert column.shape[1:] == field.sizes
        assert column.dtype == (np.int64 if field.dtype == "int" else np.float32)
        assert np.isfinite(column).all()
        if field.dtype == "int":
            assert field.classes is not None
            assert 0 <= column.min() <= column.max() < field.classes
        if field.names:
            assert len(field.names) == (field.classes or field.sizes[-1])


@pytest.mark.parametrize("key", KEYS)
def test_what_was_fitted_survives_its_file(key: str, loaded: dict[str, Dataset]) -> None:
    dataset = loaded[key]
    kept = Fitted.from_json(dataset.to_json(), dataset.tokenizer)
    assert kept.to_json() == dataset.to_json()
    assert kept.agrees(dataset)
    near, far = (
        {name: (np.multiply(mean, factor).tolist(), std) for name, (mean, std) in kept.normalisation.items()}
        for factor in (1 + 1e-9, 1.1)
    )
    assert replace(kept, normalisation=near).agrees(dataset)
    assert replace(kept, normalisation=far).agrees(dataset) is not bool(far)
    assert not replace(kept, fields=kept.fields[1:]).agrees(dataset)
    assert kept.fields == dataset.fields == source_of(key, {}).fields()


@pytest.mark.parametrize("key", KEYS)
def test_splits_are_disjoint_and_whole(key: str, loaded: dict[str, Dataset]) -> None:
    dataset = loaded[key]
    assert tuple(dataset.splits) == SPLITS
    rows = len(next(iter(dataset.columns.values())))
    together = np.concatenate([dataset.splits[name] for name in SPLITS])
    assert sorted(together) == list(range(rows))
    assert all(len(dataset.splits[name]) for name in SPLITS)


@pytest.mark.parametrize("key", KEYS)
def test_the_same_seed_gives_the_same_rows(key: str, loaded: dict[str, Dataset]) -> None:
    again = source_of(key, {}).load()
    assert fingerprint(again) == fingerprint(loaded[key])
    if key not in ("python_docs", "masked_docs", "co2", "sunspots"):  # cut in order
        assert fingerprint(source_of(key, {"split_seed": 5}).load()) != fingerprint(again)


@pytest.mark.parametrize("key", KEYS)
def test_normalisation_is_of_training_rows_only(key: str, loaded: dict[str, Dataset]) -> None:
    dataset = loaded[key]
    if source_of(key, {}).task == "forecasting":
        pytest.skip("windows overlap, so moments at the ends weigh less")
    for name, (mean, std) in dataset.normalisation.items():
        seen = dataset.columns[name][dataset.splits["train"]].astype(np.float64)
        if np.ndim(mean):  # categories are not scaled
            seen = seen[:, ~((np.asarray(mean) == 0) & (np.asarray(std) == 1))]
        assert abs(seen.mean()) < 0.02
        assert 0.9 < seen.std() < 1.1


@pytest.mark.parametrize("key", KEYS)
def test_impossible_splits_are_refused_in_words(key: str) -> None:
    with pytest.raises(DataError, match="training"):
        source_of(key, {"validation": 0.6, "test": 0.6}).load()
    with pytest.raises(OptionError):
        source_of(key, {"validation": 3.0})


def test_an_unknown_source_names_the_nearest() -> None:
    with pytest.raises(DataError, match="iris"):
        source_of("irsi", {})


def test_a_constant_column_stays_finite() -> None:
    x, _ = normalise(np.ones((4, 2)), np.arange(3))
    assert np.array_equal(x, np.zeros((4, 2)))


@pytest.mark.parametrize("pattern", ["moons", "circles", "spirals", "xor"])
def test_points_have_two_balanced_classes(pattern: str) -> None:
    dataset = source_of("points", {"pattern": pattern, "points": 500}).load()
    counts = np.bincount(dataset.columns["label"])
    assert len(counts) == 2
    assert abs(counts[0] - counts[1]) < 80
    assert np.abs(dataset.columns["point"]).max() < 5


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_windows_are_shifted_by_one_and_do_not_overlap_between_parts(kind: str) -> None:
    dataset = source_of("python_docs", {"tokenizer": kind, "context": 32, "vocab_size": 400}).load()
    tokens, following = dataset.columns["tokens"], dataset.columns["next_token"]
    assert np.array_equal(tokens[:, 1:], following[:, :-1])
    assert dataset.tokenizer is not None
    train = dataset.splits["train"]
    assert dataset.tokenizer.decode(tokens[train[0]].tolist())


@pytest.mark.parametrize("rule", ["reverse", "sort", "copy"])
def test_targets_are_what_the_rule_says(rule: str) -> None:
    options = {"rule": rule, "sequences": 200, "min_length": 2, "max_length": 7}
    columns = source_of("sequences", options).load().columns
    for source, given, target in zip(*(columns[n] for n in ("source", "target_in", "target")), strict=True):
        read = [int(s) for s in source if s]
        wanted = {"reverse": read[::-1], "sort": sorted(read), "copy": read}[rule]
        made = [int(t) for t in target if t]
        assert made == [*wanted, 2]
        assert [int(t) for t in given if t] == [1, *wanted]


def test_no_sentence_is_in_two_parts() -> None:
    dataset = source_of("masked_docs", {"vocab_size": 600, "masked": 0.01}).load()
    heads = {}
    for name in SPLITS:
        for row in dataset.columns["original"][dataset.splits[name]] + dataset.columns["tokens"][dataset.splits[name]]:
            heads.setdefault(tuple(row[1:24]), set()).add(name)
    assert sum(len(names) > 1 for names in heads.values()) < 0.02 * len(heads)
