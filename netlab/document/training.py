"""The settings of a training job, declared once for the form, the file and the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netlab.document.curve import Curve
from netlab.document.graph import Frame, Graph, Node
from netlab.document.optimizers import OPTIMIZERS, rule
from netlab.document.schedules import SCHEDULES
from netlab.language import mark
from netlab.options import Bool, Choice, Float, Int, Options, Text

MIDDLE = (98.0, 36.0)
"""Where the middle of a node with one row of ports is, in pixels from its corner."""


class Device(Choice):
    """What to compute on: one of the choices, or one of several GPUs by its number, ``cuda:1``."""

    def check(self, value: Any) -> str:
        return value if isinstance(value, str) and re.fullmatch(r"cuda:\d{1,3}", value) else super().check(value)


class Training(Options):
    """How a model is trained."""

    epochs = Int(10, min=1, max=1_000_000, unit="epochs", help="How often the training rows are gone through.")
    batch_size = Int(32, min=1, max=1_000_000, unit="samples", help="Samples for one optimizer step.")
    micro_batches = Int(
        1, min=1, max=4096, help="Parts in which a batch goes through the model, to save memory: same gradient."
    )
    optimizer = Choice("adam", tuple(OPTIMIZERS), help="The rule by which gradients change the weights.")
    learning_rate = Float(1e-3, min=0.0, max=1e12, log=True, help="η, the size of a step. Changes take effect live.")
    momentum = Float(0.9, min=0.0, max=0.9999, help="How much of the last update is kept.")
    nesterov = Bool(False, help="Look ahead along the momentum before the gradient is taken.")
    beta1 = Float(0.9, min=0.0, max=0.9999, label="β₁", help="How much of the running mean of gradients is kept.")
    beta2 = Float(0.999, min=0.0, max=0.999999, label="β₂", help="How much of their running mean square is kept.")
    smoothing = Float(0.99, min=0.0, max=0.9999, help="How much of the running mean square of gradients is kept.")
    epsilon = Float(1e-8, min=1e-30, max=1.0, log=True, label="ε", help="Added to a divisor, so that it is never zero.")
    history = Int(10, min=1, max=1000, unit="steps", help="How many past steps tell of the curvature.")
    iterations = Int(20, min=1, max=1000, help="How often a batch is gone through in one step.")
    weight_decay = Float(0.0, min=0.0, max=10.0, log=True, help="Pull of the weights towards zero. Taken up live.")
    clip = Choice(
        "none", ("none", "norm", "value"), help="Cut large gradients: all by their norm, or each by its size."
    )
    clip_at = Float(1.0, min=1e-12, max=1e12, log=True, help="The largest norm, or value, that a gradient may have.")
    ema_decay = Float(
        0.0, min=0.0, max=0.999999, label="Averaged weights", help="Decay of the running mean of weights; 0 for none."
    )
    schedule = Choice("constant", tuple(SCHEDULES), help="How the learning rate changes over the run.")
    warmup_steps = Int(0, min=0, max=10**9, unit="steps", label="Warm-up", help="Rise from zero over the first steps.")
    final_share = Float(0.0, min=0.0, max=1.0, help="What is left of the learning rate at the end.")
    schedule_power = Float(2.0, min=0.1, max=10.0, label="Power", help="1 is a straight line; more falls sooner.")
    schedule_factor = Float(0.1, min=1e-6, max=1.0, label="Factor", help="What is left after each cut.")
    schedule_epochs = Int(10, min=1, max=1_000_000, unit="epochs", label="Every", help="Epochs until a cut.")
    schedule_points = Curve(
        ((0.0, 0.0), (0.1, 1.0), (1.0, 0.0)), max=10.0, label="Points", help="Share of the run, factor on η."
    )
    precision = Choice(
        "float32", ("float32", "bfloat16", "float16"), help="Numbers for large products; float16 scales the loss."
    )
    compile = Bool(False, help="Let torch.compile fuse the model: slow to start, faster steps.")
    deterministic = Bool(False, help="Only use kernels that give the same bits each time; slower on a GPU.")
    early_stopping = Choice(
        "suggest", ("off", "suggest", "stop"), help="When the validation loss no longer falls: nothing, say so, or end."
    )
    patience = Int(10, min=1, max=100_000, unit="epochs", help="Epochs without a lower validation loss.")
    keep_epochs = Int(
        0, min=0, max=1_000_000, unit="epochs", label="Keep every", help="Checkpoints that stay; 0: none."
    )
    checkpoint_seconds = Float(
        20.0, min=1.0, max=86400.0, unit="s", help="Time between checkpoints, on top of one per epoch."
    )
    processes = Int(
        1, min=1, max=256, help="Processes on this machine that share each batch: one a GPU, or a few on a CPU."
    )
    parallel = Choice(
        "ddp", ("ddp", "fsdp"), help="ddp: each process holds the whole model; fsdp: a share of it, to save memory."
    )
    seed = Int(0, min=0, max=2**31 - 1, help="Fixes weights, data order and dropout: same seed, same numbers.")
    device = Device(
        "auto",
        ("auto", "cpu", "cuda", "mps"),
        help="Where to train; auto takes a GPU if there is one, the freest of many.",
    )
    start = Text(
        "",
        max_length=64,
        label="Start from",
        help="Fingerprint of the weights to begin with, from Import weights or another run; empty for fresh ones.",
    )


GROUPS: dict[str, tuple[str, ...]] = {
    "": ("epochs", "batch_size", "device", "seed", "start"),
    mark("Optimizer"): (
        *("optimizer", "learning_rate", "momentum", "nesterov", "beta1", "beta2", "smoothing", "epsilon", "history"),
        *("iterations", "weight_decay", "clip", "clip_at", "ema_decay"),
    ),
    mark("Schedule"): (
        *("schedule", "warmup_steps", "final_share", "schedule_power", "schedule_factor", "schedule_epochs"),
        "schedule_points",
    ),
    mark("Speed and memory"): ("precision", "micro_batches", "processes", "parallel", "compile", "deterministic"),
    mark("Stopping and checkpoints"): ("early_stopping", "patience", "checkpoint_seconds", "keep_epochs"),
}
"""The settings as forms show them."""


class NodeTraining(Options):
    """How the weights of one node, or of all nodes in a frame or block, learn beside the others."""

    learning_rate_factor = Float(1.0, min=0.0, max=1e4, log=True, help="On the learning rate; 0.1 learns slowly.")
    weight_decay_factor = Float(1.0, min=0.0, max=1e4, log=True, help="On the weight decay; 0 for none.")
    frozen_epochs = Int(0, min=0, max=1_000_000, unit="epochs", help="The weights stay for so long, then learn.")


def settings_read(training: Mapping[str, Any]) -> set[str]:
    """Names of the settings that have an effect, given the others."""
    optional = {name for one in (*OPTIMIZERS.values(), *SCHEDULES.values()) for name in one.settings}
    optional |= {"clip", "clip_at", "patience", "weight_decay", "parallel"}
    chosen = rule(training)
    read = set(chosen.settings) | set(SCHEDULES[training.get("schedule", "constant")].settings)
    read |= {"clip"} if chosen.clips else set()
    read |= {"clip_at"} if chosen.clips and training.get("clip", "none") != "none" else set()
    read |= {"patience"} if training.get("early_stopping", "suggest") != "off" else set()
    read |= {"weight_decay"} if chosen.decays else set()
    read |= {"parallel"} if training.get("processes", 1) > 1 else set()
    return set(Training.options()) - optional | read


def node_training(graph: Graph, node: Node) -> dict[str, Any]:
    """The values of `NodeTraining` that hold for a node: its own, times those of its frames and blocks."""
    factors = {"learning_rate_factor": 1.0, "weight_decay_factor": 1.0}
    frozen = 0
    for holder in _holders(graph, node):
        values = NodeTraining(**holder.training).values
        frozen = max(frozen, values["frozen_epochs"])
        factors = {name: value * values[name] for name, value in factors.items()}
    return {**factors, "frozen_epochs": frozen}


def _holders(graph: Graph, node: Node) -> list[Node | Frame]:
    """A node, the blocks around it, and the frames that each of these lies in, if they say anything."""
    telling = [frame for frame in graph.frames.values() if frame.training]
    found: list[Node | Frame] = []
    above: Node | None = node
    while above is not None:
        found += [above] if above.training else []
        found += [frame for frame in telling if _lies_in(above, frame)]
        above = graph.nodes.get(above.parent)
    return found


def _lies_in(node: Node, frame: Frame) -> bool:
    """Whether the middle of a node lies in a frame; a node is taken as one with a single row of ports."""
    x, y = node.x + MIDDLE[0] - frame.x, node.y + MIDDLE[1] - frame.y
    return node.parent == frame.parent and 0 <= x <= frame.width and 0 <= y <= frame.height
