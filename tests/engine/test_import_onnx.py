"""ONNX files come in with their weights and compute the same; what a file may not do is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from engine.conftest import COMING_BACK, differs
from onnx import TensorProto, helper, numpy_helper

from netlab.compiler.infer import infer
from netlab.data.sources.random_values import described
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.engine.exporting import export
from netlab.engine.importing.faults import ImportFault
from netlab.engine.importing.onnx_file import bring

EXAMPLES = examples()


@pytest.mark.parametrize("name", COMING_BACK)
def test_examples_come_back(name: str, tmp_path: Path) -> None:
    project, path = file.load(EXAMPLES[name]), tmp_path / "model.onnx"
    if name == "seq2seq":  # its GRU is written out step by step
        project = edits.set_data_option(edits.set_data_option(project, "min_length", 2), "max_length", 3)
    file.save(project, tmp_path / "p.netlab")
    assert differs(export(tmp_path / "p.netlab", "onnx", path)) < 1e-4
    fields = infer(project).fields
    inputs = [fields[entry.name] for entry in onnx.load(path).graph.input]
    brought = bring(path, "", described(inputs))
    assert not brought.opaque
    assert brought.difference is not None
    assert brought.difference < 1e-4


def model(nodes: list[Any], weights: dict[str, np.ndarray], sizes: list[Any], out: str = "y") -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, sizes)],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def random(*sizes: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(sizes).astype(np.float32)


OPERATORS: dict[str, tuple[list[Any], dict[str, np.ndarray], list[Any]]] = {
    "batch norm and pooling": (
        [
            helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["h"], epsilon=1e-3),
            helper.make_node("AveragePool", ["h"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
            helper.make_node("GlobalAveragePool", ["p"], ["y"]),
        ],
        {"s": random(3), "b": random(3), "m": random(3), "v": np.abs(random(3)) + 1},
        ["N", 3, 8, 8],
    ),
    "uneven padding": (
        [helper.make_node("Conv", ["x", "w"], ["y"], pads=[0, 1, 2, 1], strides=[2, 2], kernel_shape=[3, 3])],
        {"w": random(4, 3, 3, 3)},
        ["N", 3, 8, 8],
    ),
    "matmul and add": (
        [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Add", ["h", "b"], ["y"])],
        {"w": random(6, 5), "b": random(5)},
        ["N", 7, 6],
    ),
    "activations": (
        [
            helper.make_node("LeakyRelu", ["x"], ["a"], alpha=0.2),
            helper.make_node("Sigmoid", ["a"], ["b"]),
            helper.make_node("Mul", ["a", "b"], ["c"]),
            helper.make_node("Clip", ["c", "low", "high"], ["d"]),
            helper.make_node("Sqrt", ["b"], ["e"]),
            helper.make_node("Div", ["d", "e"], ["y"]),
        ],
        {"low": np.array(-0.5, np.float32), "high": np.array(2.0, np.float32)},
        ["N", 6],
    ),
    "a both-ways LSTM": (
        [
            helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
            helper.make_node("LSTM", ["t", "w", "r", "b"], ["ys", "h"], hidden_size=4, direction="bidirectional"),
            helper.make_node("Transpose", ["ys"], ["u"], perm=[2, 0, 1, 3]),
            helper.make_node("Reshape", ["u", "to"], ["y"]),
        ],
        {"w": random(2, 16, 3), "r": random(2, 16, 4), "b": random(2, 32), "to": np.array([0, 0, -1])},
        ["N", 5, 3],
    ),
    "split, slice and join": (
        [
            helper.make_node("Split", ["x", "widths"], ["a", "b", "c"], axis=-1),
            helper.make_node("Slice", ["b", "start", "end", "axis"], ["d"]),
            helper.make_node("Slice", ["c", "start", "end", "axis"], ["e"]),
            helper.make_node("Concat", ["e", "d"], ["y"], axis=2),
        ],
        {"widths": np.array([1, 2, 3]), "start": np.array([1]), "end": np.array([9999]), "axis": np.array([1])},
        ["N", 4, 6],
    ),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_as_others_write_them(name: str, tmp_path: Path) -> None:
    onnx.save(model(*OPERATORS[name]), tmp_path / "m.onnx")
    brought = bring(tmp_path / "m.onnx", "", "")
    assert not brought.opaque
    assert brought.difference is not None
    assert brought.difference < 1e-5


def test_unknown_operators_are_kept(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Hardmax", ["x"], ["h"], axis=1),
        helper.make_node("MatMul", ["h", "w"], ["y"]),
    ]
    onnx.save(model(nodes, {"w": random(6, 5)}, ["N", 6]), tmp_path / "m.onnx")
    brought = bring(tmp_path / "m.onnx", "", "")
    assert [part.type for part in brought.opaque] == ["onnx.Hardmax"]
    types = [node.type for node in brought.project.graph.nodes.values()]
    assert types == ["input", "onnx.Hardmax", "linear", "output"]
    assert brought.project.graph.nodes["n2"].options == {"axis": 1}


def test_weights_in_other_files_are_refused(tmp_path: Path) -> None:
    made = model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": random(6, 5)}, ["N", 6])
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(ImportFault, match="not allowed to open files"):
        bring(tmp_path / "m.onnx", "", "")


def test_what_is_no_model_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"not a model at all")
    with pytest.raises(ImportFault, match="cannot be read"):
        bring(tmp_path / "m.onnx", "", "")
