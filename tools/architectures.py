"""Architectures from the history of the field, each small enough to train on two cores while one watches."""

from __future__ import annotations

import msgspec

from netlab.app.canvas.arrange import GAP_Y, arrange
from netlab.app.canvas.geometry import WIDTH, layout_of
from netlab.compiler.blocks import class_of
from netlab.compiler.builder import Graph
from netlab.data.dataset import source_of
from netlab.document.graph import Graph as GraphValue
from netlab.document.project import Project


def place(g: Graph) -> None:
    """Arrange the nodes of every scope as the window does it."""
    graph = GraphValue(dict(g.nodes), dict(g.edges))
    for scope in {node.parent for node in g.nodes.values()}:
        for id, (x, y) in arrange(graph, [node.id for node in graph.inside(scope)]).items():
            g.nodes[id] = msgspec.structs.replace(g.nodes[id], x=x, y=y)


def lead(g: Graph, source: str, target: str, port: str, below: str) -> None:
    """Wire two nodes that are placed, by two dots: from beside the source along below a node to before the target."""
    begin, end, above = g.nodes[source], g.nodes[target], g.nodes[below]
    lane = above.y + layout_of(class_of(GraphValue(g.nodes, g.edges), above), set(), set()).rect.height() + GAP_Y / 2
    first = g.add("reroute", source, at=(begin.x + WIDTH + 38, lane))
    second = g.add("reroute", first, at=(end.x - 76, lane))
    g.connect(second, target, target_port=port)


def perceptron() -> Project:
    """Rosenblatt 1958: a weighted sum and a threshold."""
    g = Graph()
    x = g.add("input", field="features", name="features", at=(0, 0))
    total = g.add("linear", x, name="weighted_sum", out_features=3, at=(320, 0))
    answer = g.add("step", total, name="threshold", surrogate="identity", at=(640, 0))
    g.add("output", answer, at=(960, 0))
    label = g.add("input", field="label", name="label", at=(320, 120))
    g.add("hinge_loss", total, label, name="loss", at=(640, 120))
    g.watch("weights", total)
    about = "Rosenblatt's perceptron of 1958: a weighted sum and a threshold tell three kinds of iris apart."
    settings = {"epochs": 60, "batch_size": 8, "learning_rate": 0.01, "optimizer": "sgd"}
    return g.project("Perceptron on iris", "iris", about=about, **settings)


def autoencoder(code: int = 16) -> Project:
    """Hinton and Salakhutdinov 2006: squeeze an image through few numbers and make it again."""
    g = Graph()
    image = g.add("input", field="image", name="image")
    x = g.add("flatten", image, name="pixels")
    for width in (256, 64):
        x = g.add("relu", g.add("linear", x, name=f"encode{width}", out_features=width))
    x = g.add("linear", x, name="code", out_features=code)
    for width in (64, 256):
        x = g.add("relu", g.add("linear", x, name=f"decode{width}", out_features=width))
    x = g.add("linear", x, name="pixels_again", out_features=784)
    again = g.add("reshape", x, name="image_again", sizes=[1, 28, 28])
    g.add("output", again)
    loss = g.add("mse_loss", again, name="loss")
    g.watch("feature_maps", again)
    place(g)
    lead(g, image, loss, "target", below=image)
    about = f"An autoencoder squeezes 784 pixels into {code} numbers and learns to draw the digit again from them."
    return g.project("Autoencoder on MNIST-5k", "mnist", about=about, epochs=30, batch_size=64, learning_rate=0.001)


def vae(code: int = 8) -> Project:
    """Kingma and Welling 2013: an autoencoder whose code is a distribution."""
    g = Graph()
    image = g.add("input", field="image", name="image")
    x = g.add("flatten", image, name="pixels")
    x = g.add("relu", g.add("linear", x, name="encode", out_features=256))
    mean = g.add("linear", x, name="mean", out_features=code)
    log_var = g.add("linear", x, name="log_variance", out_features=code)
    z = g.add("reparameterize", mean, log_var, name="sample")
    x = g.add("relu", g.add("linear", z, name="decode", out_features=256))
    x = g.add("linear", x, name="pixels_again", out_features=784)
    again = g.add("reshape", x, name="image_again", sizes=[1, 28, 28])
    g.add("output", again)
    loss = g.add("mse_loss", again, name="reconstruction", weight=784.0)
    g.add("kl_loss", mean, log_var, name="divergence", weight=0.5)
    place(g)
    lead(g, image, loss, "target", below=z)
    about = "A variational autoencoder: its code is a distribution, drawn towards the unit Gaussian by the second loss."
    return g.project("VAE on MNIST-5k", "mnist", about=about, epochs=30, batch_size=64, learning_rate=0.001)


