"""What a sweep is to try: read from words, drawn, kept in a folder, and its trials read back from their runs."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from netlab.document import file
from netlab.document.edits import EditError
from netlab.document.file import write_atomically
from netlab.document.project import Project
from netlab.options import OptionError
from netlab.runs import store, sweeps
from netlab.runs.axes import Axis, SweepError, axis
from netlab.runs.sweeps import Drawn, Sweep, plan, points
from netlab.runs.writer import RunWriter

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project() -> Project:
    return file.load(ROOT / "examples" / "spirals.netlab")


def test_what_is_varied_is_read_from_words(project: Project) -> None:
    linear = next(n for n in project.graph.nodes.values() if n.type == "linear")
    width = f"{linear.id}.out_features"
    assert axis(project, f"{width}=16,32,64") == Axis(width, [16, 32, 64])
    assert axis(project, "training.optimizer=adam,sgd").values == ["adam", "sgd"]
    assert axis(project, f"{linear.id}.bias=[true, false]").values == [True, False]
    rate = axis(project, "training.learning_rate=1e-4..1e-1")
    assert (rate.low, rate.high, rate.log, rate.whole) == (1e-4, 0.1, True, False)
    assert math.isclose(rate.at(0.5), math.sqrt(1e-5))
    batch = axis(project, "training.batch_size=16..64")
    assert (batch.log, batch.whole, batch.at(0.0), batch.at(1.0)) == (False, True, 16, 64)
    assert axis(project, "data.noise=0..0.5/3").values == [0.0, 0.25, 0.5]
    assert axis(project, "training.batch_size=1..3/9").values == [1, 2, 3], "no point twice"
    assert axis(project, "data.noise=0..1/3").values == [0.0, 0.5, 1.0], (
        "the option takes fractions, however it is written"
    )
    batch = axis(project, "training.batch_size=1e1..1e3")
    assert (batch.log, batch.whole, batch.at(0.0), batch.at(0.5), batch.at(1.0)) == (True, True, 10, 100, 1000)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("training.learning_rate", SweepError, "PATH=VALUES"),
        ("training.learning_rate=0.1..0.01", SweepError, "smaller end first"),
        ("training.learning_rate=a..b", SweepError, "no range"),
        ("training.learning_rate=0..1/1", SweepError, "too few"),
        ("training.nothing=1,2", EditError, "no setting"),
        ("nobody.bias=true,false", EditError, "No node"),
        ("training.batch_size=0,8", OptionError, "from 1"),
        ("hidden1.out_features=8,x", OptionError, "whole number"),
        ("data.noise=-1..1", OptionError, "from 0"),
        ("training.batch_size=1.5..64", OptionError, "whole number"),
        ("training.optimizer=a..b", OptionError, "one of"),
        ("data.source=iris,digits", SweepError, "they have: .*noise"),
        ("seed=1,2", EditError, "PATH=VALUE"),
    ],
)
def test_what_cannot_be_varied_is_refused_in_words(project: Project, text: str, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        axis(project, text)


def test_a_plan_fits_what_is_varied() -> None:
    lists, span = Axis("training.seed", [1, 2, 3]), Axis("training.momentum", low=0.0, high=0.9)
    other = Axis("training.batch_size", [8, 16])
    assert (plan([lists, other]).method, plan([lists, other]).trials) == ("grid", 6)
    assert plan([lists, span]).method in ("tpe", "random")
    for wrong, words in (
        (lambda: plan([]), "Nothing is varied"),
        (lambda: plan([lists, lists]), "varied twice"),
        (lambda: plan([lists], trials=0), "at least one"),
        (lambda: plan([span], "grid"), "/5"),
    ):
        with pytest.raises(SweepError, match=words):
            wrong()


def test_a_grid_is_every_combination_and_a_draw_can_be_repeated() -> None:
    lists, other = Axis("a.x", [1, 2, 3]), Axis("a.y", ["p", "q"])
    grid = points(Sweep([lists, other], "grid", trials=100))
    assert len({msgspec.json.encode(point) for point in grid}) == 6
    assert points(Sweep([lists, other], "grid", trials=4)) == grid[:4]
    span = Axis("a.z", low=1e-3, high=1.0, log=True)
    drawn = points(Sweep([lists, span], "random", trials=200, seed=3))
    assert drawn == points(Sweep([lists, span], "random", trials=200, seed=3))
    assert drawn != points(Sweep([lists, span], "random", trials=200, seed=4))
    assert {point["a.x"] for point in drawn} == {1, 2, 3}
    below = sum(point["a.z"] < math.sqrt(1e-3) for point in drawn)
    assert 60 < below < 140, "half of a logarithmic range lies below its geometric mean"


def test_trials_are_read_from_their_runs(project: Project, tmp_path: Path) -> None:
    sweep = Sweep([Axis("training.seed", [1, 2, 3])], objective="val/accuracy")
    folder = sweeps.create(file.encode(project), sweep, tmp_path)
    assert sweeps.spec(folder) == sweep
    assert sweeps.list_sweeps(tmp_path) == [folder]
    assert sweeps.state_of(folder)["state"] == "new"
    for number, accuracy in enumerate((0.5, 0.9, None)):
        run = store.create(file.encode(project), folder, f"trial-{number}")
        drawn = Drawn(number, {"training.seed": number + 1}, number == 0)
        write_atomically(run / sweeps.TRIAL, msgspec.json.encode(drawn))
        if accuracy is not None:
            writer = RunWriter(run)
            writer.metrics(1, {"val/accuracy": accuracy, "train/loss": 1.0})
            writer.metrics(2, {"val/accuracy": accuracy - 0.1})
            writer.status(state="finished", step=2)
            writer.close()
    found = sweeps.trials(folder)
    assert [(trial.state, trial.best) for trial in found] == [("pruned", 0.5), ("finished", 0.9), ("new", None)]
    best = sweeps.best(found)
    assert best is not None
    assert best.number == 1, "of accuracies the highest is the best"
    write_atomically(folder / sweeps.SPEC, msgspec.json.encode(Sweep(sweep.axes)))
    assert {trial.objective for trial in sweeps.trials(folder)} == {"train/loss"}, "nothing was validated"
    writer = RunWriter(folder / "trial-2")
    writer.metrics(1, {"val/loss": 2.0})
    writer.close()
    found = sweeps.trials(folder)
    assert [(trial.objective, trial.best) for trial in found] == [("val/loss", None)] * 2 + [("val/loss", 2.0)], (
        "a loss in training is not held against one in validation"
    )
    assert store.list_runs(tmp_path) == [], "trials are listed with their sweep"
    with pytest.raises(SweepError, match="no sweep"):
        sweeps.spec(tmp_path)
