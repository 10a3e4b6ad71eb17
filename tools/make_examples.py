"""Write the example projects. Run ``python tools/make_examples.py`` after a change of layers or format.

Each function builds one graph by hand, placed for reading: left to right, a new row for each thought.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import architectures  # noqa: E402
import library_blocks  # noqa: E402

from netlab.compiler.builder import Graph  # noqa: E402
from netlab.document.file import save  # noqa: E402
from netlab.document.project import Project  # noqa: E402

COLUMN, ROW = 320.0, 164.0


def at(column: float, row: float) -> tuple[float, float]:
    """The canvas position of a cell of the reading grid."""
    return 40 + COLUMN * column, 40 + ROW * row


def spirals() -> Project:
    """The smallest network worth watching: two inputs, two hidden layers, two classes."""
    g = Graph()
    point = g.add("input", field="point", name="point", at=at(0, 0))
    hidden1 = g.add("linear", point, name="hidden1", out_features=32, at=at(1, 0))
    act1 = g.add("tanh", hidden1, at=at(2, 0))
    hidden2 = g.add("linear", act1, name="hidden2", out_features=32, at=at(1, 1))
    act2 = g.add("tanh", hidden2, at=at(2, 1))
    scores = g.add("linear", act2, name="scores", out_features=2, at=at(3, 1))
    output = g.add("output", scores, at=at(4, 0.5))
    label = g.add("input", field="label", name="label", at=at(3, 2))
    g.add("cross_entropy_loss", scores, label, name="loss", at=at(4, 1.5))
    g.watch("decision", output)
    g.watch("weights", hidden2)
    about = "A multi-layer perceptron bends a line until it separates two spirals."
    settings = {"epochs": 300, "batch_size": 64, "learning_rate": 0.01}
    data = {"pattern": "spirals", "points": 1000}
    return g.project("MLP on spirals", "points", about=about, data_options=data, **settings)


def lenet() -> Project:
    """LeCun et al. 1998, with ReLU and max pooling as everybody draws it today."""
    g = Graph()
    image = g.add("input", field="image", name="image", at=at(0, 0))
    conv1 = g.add("conv2d", image, name="conv1", out_channels=12, kernel_size=[5, 5], padding=[2, 2], at=at(1, 0))
    relu1 = g.add("relu", conv1, at=at(2, 0))
    pool1 = g.add("max_pool2d", relu1, at=at(3, 0))
    conv2 = g.add("conv2d", pool1, name="conv2", out_channels=32, kernel_size=[5, 5], padding=[2, 2], at=at(1, 1))
    relu2 = g.add("relu", conv2, at=at(2, 1))
    pool2 = g.add("max_pool2d", relu2, at=at(3, 1))
    flat = g.add("flatten", pool2, name="flat", at=at(4, 1))
    fc1 = g.add("linear", flat, name="fc1", out_features=120, at=at(1, 2))
    relu3 = g.add("relu", fc1, at=at(2, 2))
    drop = g.add("dropout", relu3, p=0.3, at=at(3, 2))
    scores = g.add("linear", drop, name="scores", out_features=10, at=at(4, 2))
    g.add("output", scores, at=at(5, 1.6))
    label = g.add("input", field="label", name="label", at=at(4, 3))
    g.add("cross_entropy_loss", scores, label, name="loss", at=at(5, 2.6))
    g.watch("feature_maps", conv1)
    g.watch("feature_maps", conv2)
    about = "A convolutional network reads 5,000 real handwritten digits, 28 × 28 pixels each."
    return g.project("LeNet on MNIST-5k", "mnist", about=about, epochs=12, batch_size=64, learning_rate=0.0015)


def lstm_digits() -> Project:
    """A recurrent network sees one row of a digit at a time."""
    g = Graph()
    rows = g.add("input", field="rows", name="rows", at=at(0, 0))
    lstm = g.add("lstm", rows, name="lstm", hidden_size=64, at=at(1, 0))
    last = g.add("select_time", lstm, name="last", which="last", at=at(2, 0))
    drop = g.add("dropout", last, p=0.2, at=at(3, 0))
    scores = g.add("linear", drop, name="scores", out_features=10, at=at(1, 1.1))
    g.add("output", scores, at=at(2, 1.1))
    label = g.add("input", field="label", name="label", at=at(1, 1.8))
    g.add("cross_entropy_loss", scores, label, name="loss", at=at(2, 1.8))
    g.watch("weights", lstm)
    about = "An LSTM reads 8 × 8 digits from top to bottom, a row a time step, and answers after the last."
    options = {"as_rows": True}
    settings = {"epochs": 40, "batch_size": 64, "learning_rate": 0.005}
    return g.project("LSTM on digits, row by row", "digits", about=about, data_options=options, **settings)


def gpt(layers: int = 2, d_model: int = 96, heads: int = 4, context: int = 64) -> Project:
    """A small GPT with pre-normalisation, every residual drawn."""
    from netlab.data.dataset import source_of

    data = {"tokenizer": "char", "context": context}
    size = next(f.classes for f in source_of("python_docs", data).fields() if f.name == "tokens") or 0
    g = Graph()
    tokens = g.add("input", field="tokens", name="tokens", at=at(0, 0))
    x = g.add("embedding", tokens, name="token_embedding", num_embeddings=size, embedding_dim=d_model, at=at(1, 0))
    x = g.add("positional_encoding", x, name="position", max_len=max(256, context), at=at(2, 0))
    for i in range(1, layers + 1):
        row = 2 * i - 1
        norm = g.add("layer_norm", x, name=f"norm{i}a", at=at(0, row))
        attention = g.add(
            "multi_head_attention", norm, name=f"attention{i}", num_heads=heads, causal=True, at=at(1, row)
        )
        x = g.add("add", x, attention, name=f"residual{i}a", at=at(2, row))
        norm = g.add("layer_norm", x, name=f"norm{i}b", at=at(0, row + 1))
        wide = g.add("linear", norm, name=f"expand{i}", out_features=4 * d_model, at=at(1, row + 1))
        gelu = g.add("gelu", wide, name=f"gelu{i}", at=at(2, row + 1))
        narrow = g.add("linear", gelu, name=f"contract{i}", out_features=d_model, at=at(3, row + 1))
        x = g.add("add", x, narrow, name=f"residual{i}b", at=at(4, row + 0.5))
        g.watch("attention", attention)
    end = 2 * layers + 1
    norm = g.add("layer_norm", x, name="norm", at=at(0, end))
    logits = g.add("linear", norm, name="logits", out_features=size, bias=False, at=at(1, end))
    g.add("output", logits, at=at(2, end))
    following = g.add("input", field="next_token", name="next_token", at=at(1, end + 0.7))
    g.add("cross_entropy_loss", logits, following, name="loss", at=at(2, end + 0.7))
    about = "A small GPT learns to continue Python's documentation, letter by letter; its attention moves as it learns."
    settings = {"epochs": 6, "batch_size": 32, "learning_rate": 0.002}
    return g.project("Small GPT on text", "python_docs", about=about, data_options=data, **settings)


def main() -> None:
    """Write all of them."""
    folder = ROOT / "examples"
    folder.mkdir(exist_ok=True)
    for build in (spirals, lenet, lstm_digits, gpt, *architectures.ALL):
        save(build(), folder / f"{build.__name__}.netlab")
    (folder / "blocks").mkdir(exist_ok=True)
    for build in library_blocks.ALL:
        save(library_blocks.made(build), folder / "blocks" / f"{build.__name__}.netlab")


if __name__ == "__main__":
    main()
