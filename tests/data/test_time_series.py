"""Series: windows in order of time that do not overlap between the parts, gaps filled and told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netlab.data.dataset import DataError
from netlab.data.look import guess, look
from netlab.data.sources.time_series import TimeSeries


def series(folder: Path, values: list[str], header: str = "day,level\n") -> Path:
    path = folder / "series.csv"
    days = np.datetime64("2020-01-01") + np.arange(len(values))
    path.write_text(header + "".join(f"{day},{value}\n" for day, value in zip(days, values, strict=True)))
    return path


def test_a_series_is_recognised_and_cut_into_windows(tmp_path: Path) -> None:
    path = series(tmp_path, [str(i) for i in np.arange(200) ** 1.5])
    source, seen = look(guess(path).with_options(window=10, horizon=3))
    assert isinstance(source, TimeSeries)
    assert seen.task == "forecasting"
    dataset = source.load()
    mean, std = dataset.normalisation["past"]
    past = dataset.columns["past"] * std[0] + mean[0]
    future = dataset.columns["future"] * std[0] + mean[0]
    train, val = dataset.splits["train"], dataset.splits["val"]
    assert np.allclose(past[train[0], :, 0], np.arange(10) ** 1.5, rtol=1e-4, atol=1e-3)
    assert np.allclose(future[train[0]], np.arange(10, 13) ** 1.5, rtol=1e-4)
    assert future[train[-1]].max() < past[val[0]].min()  # nothing of the training part is seen again
    assert len(train) == 140 - 12
    assert source.fields() == dataset.fields


def test_gaps_and_words_are_filled_along_a_line(tmp_path: Path) -> None:
    values = [f"{i}" for i in np.arange(0.5, 100.5)]
    values[20:23], values[50] = ["", "", "NA"], "broken"
    source, seen = look(guess(series(tmp_path, values)).with_options(window=5))
    assert isinstance(source, TimeSeries)
    codes = {f.code: f for f in seen.findings}
    assert codes["filled"].count == 4
    assert (codes["bad_number"].line, codes["bad_number"].column) == (52, "level")
    dataset = source.load()
    assert np.allclose(np.diff(dataset.columns["past"][:, :, 0], axis=1), 1 / dataset.normalisation["past"][1][0])


def test_rows_are_put_in_order_of_time(tmp_path: Path) -> None:
    path = series(tmp_path, [str(i / 2) for i in range(100)])
    lines = path.read_text().splitlines()
    rows = lines[1:]
    np.random.Generator(np.random.Philox(1)).shuffle(rows)
    path.write_text("\n".join([lines[0], *rows]))
    source = TimeSeries(path=str(path), window=4, time="day").look()[0]
    past = source.load().columns["past"]
    assert (np.diff(past[:, :, 0], axis=1) > 0).all()


def test_what_cannot_be_foretold_is_told(tmp_path: Path) -> None:
    path = series(tmp_path, [str(i) for i in range(40)])
    source = TimeSeries(path=str(path)).look()[0]
    for options, told in (
        ({"window": 100}, "Lower window"),
        ({"target": "day"}, "not among the columns"),
        ({"target": "none"}, "no column 'none'"),
        ({"columns": ["day"]}, "holds no numbers"),
    ):
        with pytest.raises(DataError, match=told):
            source.with_options(**options).load()
