"""The size of every node's gradient, as a run records it, against autograd."""

from __future__ import annotations

from pathlib import Path

import torch

from netlab.compiler.builder import Graph
from netlab.document import edits, file
from netlab.engine.build import build, seed_everything
from netlab.engine.gradients import GradientMeter
from netlab.engine.precision import Precision
from netlab.engine.train import run_job
from netlab.protocol.summaries import GRADIENTS, Levels, decode
from netlab.runs import store
from netlab.runs.reader import RunReader


def test_it_is_the_root_mean_square_over_all_weights_of_a_node() -> None:
    g = Graph()
    scores = g.add(
        "linear", g.add("linear", g.add("input", field="features"), name="a", out_features=5), out_features=3
    )
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    seed_everything(1)
    built = build(g.project("two", "iris"))
    seen: list[Levels] = []
    cpu = torch.device("cpu")
    meter = GradientMeter(built, Precision("float32", cpu), lambda step, probe, node, data: seen.append(decode(data)))  # type: ignore[arg-type]
    built.model(torch.randn(8, 4), torch.randint(0, 3, (8,)))[1]["loss"].backward()
    meter.look(1)
    meter.look(2)  # too early for another look
    (levels,) = seen
    assert levels.nodes == ["n2", "n3"]
    for node, value in zip(levels.nodes, levels.values, strict=True):
        module = built.module(node)
        assert module is not None
        gradients = torch.cat([p.grad.ravel() for p in module.parameters() if p.grad is not None])
        torch.testing.assert_close(torch.tensor(value), gradients.square().mean().sqrt())


def test_a_run_records_it(tmp_path: Path) -> None:
    project = file.load(Path(__file__).parents[2] / "examples" / "spirals.netlab")
    frozen = next(n.id for n in project.graph.nodes.values() if n.type == "linear")
    folder = store.create(file.encode(edits.set_frozen(project, [frozen], True)), root=tmp_path, steps=3)
    assert run_job(folder)["state"] == "finished"
    reader = RunReader(folder)
    found = reader.reading_at(GRADIENTS, "", 1)
    reader.close()
    assert found is not None
    assert isinstance(found.summary, Levels)
    assert found.step == 1
    assert frozen not in found.summary.nodes
    assert all(value > 0 for value in found.summary.values)
