"""Batches: the same rows in the same order for any number of workers, in bounded memory, whatever breaks."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from netlab.data.dataset import DataError, Dataset, Field, source_of
from netlab.data.findings import Finding
from netlab.data.lazy import Column
from netlab.document.project import DataChoice
from netlab.engine import loader as loading
from netlab.engine.loader import Loader, load_data
from netlab.runs.store import TOKENIZER

CPU = torch.device("cpu")


class Slow(Column):
    """Rows that say their own number, and a record of how many are held at a time."""

    dtype = np.dtype(np.float32)

    def __init__(self, rows: int, broken: frozenset[int] = frozenset()) -> None:
        self.shape, self.digest, self.broken = (rows, 2), "0", broken
        self.lock, self.asked, self.most = threading.Lock(), 0, 0

    def fetch(self, rows: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
        with self.lock:
            self.asked += 1
        wrong = {place: f"row {row} is broken" for place, row in enumerate(rows) if int(row) in self.broken}
        return np.stack([rows, rows * 2], 1).astype(np.float32), wrong


def lazy(rows: int = 200, broken: frozenset[int] = frozenset(), whole: bool = False) -> Dataset:
    column = Slow(rows, broken)
    columns = {"x": column[:] if whole else column, "label": np.arange(rows) % 2}
    splits = {"train": np.arange(150), "val": np.arange(150, 180), "test": np.arange(180, rows)}
    fields = (Field("x", "d=2"), Field("label", "", "int", "label", 2))
    return Dataset(fields, columns, splits)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_streamed_rows_come_in_the_order_of_resident_ones(workers: int) -> None:
    streamed = Loader(lazy(), ("x", "label"), 16, 3, CPU, workers=workers)
    resident = Loader(lazy(whole=True), ("x", "label"), 16, 3, CPU)
    assert resident.resident
    assert not streamed.resident
    for epoch, start in ((0, 0), (1, 0), (1, 5)):
        pairs = list(zip(streamed.batches(epoch, start), resident.batches(epoch, start), strict=True))
        assert len(pairs) == 150 // 16 - start
        assert all(torch.equal(a[name], b[name]) for a, b in pairs for name in ("x", "label"))
    for a, b in zip(streamed.all_of("val", 7), resident.all_of("val", 7), strict=True):
        assert torch.equal(a["x"], b["x"])
    assert torch.equal(streamed.sample()["x"], resident.sample()["x"])


def test_no_more_rows_are_judged_at_a_time_than_are_trained_on() -> None:
    """A batch in parts is one that does not fit in memory as a whole; nor would it for a validation."""
    whole, parts = (Loader(lazy(whole=True), ("x", "label"), 16, 0, CPU, parts=count) for count in (1, 3))
    assert [len(batch["x"]) for batch in whole.all_of("val")] == [16, 14]
    assert [len(batch["x"]) for batch in parts.all_of("val")] == [6] * 5


def test_streaming_reads_only_a_little_ahead_and_ends_its_threads() -> None:
    dataset = lazy()
    loader = Loader(dataset, ("x", "label"), 2, 0, CPU, workers=2)
    batches = loader.batches(0)
    for _ in range(10):
        next(batches)
    column = dataset.columns["x"]
    assert column.asked <= 10 + loading.AHEAD * 2
    batches.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("netlab-loader")]


def test_a_row_that_breaks_costs_itself_and_is_listed() -> None:
    loader = Loader(lazy(broken=frozenset({7})), ("x", "label"), 16, 0, CPU)
    seen: list[float] = []
    for epoch in range(3):
        for batch in loader.batches(epoch):
            assert batch["x"].shape == (16, 2)
            assert torch.equal(batch["x"][:, 0] % 2, batch["label"].float())
            seen += batch["x"][:, 0].tolist()
    assert 7.0 not in seen
    assert loader.skipped == {7: "row 7 is broken"}


def test_many_broken_rows_end_the_run_in_words() -> None:
    loader = Loader(lazy(broken=frozenset(range(20))), ("x", "label"), 16, 0, CPU)
    with pytest.raises(DataError, match="can no longer be read"):
        list(loader.batches(0))


def test_masks_differ_between_epochs_and_not_between_runs() -> None:
    dataset = source_of("masked_docs", {"vocab_size": 400, "context": 24}).load()
    first, again = (Loader(dataset, ("tokens", "original"), 32, 5, CPU) for _ in range(2))
    one, two = list(first.batches(0)), list(again.batches(0))
    assert all(torch.equal(a["tokens"], b["tokens"]) for a, b in zip(one, two, strict=True))
    late = list(again.batches(0, 10))
    assert torch.equal(late[0]["original"], one[10]["original"])

    def hidden(loader: Loader, epoch: int) -> torch.Tensor:
        made = torch.cat([batch["original"] for batch in loader.batches(epoch)])
        return torch.cat([made])[loader.order(epoch)[: len(made)].argsort()]

    assert not torch.equal(hidden(first, 0) > 0, hidden(first, 1) > 0)
    fixed = [batch["tokens"] for batch in first.all_of("val")]
    assert all(torch.equal(a, b["tokens"]) for a, b in zip(fixed, first.all_of("val"), strict=True))
    assert torch.equal(torch.cat(fixed), torch.from_numpy(dataset.columns["tokens"][dataset.splits["val"]]))


def test_data_is_told_about_and_its_tokenizer_kept(tmp_path, monkeypatch) -> None:
    told: list[tuple[str, str]] = []
    dataset = load_data(DataChoice("python_docs", {}), lambda *said: told.append(said), tmp_path)
    assert dataset.tokenizer is not None
    assert (tmp_path / TOKENIZER).read_text() == dataset.tokenizer.to_json()
    assert not told

    class Wrong:
        def __init__(self, *findings: Finding) -> None:
            self.findings = findings

        def load(self) -> Dataset:
            whole = lazy(whole=True)
            return Dataset(whole.fields, whole.columns, whole.splits, findings=self.findings)

    bad = tuple(Finding("bad_number", "'x' is no number", line=line, column="a", costs=True) for line in (3, 9))
    monkeypatch.setattr(loading, "source_of", lambda *_: Wrong(*bad))
    load_data(DataChoice("wrong", {}), lambda *said: told.append(said), None)
    assert told == [
        ("warning", "Data: 2 rows are left out (bad number), the first at line 3, column 'a': 'x' is no number")
    ]
    monkeypatch.setattr(
        loading, "source_of", lambda *_: Wrong(Finding("one_class", "All rows are of one class.", "error"))
    )
    with pytest.raises(DataError, match="one class"):
        load_data(DataChoice("wrong", {}), lambda *said: None, None)