def _basic_block(g: Graph, x: str, name: str, channels: int, stride: int, shortcut: bool) -> str:
    """Two convolutions and the way around them, as a block; returns its id."""
    block = g.block(name)
    with g.inside(block):
        entry = g.add("block_input", name="x")
        y = g.add("conv2d", entry, name="conv1", out_channels=channels, padding=[1, 1], stride=[stride] * 2, bias=False)
        y = g.add("relu", g.add("batch_norm2d", y, name="norm1"), name="act1")
        y = g.add("conv2d", y, name="conv2", out_channels=channels, padding=[1, 1], bias=False)
        y = g.add("batch_norm2d", y, name="norm2")
        around = entry
        if shortcut:
            around = g.add(
                "conv2d",
                entry,
                name="shortcut",
                out_channels=channels,
                kernel_size=[1, 1],
                stride=[stride] * 2,
                bias=False,
            )
            around = g.add("batch_norm2d", around, name="shortcut_norm")
        y = g.add("relu", g.add("add", y, around, name="residual"), name="act2")
        g.add("block_output", y, name="y")
    g.connect(x, block, target_port=entry)
    return block


def resnet18(width: int = 16) -> Project:
    """He et al. 2015, at a quarter of the width, for images of 28 × 28."""
    g = Graph()
    image = g.add("input", field="image", name="image")
    x = g.add("conv2d", image, name="stem", out_channels=width, padding=[1, 1], bias=False)
    x = g.add("relu", g.add("batch_norm2d", x, name="stem_norm"), name="stem_act")
    for stage in range(4):
        channels = width * 2**stage
        first = _basic_block(g, x, f"stage{stage + 1}_down", channels, 2 if stage else 1, bool(stage))
        x = _basic_block(g, first, f"stage{stage + 1}", channels, 1, False)
    x = g.add("global_avg_pool", x, name="pool")
    scores = g.add("linear", x, name="scores", out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label", name="label"), name="loss")
    place(g)
    about = (
        "ResNet-18: eight blocks of two convolutions, each with a way around, so that gradients reach the first layer."
    )
    return g.project("ResNet-18 on MNIST-5k", "mnist", about=about, epochs=6, batch_size=64, learning_rate=0.002)


def unet(width: int = 12) -> Project:
    """Ronneberger et al. 2015: down, up, and across; here it takes noise out of digits."""
    g = Graph()
    image = g.add("input", field="image", name="image")
    x = g.add("gaussian_noise", image, name="noise", std=0.8)

    def double(x: str, name: str, channels: int) -> str:
        for i in (1, 2):
            x = g.add("conv2d", x, name=f"{name}_conv{i}", out_channels=channels, padding=[1, 1])
            x = g.add("relu", x, name=f"{name}_act{i}")
        return x

    top = double(x, "down1", width)
    middle = double(g.add("max_pool2d", top, name="pool1"), "down2", 2 * width)
    x = double(g.add("max_pool2d", middle, name="pool2"), "bottom", 4 * width)
    x = g.add("conv_transpose2d", x, name="up2", out_channels=2 * width)
    x = double(g.add("concat", x, middle, name="across2", axis=1), "up2", 2 * width)
    x = g.add("conv_transpose2d", x, name="up1", out_channels=width)
    x = double(g.add("concat", x, top, name="across1", axis=1), "up1", width)
    clean = g.add("conv2d", x, name="clean", out_channels=1, kernel_size=[1, 1])
    g.add("output", clean)
    loss = g.add("mse_loss", clean, name="loss")
    g.watch("feature_maps", clean)
    place(g)
    lead(g, image, loss, "target", below=image)
    about = "A U-Net takes noise out of digits: down to see the whole, up again, and across so that no detail is lost."
    return g.project("U-Net without noise", "mnist", about=about, epochs=8, batch_size=64, learning_rate=0.002)


def vit(d_model: int = 64) -> Project:
    """Dosovitskiy et al. 2020: an image is worth 7 × 7 patches."""
    g = Graph()
    image = g.add("input", field="image", name="image")
    x = g.add("patch_embedding", image, name="patches", patch_size=[4, 4], embedding_dim=d_model, class_token=True)
    x = g.add("learned_positional_encoding", x, name="position", max_len=64)
    for i in (1, 2):
        normed = g.add("layer_norm", x, name=f"norm{i}a")
        attention = g.add("multi_head_attention", normed, name=f"attention{i}", num_heads=4)
        x = g.add("add", x, attention, name=f"residual{i}a")
        x = g.add("add", x, g.add("feed_forward", g.add("layer_norm", x, name=f"norm{i}b"), name=f"feed_forward{i}",
                                  hidden_size=4 * d_model), name=f"residual{i}b")  # fmt: skip
        g.watch("attention", attention)
    x = g.add("select_time", g.add("layer_norm", x, name="norm"), name="class_token", which="first")
    scores = g.add("linear", x, name="scores", out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label", name="label"), name="loss")
    place(g)
    about = "A vision transformer cuts a digit into 7 × 7 patches and reads them as a sentence."
    return g.project("ViT on MNIST-5k", "mnist", about=about, epochs=20, batch_size=64, learning_rate=0.001)


def lstm_from_gates(size: int = 48) -> Project:
    """Hochreiter and Schmidhuber 1997: every gate a node, in a block that is scanned along time."""
    g = Graph()
    rows = g.add("input", field="rows", name="rows")
    cell = g.block("cell", mode="scan")
    with g.inside(cell):
        x = g.add("block_input", name="x")
        h = g.add("block_input", name="h", size=size)
        c = g.add("block_input", name="c", size=size)
        seen = g.add("concat", x, h, name="seen")
        gate = {n: g.add("sigmoid", g.add("linear", seen, name=n, out_features=size), name=f"{n}_gate")
                for n in ("forget", "write", "show")}  # fmt: skip
        new = g.add("tanh", g.add("linear", seen, name="candidate", out_features=size), name="candidate_value")
        kept = g.add("multiply", gate["forget"], c, name="kept")
        memory = g.add("add", kept, g.add("multiply", gate["write"], new, name="written"), name="memory")
        state = g.add("multiply", gate["show"], g.add("tanh", memory, name="memory_value"), name="state")
        y = g.add("block_output", state, name="y")
        g.add("block_output", state, name="h")
        g.add("block_output", memory, name="c")
    g.connect(rows, cell, target_port=x)
    last = g.add("select_time", name="last")
    g.connect(cell, last, source_port=y, target_port="x")
    scores = g.add("linear", last, name="scores", out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label", name="label"), name="loss")
    place(g)
    about = "An LSTM built from its gates: open the block to see what is forgotten, written and shown at every step."
    options = {"as_rows": True}
    settings = {"epochs": 30, "batch_size": 64, "learning_rate": 0.005}
    return g.project("LSTM from its gates", "digits", about=about, data_options=options, **settings)


def _translator(data: str, options: dict[str, object], embedding: int, size: int) -> Graph:
    """Encoder and decoder of GRUs, with additive attention between (Bahdanau et al. 2014)."""
    g = Graph()
    symbols = source_of(data, options).fields()[0].classes or 0
    source = g.add("input", field="source", name="source")
    heard = g.add("embedding", source, name="source_embedding", num_embeddings=symbols, embedding_dim=embedding)
    read = g.add("gru", heard, name="encoder", hidden_size=size)
    given = g.add("input", field="target_in", name="target_in")
    embedded = g.add("embedding", given, name="target_embedding", num_embeddings=symbols, embedding_dim=embedding)
    written = g.add("gru", embedded, name="decoder", hidden_size=size)
    g.connect(read, written, source_port="h", target_port="h0")
    seen = g.add("padding_mask", source, name="not_padding", padding_index=0)
    context = g.add("additive_attention", written, read, seen, name="attention", hidden_size=size)
    joined = g.add("concat", written, context, name="state_and_context")
    mixed = g.add("tanh", g.add("linear", joined, name="mix", out_features=size))
    logits = g.add("linear", mixed, name="logits", out_features=symbols)
    g.add("output", logits)
    target = g.add("input", field="target", name="target")
    g.add("cross_entropy_loss", logits, target, name="loss", ignore_index=0)
    g.watch("attention", context)
    place(g)
    return g


def seq2seq(size: int = 64) -> Project:
    """Sutskever et al. 2014 with the attention of Bahdanau et al. 2014."""
    about = "Sequence to sequence with attention: reverse a row of digits, and see where the decoder looks."
    settings = {"epochs": 30, "batch_size": 64, "learning_rate": 0.003}
    g = _translator("sequences", {}, 32, size)
    return g.project("Seq2seq with attention", "sequences", about=about, **settings)


def dates(size: int = 128) -> Project:
    """The same on dates as people write them, in thirteen languages."""
    about = (
        "Sequence to sequence with attention reads dates in thirteen languages, such as “Samstag, 3. Oktober 1998”, "
        "and writes 1998-10-03. The map shows which letters it looks at for each digit."
    )
    settings = {"epochs": 6, "batch_size": 64, "learning_rate": 0.003, "schedule": "cosine", "clip": "norm"}
    g = _translator("phrases", {}, 32, size)
    parts = {"validation": 0.05, "test": 0.05}
    return g.project("Dates in thirteen languages", "phrases", about=about, data_options=parts, **settings)


def transformer(d_model: int = 64) -> Project:
    """Vaswani et al. 2017: encoder and decoder, the cross-attention open to see."""
    g = Graph()
    options = {"rule": "sort"}
    symbols = source_of("sequences", options).fields()[0].classes or 0
    source = g.add("input", field="source", name="source")
    x = g.add("embedding", source, name="source_embedding", num_embeddings=symbols, embedding_dim=d_model)
    x = g.add("positional_encoding", x, name="source_position", max_len=64)
    seen = g.add("padding_mask", source, name="not_padding", padding_index=0)
    memory = g.add("encoder_layer", x, seen, name="encoder", num_heads=4, dim_feedforward=128)
    given = g.add("input", field="target_in", name="target_in")
    y = g.add("embedding", given, name="target_embedding", num_embeddings=symbols, embedding_dim=d_model)
    y = g.add("positional_encoding", y, name="target_position", max_len=64)
    own = g.add("multi_head_attention", y, name="masked_attention", num_heads=4, causal=True)
    y = g.add("layer_norm", g.add("add", y, own, name="residual1"), name="norm1")
    cross = g.add("multi_head_attention", y, memory, memory, seen, name="cross_attention", num_heads=4)
    y = g.add("layer_norm", g.add("add", y, cross, name="residual2"), name="norm2")
    wide = g.add("feed_forward", y, name="feed_forward", hidden_size=128)
    y = g.add("layer_norm", g.add("add", y, wide, name="residual3"), name="norm3")
    logits = g.add("linear", y, name="logits", out_features=symbols)
    g.add("output", logits)
    g.add("cross_entropy_loss", logits, g.add("input", field="target", name="target"), name="loss", ignore_index=0)
    g.watch("attention", own)
    g.watch("attention", cross)
    place(g)
    about = (
        "The Transformer of 2017 sorts digits: its decoder is drawn to the last addition, so both attentions are seen."
    )
    settings = {"epochs": 30, "batch_size": 64, "learning_rate": 0.001}
    return g.project("Transformer that sorts", "sequences", about=about, data_options=options, **settings)


def bert(d_model: int = 96) -> Project:
    """Devlin et al. 2018: masked words and next sentences, L = L_MLM + λ L_NSP."""
    g = Graph()
    size = source_of("masked_docs", {}).fields()[0].classes or 0
    tokens = g.add("input", field="tokens", name="tokens")
    segment = g.add("input", field="segment", name="segment")
    words = g.add("embedding", tokens, name="token_embedding", num_embeddings=size, embedding_dim=d_model)
    parts = g.add("embedding", segment, name="segment_embedding", num_embeddings=2, embedding_dim=d_model)
    x = g.add("add", words, parts, name="embeddings")
    x = g.add("layer_norm", g.add("learned_positional_encoding", x, name="position", max_len=64), name="norm")
    seen = g.add("padding_mask", tokens, name="not_padding", padding_index=0)
    attentions = []
    for i in (1, 2):
        attention = g.add("multi_head_attention", x, name=f"attention{i}", num_heads=4)
        attentions.append(attention)
        if i == 1:
            g.connect(seen, attention, target_port="mask")
        x = g.add("layer_norm", g.add("add", x, attention, name=f"residual{i}a"), name=f"norm{i}a")
        wide = g.add("feed_forward", x, name=f"feed_forward{i}", hidden_size=4 * d_model, activation="gelu")
        x = g.add("layer_norm", g.add("add", x, wide, name=f"residual{i}b"), name=f"norm{i}b")
        g.watch("attention", attention)
    guesses = g.add("linear", x, name="word_scores", out_features=size)
    g.add("output", guesses)
    original = g.add("input", field="original", name="original")
    g.add("cross_entropy_loss", guesses, original, name="masked_words", ignore_index=0)
    first = g.add("select_time", x, name="cls", which="first")
    follows = g.add("linear", g.add("tanh", g.add("linear", first, name="pooler", out_features=d_model)),
                    name="next_scores", out_features=2)  # fmt: skip
    g.add("output", follows)
    is_next = g.add("input", field="is_next", name="is_next")
    g.add("cross_entropy_loss", follows, is_next, name="next_sentence", weight=0.5)
    place(g)
    lead(g, seen, attentions[1], "mask", below=attentions[0])
    about = (
        "A small BERT: hidden words are guessed and sentence pairs judged; the loss is L_MLM + λ · L_NSP, λ the weight."
    )
    return g.project("Small BERT", "masked_docs", about=about, epochs=20, batch_size=32, learning_rate=0.001)


def gpt_blocks(d_model: int = 64) -> Project:
    """The GPT of the other example with its layer drawn once, in a block that is repeated."""
    g = Graph()
    data = {"tokenizer": "char", "context": 64}
    size = source_of("python_docs", data).fields()[0].classes or 0
    tokens = g.add("input", field="tokens", name="tokens")
    x = g.add("embedding", tokens, name="token_embedding", num_embeddings=size, embedding_dim=d_model)
    x = g.add("positional_encoding", x, name="position", max_len=256)
    layer = g.block("layer", mode="repeat", repeat=4)
    with g.inside(layer):
        entry = g.add("block_input", name="x")
        attention = g.add("multi_head_attention", g.add("layer_norm", entry, name="norm1"), name="attention",
                          num_heads=4, causal=True)  # fmt: skip
        middle = g.add("add", entry, attention, name="residual1")
        wide = g.add("feed_forward", g.add("layer_norm", middle, name="norm2"), name="feed_forward",
                     hidden_size=4 * d_model, activation="gelu")  # fmt: skip
        out = g.add("block_output", g.add("add", middle, wide, name="residual2"), name="y")
    g.connect(x, layer, target_port=entry)
    norm = g.add("layer_norm", name="norm")
    g.connect(layer, norm, source_port=out, target_port="x")
    logits = g.add("linear", norm, name="logits", out_features=size, bias=False)
    g.add("output", logits)
    g.add("cross_entropy_loss", logits, g.add("input", field="next_token", name="next_token"), name="loss")
    g.watch("attention", attention)
    place(g)
    about = "GPT as people write it: one layer, drawn once inside a block, repeated four times with weights of its own."
    settings = {"epochs": 6, "batch_size": 32, "learning_rate": 0.002}
    return g.project("GPT from a repeated block", "python_docs", about=about, data_options=data, **settings)


ALL = (
    perceptron,
    autoencoder,
    vae,
    resnet18,
    unet,
    vit,
    lstm_from_gates,
    seq2seq,
    dates,
    transformer,
    bert,
    gpt_blocks,
)
