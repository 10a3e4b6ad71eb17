"""Two processes that hold a share of the model each (FSDP2): the numbers of one process, in half of its memory."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from netlab.compiler.builder import Graph
from netlab.document import edits, tying
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.engine import checkpoint
from netlab.engine.build import build
from netlab.engine.distributed import Orders, Team, TeamError, Unwritten, joined
from netlab.engine.process import Asked
from netlab.engine.sharding import Sharded, is_share, local
from netlab.engine.train import Job, run_job
from netlab.engine.training_script import training_script
from netlab.protocol.summaries import GRADIENTS, Levels
from netlab.runs import store
from netlab.runs.reader import RunReader

ROOT = Path(__file__).resolve().parents[2]
CPU = torch.device("cpu")
NewRun = Callable[..., Path]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="gloo and signals as on Unix")

PARTNER = """
import sys
from pathlib import Path
from netlab.engine.distributed import joined
from netlab.engine.train import run_job
with joined(1, 2, Path(sys.argv[1])) as team:
    for line in sys.stdin:
        folder, resume = line.split("\\t")
        run_job(Path(folder), resume=resume == "resume\\n", team=team)
"""


@dataclass(frozen=True)
class Pair:
    """This process, which leads, and one more, which does whatever job it is told."""

    team: Team
    partner: subprocess.Popen[str]

    def tell(self, folder: Path, resume: bool = False) -> None:
        assert self.partner.stdin is not None
        print(folder, "resume" if resume else "new", sep="\t", file=self.partner.stdin, flush=True)

    def train(self, folder: Path, resume: bool = False) -> dict[str, str]:
        self.tell(folder, resume)
        return run_job(folder, resume=resume, team=self.team)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    meeting = tmp_path_factory.mktemp("team") / "meeting"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    partner = subprocess.Popen(
        [sys.executable, "-c", PARTNER, str(meeting)], stdin=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    try:
        with joined(0, 2, meeting) as team:
            yield Pair(team, partner)
            assert partner.stdin is not None
            partner.stdin.close()
            assert partner.wait(20) == 0
    finally:
        partner.kill()
        partner.wait()


def network(**training: Any) -> Project:
    """A classifier with what may trip up a model in shares.

    A node with many weights, a repeated block that is frozen for an epoch, two nodes with the same weights, one that
    learns slowly, one that never learns, and an output that no loss asks for.
    """
    g = Graph()
    point, label = g.add("input", field="point"), g.add("input", field="label")
    wide = g.add("gelu", g.add("linear", point, name="wide", out_features=512))
    narrow = g.add("linear", g.add("linear", wide, name="large", out_features=512), name="narrow", out_features=15)
    stack = g.block("stack", mode="repeat", repeat=3)
    with g.inside(stack):
        g.add("block_output", g.add("tanh", g.add("linear", g.add("block_input"), out_features=15)))
    g.connect(narrow, stack)
    towers = [g.add("linear", stack, name="tower", out_features=15, bias=bias) for bias in (True, False)]
    last = g.add("layer_norm", g.add("linear", g.add("add", *towers), name="still", out_features=15))
    scores = g.add("linear", last, name="scores", out_features=2)
    shown = g.add("output", scores)
    g.add("output", g.add("linear", last, name="unasked", out_features=3))
    g.add("cross_entropy_loss", scores, label, name="loss")
    g.watch("weights", scores)
    g.watch("decision", shown)
    settings = {"learning_rate": 0.003, "device": "cpu", "batch_size": 32, "checkpoint_seconds": 3600.0, **training}
    project = g.project("Moons", "points", data_options={"pattern": "moons", "points": 400}, **settings)
    by_name = {node.name: node.id for node in project.graph.nodes.values()}
    project = tying.share_weights(project, towers[1], towers[0])
    project = edits.set_frozen(project, [by_name["still"]], True)
    project = edits.set_node_training(project, [stack], "frozen_epochs", 1)
    return edits.set_node_training(project, [scores], "learning_rate_factor", 0.3)


def read(folder: Path, name: str = "train/loss") -> np.ndarray:
    reader = RunReader(folder)
    found = reader.metrics(name)[1]
    reader.close()
    return found


def gradients(folder: Path) -> np.ndarray:
    reader = RunReader(folder)
    reading = reader.reading_at(GRADIENTS, "", 1)
    reader.close()
    assert reading is not None
    assert isinstance(reading.summary, Levels)
    return np.array(reading.summary.values)


def test_shares_give_the_numbers_of_a_whole_model(pair: Pair, new_run: NewRun) -> None:
    more = {"micro_batches": 2, "clip": "norm", "clip_at": 0.2, "ema_decay": 0.9, "parallel": "fsdp"}
    one, two = new_run(network(**more), 16), new_run(network(**more), 16)
    assert run_job(one)["state"] == pair.train(two)["state"] == "finished"
    np.testing.assert_allclose(read(one), read(two), rtol=0, atol=1e-5)
    for name in ("val/loss", "val/accuracy"):  # how often depends on the clock
        np.testing.assert_allclose(read(one, name)[-1], read(two, name)[-1], rtol=0, atol=1e-5)
    np.testing.assert_allclose(gradients(one), gradients(two), rtol=1e-4)
    a, b = (load_file(checkpoint.newest(folder)) for folder in (one, two))
    assert a.keys() == b.keys() - {"rng/cpu/1"}
    assert not [n for n in a if not n.startswith("rng") and not torch.allclose(a[n], b[n], rtol=0, atol=1e-4)]
    best = load_file(two / "checkpoints" / "best.safetensors")
    assert {name: tensor.shape for name, tensor in best.items()} == {name: b[name].shape for name in best}
    reader = RunReader(two)
    assert not [line.message for line in reader.log() if line.level != "info"]
    for choice in network().probes.values():
        assert {0, 16} <= set(reader.reading_steps(choice.probe, choice.node)), "the leader looks at the whole model"
    reader.close()


def test_a_run_in_shares_resumes_to_the_bit_and_also_in_one_process(pair: Pair, new_run: NewRun) -> None:
    settings = {"optimizer": "sgd", "precision": "float16", "parallel": "fsdp"}
    settings |= {"clip": "value", "clip_at": 0.1, "ema_decay": 0.9}
    whole, cut, alone = (new_run(network(**settings), steps) for steps in (24, 13, 13))
    assert pair.train(whole)["state"] == pair.train(cut)["state"] == "finished"
    shutil.copytree(cut / "checkpoints", alone / "checkpoints", dirs_exist_ok=True)
    for folder in (cut, alone):
        store.extend(folder, steps=24)
    assert pair.train(cut, resume=True)["state"] == run_job(alone, resume=True)["state"] == "finished"
    a, b, c = (load_file(checkpoint.newest(folder)) for folder in (whole, cut, alone))
    assert a.keys() == b.keys()
    assert not [name for name in a if not torch.equal(a[name], b[name])]
    assert not [n for n in c if n.startswith("n") and not torch.allclose(a[n], c[n], rtol=0, atol=5e-3)]
    np.testing.assert_allclose(read(whole)[13:], read(alone), rtol=0, atol=5e-3)


def test_each_process_holds_half_of_the_weights_and_of_what_adam_keeps(pair: Pair, new_run: NewRun) -> None:
    folder = new_run(network(parallel="fsdp"), 2)
    whole = 4 * sum(p.numel() for p in build(network()).model.parameters())
    before = held()
    pair.tell(folder)
    job = Job(folder, Unwritten(), None, False, Orders(pair.team, None, Asked()), Asked(), pair.team)
    job.run()
    weights = sum(local(p).nbytes for p in job.built.model.parameters())
    kept = sum(local(v).nbytes for part in job.optimizer.parts for state in part.state.values() for v in state.values())
    assert weights == pytest.approx(whole / 2, rel=0.02)
    assert kept == pytest.approx(2 * weights, rel=0.02)
    data = 4 * sum(column.numel() for column in job.loader.columns.values())
    assert held() - before < 1.1 * (weights + kept) + 4 * data, "nor is there another copy of them"


def held() -> int:
    """Bytes of all tensors that are alive in this process. Some that another test traced a model with hold nothing."""
    gc.collect()
    tensors = [t for t in gc.get_objects() if isinstance(t, torch.Tensor)]
    real = [t for t in tensors if type(t) in (torch.Tensor, torch.nn.Parameter) or is_share(t)]
    found = [local(t.detach()) for t in real if t.device == CPU]
    return sum({s.data_ptr(): s.nbytes() for s in (t.untyped_storage() for t in found)}.values())


def test_numbers_that_go_wrong_in_shares_name_their_node(pair: Pair, new_run: NewRun) -> None:
    settings = {"parallel": "fsdp", "optimizer": "sgd", "learning_rate": 1e8}
    one, two = new_run(network(**settings), 20), new_run(network(**settings), 20)
    alone, together = run_job(one), pair.train(two)
    assert together["state"] == "failed"
    assert together["node"] == alone["node"] != ""
    assert together["message"].partition("at step")[2] == alone["message"].partition("at step")[2]
    assert len(read(two)) == len(read(one))


def test_what_needs_whole_weights_is_refused_in_words() -> None:
    project = network(optimizer="lbfgs")
    built, settings = build(project), Training(**project.training).values
    with pytest.raises(TeamError, match=r"L-BFGS needs all weights in one process.*set parallel to ddp"):
        Sharded(built, settings, CPU, Team(0, 2))
    built.model.scores.bias = torch.nn.Parameter(torch.zeros(()))  # as code of a user may have one
    with pytest.raises(TeamError, match=r"“scores” learns a single number.*shape \[1\]"):
        Sharded(built, settings | {"optimizer": "adam"}, CPU, Team(0, 2))


def test_the_exported_script_says_that_it_is_for_one_process() -> None:
    assert "the 2 that the project\nasks for give the same numbers" in training_script(build(network(processes=2)))
    assert "process" not in training_script(build(network()))
