"""Looking at a model: attention with tokens on its axes, feature maps, options of probes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import torch

from netlab.compiler.builder import Graph
from netlab.data.dataset import source_of
from netlab.document.project import Project
from netlab.engine.build import build
from netlab.engine.loader import Loader
from netlab.engine.probing import Prober
from netlab.engine.train import run_job
from netlab.protocol.summaries import Array, Attention, FeatureMaps, Summary, decode
from netlab.runs.reader import RunReader

NewRun = Callable[..., Path]
Read = Callable[[Path], RunReader]


def numbers(array: Array) -> np.ndarray:
    return np.frombuffer(array.data, array.dtype).reshape(array.shape)


def tiny_gpt(context: int = 16) -> Project:
    data = {"tokenizer": "char", "context": context}
    size = next(f.classes for f in source_of("python_docs", data).fields() if f.name == "tokens") or 0
    g = Graph()
    tokens = g.add("input", field="tokens")
    x = g.add("embedding", tokens, num_embeddings=size, embedding_dim=8)
    attention = g.add("multi_head_attention", x, name="look", num_heads=2, causal=True, dropout=0.1)
    scores = g.add("linear", attention, out_features=size)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="next_token"))
    g.watch("attention", attention)
    return g.project("Tiny", "python_docs", data_options=data, device="cpu", batch_size=8)


def test_attention_of_a_run(new_run: NewRun, read: Read) -> None:
    folder = new_run(tiny_gpt(), steps=30)
    assert run_job(folder)["state"] == "finished"
    reader = read(folder)
    node = reader.watched()[0][1]
    first, last = reader.reading_at("attention", node, 0), reader.reading_at("attention", node, 30)
    assert first is not None
    assert last is not None
    assert isinstance(last.summary, Attention)
    assert isinstance(first.summary, Attention)
    weights = numbers(last.summary.weights).astype(np.float32)
    assert weights.shape == (2, 16, 16)
    np.testing.assert_allclose(weights.sum(-1), 1.0, atol=2e-3)
    assert np.triu(weights[0], 1).max() == 0, "a causal map looks at the past only"
    assert not np.array_equal(weights, numbers(first.summary.weights)), "it changes while the model learns"
    assert len(last.summary.queries) == len(last.summary.keys) == 16
    assert all(token and token != " " for token in last.summary.queries)


def test_feature_maps_with_their_options_and_the_mode_is_put_back() -> None:
    g = Graph()
    conv = g.add("conv2d", g.add("input", field="image"), name="conv", out_channels=6)
    norm = g.add("batch_norm2d", conv)
    scores = g.add("linear", g.add("flatten", norm), out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    g.watch("feature_maps", conv)
    project = g.project("Tiny", "digits", device="cpu")
    choice = msgspec.structs.replace(project.probes["p1"], options={"channels": 3})
    built = build(msgspec.structs.replace(project, probes={"p1": choice}))
    dataset = source_of("digits", {}).load()
    loader = Loader(dataset, ("image", "label"), 8, 0, torch.device("cpu"))
    found: list[tuple[int, str, str, Summary]] = []
    prober = Prober(
        built, loader, dataset, lambda step, probe, node, data: found.append((step, probe, node, decode(data)))
    )
    prober.watch([("feature_maps", conv), ("attention", conv), ("unknown", conv), ("weights", "gone")])
    generator, buffers = torch.get_rng_state(), {k: v.clone() for k, v in built.model.state_dict().items()}
    prober.look(4, prober.due())
    assert torch.equal(generator, torch.get_rng_state())
    assert all(torch.equal(v, built.model.state_dict()[k]) for k, v in buffers.items())
    assert built.model.training
    [(step, probe, node, summary)] = found
    assert (step, probe, node) == (4, "feature_maps", conv)
    assert isinstance(summary, FeatureMaps)
    assert summary.values.shape[0] == 3
    assert summary.caption in "0123456789"
    prober.look(5, prober.due())
    assert len(found) == 1, "not before its time"


def test_of_a_module_that_runs_several_times_the_last_time_is_told() -> None:
    g = Graph()
    block = g.block("again", mode="repeat", repeat=3, share_weights=True)
    with g.inside(block):
        into = g.add("block_input", name="x")
        conv = g.add("conv2d", into, out_channels=1, kernel_size=3, padding=1)
        g.add("block_output", conv, name="y")
    g.connect(g.add("input", field="image"), block)
    scores = g.add("linear", g.add("flatten", block), out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    built = build(g.project("Tiny", "digits", device="cpu"))
    dataset = source_of("digits", {}).load()
    told: list[bytes] = []
    loader = Loader(dataset, ("image", "label"), 8, 0, torch.device("cpu"))
    prober = Prober(built, loader, dataset, lambda step, probe, node, data: told.append(data))
    prober.watch([("feature_maps", conv)])
    module, head = built.module(conv), built.module(scores)
    assert module is not None
    assert head is not None
    sent: list[torch.Tensor] = []
    module.register_forward_hook(lambda _, __, output: sent.append(output))
    ran: list[object] = []
    head.register_forward_hook(lambda *_: ran.append(0))
    for _ in range(3):
        prober.look(0, prober.due(always=True))
    summary = decode(told[-1])
    assert isinstance(summary, FeatureMaps)
    np.testing.assert_array_equal(numbers(summary.values), sent[2][0].numpy().astype("<f2"))
    assert told[0] == told[1] == told[2]
    assert len(sent) == 9
    assert len(ran) == 1, "once it is known how often the module runs, the rest is left out"
