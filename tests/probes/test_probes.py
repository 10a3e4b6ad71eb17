"""Every probe: declared in full, and right about what it sees."""

from __future__ import annotations

import numpy as np
import pytest

from netlab.layers.layer import catalogue as layers
from netlab.probes.feature_maps import FeatureMaps
from netlab.probes.probe import ATTENTION, OUTPUT, SURFACE, WEIGHTS, Probe, Seen, array, catalogue
from netlab.probes.weights import Weights
from netlab.protocol.summaries import Attention, Points, decode, encode


@pytest.mark.parametrize("key", catalogue())
def test_a_probe_is_declared(key: str) -> None:
    probe = catalogue()[key]
    assert probe.__doc__
    assert probe.title
    assert probe.reads in (WEIGHTS, OUTPUT, ATTENTION, SURFACE)
    assert probe.seconds > 0
    assert probe.fits
    assert all(kind == "*" or kind in layers() for kind in probe.fits)
    assert all(option.help for option in probe.options().values())


def test_all_four_are_found() -> None:
    assert list(catalogue()) == ["attention", "decision", "feature_maps", "weights"]


def seen() -> dict[str, Seen]:
    random = np.random.default_rng(0)
    weights = random.random((2, 3, 3)).astype(np.float32)
    surface = {"grid": np.zeros((4, 4)), "points": np.zeros((5, 2)), "labels": np.arange(5)}
    return {
        "attention": Seen({"weights": weights}, ["a", "b", "c"], ["a", "b", "c"], True),
        "decision": Seen(surface, extent=(-1.0, 1.0, -2.0, 2.0)),
        "feature_maps": Seen({"y": random.random((9, 4, 4))}, caption="7"),
        "weights": Seen({"weight": random.normal(size=(30, 40)).astype(np.float32), "bias": np.zeros(30)}),
    }


@pytest.mark.parametrize("key", catalogue())
def test_a_summary_goes_through_the_file(key: str) -> None:
    summary = catalogue()[key]().summarise(seen()[key])
    assert decode(encode(summary)) == summary


def test_attention_keeps_numbers_as_half_floats() -> None:
    given = seen()["attention"]
    summary = catalogue()["attention"]().summarise(given)
    assert isinstance(summary, Attention)
    assert (summary.weights.dtype, summary.weights.shape, summary.causal) == ("<f2", (2, 3, 3), True)
    back = np.frombuffer(summary.weights.data, summary.weights.dtype).reshape(summary.weights.shape)
    np.testing.assert_allclose(back, given.arrays["weights"], atol=1e-3)


def test_histogram_counts_as_numpy_does() -> None:
    given = seen()["weights"]
    summary = Weights(bins=20).summarise(given)
    everything = np.concatenate([part.ravel() for part in given.arrays.values()])
    counts, edges = np.histogram(everything, 20)
    assert sum(summary.counts) == everything.size
    assert np.abs(np.array(summary.counts) - counts).sum() <= 4  # numbers on an edge may fall to either side
    assert (summary.low, summary.high) == pytest.approx((edges[0], edges[-1]))
    assert (summary.mean, summary.std) == pytest.approx((everything.mean(), everything.std()), abs=1e-6)


@pytest.mark.parametrize("value", [0.5, float("nan"), float("inf")])
def test_histogram_of_what_has_no_spread(value: float) -> None:
    summary = Weights().summarise(Seen({"weight": np.full((3, 3), value, np.float32)}))
    assert sum(summary.counts) == (9 if np.isfinite(value) else 0)


def test_feature_maps_are_limited() -> None:
    summary = FeatureMaps(channels=4).summarise(seen()["feature_maps"])
    assert summary.values.shape == (4, 4, 4)
    assert summary.caption == "7"


def test_decision_keeps_the_extent() -> None:
    summary = catalogue()["decision"]().summarise(seen()["decision"])
    assert isinstance(summary, Points)
    assert summary.extent == (-1.0, 1.0, -2.0, 2.0)


def test_who_can_be_watched() -> None:
    known: dict[str, type[Probe]] = catalogue()
    assert known["attention"].can_watch("multi_head_attention", True)
    assert not known["attention"].can_watch("linear", True)
    assert known["weights"].can_watch("linear", True)
    assert not known["weights"].can_watch("relu", False)


def test_array_is_plain_data() -> None:
    assert array(np.arange(3), "<i4").data == b"\0\0\0\0\1\0\0\0\2\0\0\0"
