"""The blocks of the library: well-known parts of networks, drawn to the last addition, with options of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from architectures import place

from netlab.compiler.builder import Graph
from netlab.document.graph import Graph as GraphValue
from netlab.document.project import Project


class Sketch:
    """A project that holds one block: what `inside` yields is its graph and its first input."""

    def __init__(self, name: str, title: str, mode: str = "plain") -> None:
        self.g, self.title = Graph(), title
        self.block = self.g.block(name, mode=mode)

    @contextmanager
    def inside(self) -> Iterator[tuple[Graph, str]]:
        with self.g.inside(self.block):
            yield self.g, self.g.add("block_input", name="x")

    def project(self) -> Project:
        place(self.g)
        return Project(title=self.title, graph=GraphValue(dict(self.g.nodes), dict(self.g.edges)))


def conv(g: Graph, x: str, name: str, channels: int, size: int = 3, act: bool = True) -> tuple[str, str]:
    """Convolution that keeps the size, normalisation and ReLU: the convolution's id, and that of the last node."""
    made = g.add("conv2d", x, name=name, out_channels=channels, kernel_size=[size] * 2, padding=[size // 2] * 2,
                 bias=False)  # fmt: skip
    y = g.add("batch_norm2d", made, name=f"{name}_norm")
    return made, g.add("relu", y, name=f"{name}_act") if act else y


def residual_block() -> Project:
    """Two convolutions and the way around them, so that gradients reach every layer. Takes and sends the same number
    of channels. He et al. 2015.
    """
    s = Sketch("residual", "Residual block")
    with s.inside() as (g, x):
        first, y = conv(g, x, "conv1", 64)
        second, y = conv(g, y, "conv2", 64, act=False)
        g.add("block_output", g.add("relu", g.add("add", x, y, name="residual"), name="act"), name="y")
        g.lead("channels", (first, "out_channels"), (second, "out_channels"))
    return s.project()


def bottleneck() -> Project:
    """Down to few channels, a 3 × 3 convolution there, and up again, with the way around: the block of ResNet-50. He
    et al. 2015.
    """
    s = Sketch("bottleneck", "Bottleneck block")
    with s.inside() as (g, x):
        down, y = conv(g, x, "reduce", 16, 1)
        middle, y = conv(g, y, "conv", 16)
        up, y = conv(g, y, "expand", 64, 1, act=False)
        g.add("block_output", g.add("relu", g.add("add", x, y, name="residual"), name="act"), name="y")
        g.lead("narrow", (down, "out_channels"), (middle, "out_channels"))
        g.lead("channels", (up, "out_channels"))
    return s.project()


def inception() -> Project:
    """Four ways of looking at once: 1 × 1, 3 × 3, 5 × 5 and pooled, put side by side. Szegedy et al. 2014."""
    s = Sketch("inception", "Inception block")
    with s.inside() as (g, x):
        one, a = conv(g, x, "one", 16, 1)
        before3, b = conv(g, x, "before_three", 16, 1)
        three, b = conv(g, b, "three", 24)
        before5, c = conv(g, x, "before_five", 4, 1)
        five, c = conv(g, c, "five", 8, 5)
        pooled = g.add("max_pool2d", x, name="pool", kernel_size=[3, 3], stride=[1, 1], padding=[1, 1])
        after, d = conv(g, pooled, "after_pool", 8, 1)
        g.add("block_output", g.add("concat", a, b, c, d, name="side_by_side", axis=1), name="y")
        for name, node in (("ones", one), ("threes_reduced", before3), ("threes", three), ("fives_reduced", before5),
                           ("fives", five), ("pooled", after)):  # fmt: skip
            g.lead(name, (node, "out_channels"))
    return s.project()


def squeeze_excitation() -> Project:
    """Each channel is weighted by what the whole image says of all channels. Hu et al. 2017."""
    s = Sketch("squeeze_excitation", "Squeeze and excitation")
    with s.inside() as (g, x):
        y = g.add("global_avg_pool", x, name="squeeze")
        few = g.add("linear", y, name="reduce", out_features=16)
        all_ = g.add("linear", g.add("relu", few, name="act"), name="expand", out_features=64)
        weight = g.add("sigmoid", all_, name="gate")
        weight = g.add("reshape", weight, name="as_image", sizes=[-1, 1, 1])
        g.add("block_output", g.add("multiply", x, weight, name="excite"), name="y")
        g.lead("narrow", (few, "out_features"))
        g.lead("channels", (all_, "out_features"))
    return s.project()


def inverted_residual() -> Project:
    """Wide inside, narrow outside, with a convolution of each channel by itself: the block of MobileNetV2. Sandler et
    al. 2018.
    """
    s = Sketch("inverted_residual", "Inverted residual")
    with s.inside() as (g, x):
        up, y = conv(g, x, "expand", 96, 1)
        y = g.add("depthwise_conv2d", y, name="each_channel", padding=[1, 1], bias=False)
        y = g.add("relu", g.add("batch_norm2d", y, name="each_channel_norm"), name="each_channel_act")
        down, y = conv(g, y, "project", 16, 1, act=False)
        g.add("block_output", g.add("add", x, y, name="residual"), name="y")
        g.lead("wide", (up, "out_channels"))
        g.lead("channels", (down, "out_channels"))
    return s.project()


def double_convolution() -> Project:
    """Two convolutions of the same width, as on every floor of a U-Net. Ronneberger et al. 2015."""
    s = Sketch("double_convolution", "Double convolution")
    with s.inside() as (g, x):
        first, y = conv(g, x, "conv1", 32)
        second, y = conv(g, y, "conv2", 32)
        g.add("block_output", y, name="y")
        g.lead("channels", (first, "out_channels"), (second, "out_channels"))
    return s.project()


def dense_layer() -> Project:
    """Some new channels are put beside all that came before, for every later layer to see: a layer of DenseNet. Huang
    et al. 2016.
    """
    s = Sketch("dense_layer", "Dense layer")
    with s.inside() as (g, x):
        y = g.add("relu", g.add("batch_norm2d", x, name="norm"), name="act")
        new = g.add("conv2d", y, name="new_channels", out_channels=12, padding=[1, 1], bias=False)
        g.add("block_output", g.add("concat", x, new, name="beside", axis=1), name="y")
        g.lead("growth", (new, "out_channels"))
    return s.project()


def convnext_block() -> Project:
    """A wide convolution of each channel by itself, then two layers over the channels, with the way around. Liu et al.
    2022.
    """
    s = Sketch("convnext", "ConvNeXt block")
    with s.inside() as (g, x):
        y = g.add("depthwise_conv2d", x, name="each_channel", kernel_size=[7, 7], padding=[3, 3])
        y = g.add("permute", y, name="channels_last", order=[2, 3, 1])
        wide = g.add("linear", g.add("layer_norm", y, name="norm"), name="expand", out_features=256)
        back = g.add("linear", g.add("gelu", wide, name="act"), name="contract", out_features=64)
        y = g.add("permute", back, name="channels_first", order=[3, 1, 2])
        g.add("block_output", g.add("add", x, y, name="residual"), name="y")
        g.lead("wide", (wide, "out_features"))
        g.lead("channels", (back, "out_features"))
    return s.project()


def _feed_forward(g: Graph, x: str, act: str) -> tuple[str, str]:
    wide = g.add("linear", x, name="expand", out_features=256)
    return wide, g.add("linear", g.add(act, wide, name="act"), name="contract", out_features=64)


def feed_forward() -> Project:
    """Wide and narrow again, at every position by itself: half of what a Transformer computes. Vaswani et al. 2017."""
    s = Sketch("feed_forward", "Feed-forward block")
    with s.inside() as (g, x):
        wide, y = _feed_forward(g, x, "gelu")
        g.add("block_output", y, name="y")
        g.lead("hidden", (wide, "out_features"))
        g.lead("d_model", (y, "out_features"))
    return s.project()


def encoder_layer() -> Project:
    """Self-attention and feed-forward, each added to what came in and normalised after that. Vaswani et al. 2017."""
    s = Sketch("encoder_layer", "Encoder layer, open")
    with s.inside() as (g, x):
        attention = g.add("multi_head_attention", x, name="self_attention", num_heads=4)
        x = g.add("layer_norm", g.add("add", x, attention, name="residual1"), name="norm1")
        wide, y = _feed_forward(g, x, "relu")
        g.add("block_output", g.add("layer_norm", g.add("add", x, y, name="residual2"), name="norm2"), name="y")
        g.lead("num_heads", (attention, "num_heads"))
        g.lead("hidden", (wide, "out_features"))
        g.lead("d_model", (y, "out_features"))
    return s.project()


def decoder_layer() -> Project:
    """Masked self-attention, attention to the memory of the encoder, and feed-forward, each with its residual and
    norm. Vaswani et al. 2017.
    """
    s = Sketch("decoder_layer", "Decoder layer, open")
    with s.inside() as (g, x):
        memory = g.add("block_input", name="memory")
        own = g.add("multi_head_attention", x, name="masked_attention", num_heads=4, causal=True)
        x = g.add("layer_norm", g.add("add", x, own, name="residual1"), name="norm1")
        cross = g.add("multi_head_attention", x, memory, memory, name="cross_attention", num_heads=4)
        x = g.add("layer_norm", g.add("add", x, cross, name="residual2"), name="norm2")
        wide, y = _feed_forward(g, x, "relu")
        last = g.add("layer_norm", g.add("add", x, y, name="residual3"), name="norm3")
        g.add("block_output", last, name="y")
        g.lead("num_heads", (own, "num_heads"), (cross, "num_heads"))
        g.lead("hidden", (wide, "out_features"))
        g.lead("d_model", (y, "out_features"))
    return s.project()


def gpt_layer() -> Project:
    """Normalised before attention and feed-forward, and looking back only: the layer of GPT-2. Set its mode to repeat
    for a whole model. Radford et al. 2019.
    """
    s = Sketch("gpt_layer", "GPT layer")
    with s.inside() as (g, x):
        attention = g.add("multi_head_attention", g.add("layer_norm", x, name="norm1"), name="attention", num_heads=4,
                          causal=True)  # fmt: skip
        middle = g.add("add", x, attention, name="residual1")
        wide, y = _feed_forward(g, g.add("layer_norm", middle, name="norm2"), "gelu")
        g.add("block_output", g.add("add", middle, y, name="residual2"), name="y")
        g.lead("num_heads", (attention, "num_heads"))
        g.lead("hidden", (wide, "out_features"))
        g.lead("d_model", (y, "out_features"))
    return s.project()


def attention_from_parts() -> Project:
    """One head, step by step: q/√d · k, softmax, and the weighted sum of the values. Vaswani et al. 2017."""
    s = Sketch("attention", "Attention from its parts")
    with s.inside() as (g, x):
        q, k, v = (g.add("linear", x, name=name, out_features=64) for name in ("queries", "keys", "values"))
        scaled = g.add("scale", q, name="by_root_of_d", divide_by_sqrt_of_last=True)
        weights = g.add("softmax", g.add("matmul", scaled, k, name="scores", transpose_b=True), name="weights")
        g.add("block_output", g.add("matmul", weights, v, name="weighted_sum"), name="y")
        g.lead("d_head", (q, "out_features"), (k, "out_features"))
        g.lead("d_value", (v, "out_features"))
    return s.project()


def mixer_layer() -> Project:
    """Two layers along the tokens and two along the channels, and no attention at all. Tolstikhin et al. 2021."""
    s = Sketch("mixer", "Mixer layer")
    with s.inside() as (g, x):
        y = g.add("transpose", g.add("layer_norm", x, name="norm1"), name="tokens_last")
        mixed = g.add("linear", y, name="mix_tokens", out_features=64)
        tokens = g.add("linear", g.add("gelu", mixed, name="act1"), name="tokens_back", out_features=16)
        x = g.add("add", x, g.add("transpose", tokens, name="channels_last"), name="residual1")
        wide, y = _feed_forward(g, g.add("layer_norm", x, name="norm2"), "gelu")
        g.add("block_output", g.add("add", x, y, name="residual2"), name="y")
        g.lead("tokens_hidden", (mixed, "out_features"))
        g.lead("tokens", (tokens, "out_features"))
        g.lead("hidden", (wide, "out_features"))
        g.lead("channels", (y, "out_features"))
    return s.project()


def rnn_from_parts() -> Project:
    """h ← tanh(W x + U h), step by step along the sequence. Elman 1990."""
    s = Sketch("rnn", "RNN from its parts", "scan")
    with s.inside() as (g, x):
        h = g.add("block_input", name="h", size=64)
        w, u = g.add("linear", x, name="w", out_features=64), g.add("linear", h, name="u", out_features=64)
        new = g.add("tanh", g.add("add", w, u, name="sum"), name="state")
        g.add("block_output", new, name="y")
        g.add("block_output", new, name="h")
        g.lead("hidden", (h, "size"), (w, "out_features"), (u, "out_features"))
    return s.project()


def lstm_from_gates() -> Project:
    """What to forget, what to write and what to show, each a gate of its own. Hochreiter and Schmidhuber 1997."""
    s = Sketch("lstm", "LSTM from its gates", "scan")
    with s.inside() as (g, x):
        h, c = g.add("block_input", name="h", size=64), g.add("block_input", name="c", size=64)
        seen = g.add("concat", x, h, name="seen")
        parts = {n: g.add("linear", seen, name=n, out_features=64) for n in ("forget", "write", "show", "candidate")}
        gate = {n: g.add("sigmoid", parts[n], name=f"{n}_gate") for n in ("forget", "write", "show")}
        new = g.add("tanh", parts["candidate"], name="candidate_value")
        kept = g.add("multiply", gate["forget"], c, name="kept")
        memory = g.add("add", kept, g.add("multiply", gate["write"], new, name="written"), name="memory")
        state = g.add("multiply", gate["show"], g.add("tanh", memory, name="memory_value"), name="state")
        for name, value in (("y", state), ("h", state), ("c", memory)):
            g.add("block_output", value, name=name)
        g.lead("hidden", (h, "size"), (c, "size"), *((part, "out_features") for part in parts.values()))
    return s.project()


def gru_from_gates() -> Project:
    """h ← (1 − z) n + z h, with n made from what the reset gate lets through. Cho et al. 2014."""
    s = Sketch("gru", "GRU from its gates", "scan")
    with s.inside() as (g, x):
        h = g.add("block_input", name="h", size=64)
        ends: list[tuple[str, str]] = [(h, "size")]

        def gate(name: str) -> tuple[str, str]:
            a = g.add("linear", x, name=f"{name}_x", out_features=64)
            b = g.add("linear", h, name=f"{name}_h", out_features=64)
            ends.extend([(a, "out_features"), (b, "out_features")])
            return a, b

        r = g.add("sigmoid", g.add("add", *gate("reset"), name="reset_sum"), name="reset")
        z = g.add("sigmoid", g.add("add", *gate("update"), name="update_sum"), name="update")
        a, b = gate("new")
        n = g.add("tanh", g.add("add", a, g.add("multiply", r, b, name="let_through"), name="new_sum"), name="new")
        step = g.add("multiply", z, g.add("subtract", h, n, name="old_minus_new"), name="kept")
        state = g.add("add", n, step, name="state")
        g.add("block_output", state, name="y")
        g.add("block_output", state, name="h")
        g.lead("hidden", *ends)
    return s.project()


def made(build: Callable[[], Project]) -> Project:
    """The project of a block, with the words above it."""
    return msgspec.structs.replace(build(), about=" ".join((build.__doc__ or "").split()))


ALL: tuple[Callable[[], Project], ...] = (
    residual_block, bottleneck, inception, squeeze_excitation, inverted_residual, double_convolution, dense_layer,
    convnext_block, feed_forward, encoder_layer, decoder_layer, gpt_layer, attention_from_parts, mixer_layer,
    rnn_from_parts, lstm_from_gates, gru_from_gates,
)  # fmt: skip
