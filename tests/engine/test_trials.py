"""Trials before a run: they find what is planted, and say nothing where nothing is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from netlab.cli import main
from netlab.compiler.builder import Graph
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.engine import trials
from netlab.engine.trials import find_rate, sanity

Points = Callable[..., Project]


def test_a_sound_model_passes(make_points: Points) -> None:
    found = sanity(make_points())
    assert {finding.name for finding in found} == {"values", "loss", "gradients", "overfit", "rate"}
    assert all(finding.fine for finding in found), found
    assert any("near 0.693" in finding.message for finding in found)


def test_a_state_that_begins_with_zeros_is_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "OVERFIT_STEPS", 1)
    monkeypatch.setattr(trials, "OWN_STEPS", 1)
    found = {finding.name: finding for finding in sanity(file.load(examples()["lstm_from_gates"]))}
    assert found["values"].fine, found["values"].message


def test_a_loss_far_from_guessing_is_told() -> None:
    g = Graph()
    x = g.add("scale", g.add("input", field="point"), factor=500.0)
    scores = g.add("linear", x, name="scores", out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    found = {finding.name: finding for finding in sanity(g.project("Far", "points", device="cpu"))}
    assert not found["loss"].fine
    assert "far above the 0.693 that guessing costs" in found["loss"].message


def test_a_branch_that_sends_zeros_is_named() -> None:
    g = Graph()
    x = g.add("input", field="point")
    dead = g.add("relu", g.add("clamp", g.add("linear", x, name="behind", out_features=4), min=-2.0, max=-1.0))
    both = g.add("concat", dead, g.add("linear", x, out_features=4))
    scores = g.add("linear", both, name="scores", out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    project = g.project("Dead", "points", device="cpu")
    behind = next(n.id for n in project.graph.nodes.values() if n.name == "behind")
    found = sanity(project)
    assert [f.node for f in found if f.name == "gradients" and not f.fine] == [behind]
    assert any(f.name == "values" and not f.fine and "only zeros" in f.message for f in found)


@pytest.mark.parametrize(
    ("rate", "optimizer", "told"), [(10.0, "adam", "in 20 steps"), (1e3, "sgd", "explode"), (0.0, "adam", "no weight")]
)
def test_a_learning_rate_that_is_no_good_is_told(make_points: Points, rate: float, optimizer: str, told: str) -> None:
    (found,) = [f for f in sanity(make_points(learning_rate=rate, optimizer=optimizer)) if f.name == "rate"]
    assert not found.fine
    assert told in found.message
    gentle = sanity(make_points(learning_rate=rate, optimizer=optimizer, warmup_steps=10**6))
    assert [f.fine for f in gentle if f.name == "rate"] == [rate > 0]


def test_a_rule_that_searches_is_not_searched_for(make_points: Points) -> None:
    trial = find_rate(make_points(optimizer="lbfgs"))
    assert (trial.best, trial.rates) == (1.0, [])
    assert "Begin with 1" in trial.message


def test_a_learning_rate_is_found_with_which_the_loss_falls(make_points: Points) -> None:
    trial = find_rate(make_points())
    assert trial.best is not None
    assert 1e-4 < trial.best < 1
    assert len(trial.rates) == len(trial.losses) > 30
    assert trial.rates == sorted(trial.rates)
    assert f"{trial.best:.2g}" in trial.message


def test_no_learning_rate_is_found_where_nothing_can_be_learned(make_points: Points) -> None:
    project = make_points()
    scale = next(n.id for n in project.graph.nodes.values() if n.type == "cross_entropy_loss")
    trial = find_rate(edits.set_option(project, scale, "weight", 0.0))
    assert trial.best is None
    assert "at no learning rate" in trial.message


def test_the_commands_say_it_in_words_and_json(
    make_points: Points, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.netlab"
    file.save(make_points(), path)
    assert main(["sanity", str(path)]) == 0
    assert "A gradient reaches every node" in capsys.readouterr().out
    assert main(["sanity", str(path), "--json"]) == 0
    assert all(row["fine"] for row in json.loads(capsys.readouterr().out))
    assert main(["lrfind", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert min(told["rates"]) < told["best"] < max(told["rates"])
    assert main(["devices", "--json"]) == 0
    devices = json.loads(capsys.readouterr().out)
    assert devices[0]["device"] == "cpu"
    assert devices[0]["free"] > 1e6
    broken = msgspec.structs.replace(make_points(), graph=msgspec.structs.replace(make_points().graph, edges={}))
    file.save(broken, path)
    assert main(["sanity", str(path)]) == 1
