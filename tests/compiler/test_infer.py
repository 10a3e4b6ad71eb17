"""Shapes, weights and problems of whole graphs, and the fixes on offer."""

import pytest

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.fixes import apply_fix
from netlab.compiler.infer import infer
from netlab.document import edits
from netlab.document.project import DataChoice, Project


def lenet_without_flatten() -> tuple[Graph, dict[str, str]]:
    g = Graph()
    image = g.add("input", field="image")
    conv = g.add("conv2d", image, name="conv", out_channels=4)
    pool = g.add("max_pool2d", conv, name="pool")
    scores = g.add("linear", pool, name="scores", out_features=10)
    g.add("output", scores)
    label = g.add("input", field="label")
    loss = g.add("cross_entropy_loss", scores, label, name="loss")
    return g, {"conv": conv, "pool": pool, "scores": scores, "loss": loss, "label": label}


def codes(project: Project) -> list[str]:
    return [problem.code for problem in check(project).problems]


@pytest.fixture
def mlp() -> Project:
    g = Graph()
    x = g.add("input", field="features")
    hidden = g.add("linear", x, name="hidden", out_features=16)
    act = g.add("relu", hidden)
    scores = g.add("linear", act, name="scores", out_features=3)
    g.add("output", scores)
    label = g.add("input", field="label")
    g.add("cross_entropy_loss", scores, label, name="loss")
    return g.project("iris", "iris")


def test_shapes_and_parameters_of_a_sound_graph(mlp):
    inferred = check(mlp)
    assert inferred.problems == ()
    assert str(inferred.outputs["n1", "y"]) == "B × 4"
    assert str(inferred.outputs["n2", "y"]) == "B × 16"
    assert inferred.weights["n2"] == {"weight": (16, 4), "bias": (16,)}
    assert inferred.parameters() == 16 * 4 + 16 + 3 * 16 + 3
    assert inferred.parameters("n2") == 80


def test_a_missing_flatten_names_both_nodes_and_offers_the_fix():
    g, node = lenet_without_flatten()
    project = g.project("digits", "digits")
    problem = next(p for p in check(project).problems if p.node in (node["scores"], node["loss"]))
    assert problem.severity == "error"
    assert problem.fixes, problem.message
    for _ in range(3):  # one fix may uncover the next; all are clicks
        found = [p for p in check(project).blocking if p.fixes]
        if not found:
            break
        project = apply_fix(project, found[0], found[0].fixes[0])
    assert check(project).blocking == []


def test_each_mistake_is_told_once(mlp):
    broken = edits.set_option(mlp, "n2", "out_features", -3)
    told = [p for p in check(broken).problems if p.severity == "error"]
    assert [p.node for p in told] == ["n2"]
    assert "1 to" in told[0].message
    mended = apply_fix(broken, told[0], told[0].fixes[0])
    assert check(mended).blocking == []


def test_an_unknown_layer_is_kept_and_said(mlp):
    nodes = dict(mlp.graph.nodes)
    import msgspec

    nodes["n3"] = msgspec.structs.replace(nodes["n3"], type="relux", options={"slope": 3})
    project = msgspec.structs.replace(mlp, graph=msgspec.structs.replace(mlp.graph, nodes=nodes))
    problem = next(p for p in check(project).problems if p.code == "unknown_layer")
    assert problem.node == "n3"
    assert "relu" in problem.message
    assert project.graph.nodes["n3"].options == {"slope": 3}


def test_a_cycle_is_named_and_can_be_cut(mlp):
    import msgspec

    from netlab.document.graph import Edge

    edges = {k: e for k, e in mlp.graph.edges.items() if e.target != "n2"}
    edges["e99"] = Edge("e99", "n3", "y", "n2", "x")
    project = msgspec.structs.replace(mlp, graph=msgspec.structs.replace(mlp.graph, edges=edges))
    problem = next(p for p in check(project).problems if p.code == "cycle")
    assert "hidden" in problem.message
    assert "cycle" in problem.message
    mended = apply_fix(project, problem, problem.fixes[0])
    assert "cycle" not in codes(mended)


def test_open_ports_missing_ends_and_missing_data():
    assert codes(Project()) == ["no_data", "empty"]
    g = Graph()
    g.add("linear", name="alone")
    project = g.project("x", "iris")
    assert set(codes(project)) == {"open_port", "no_output", "no_loss"}
    unknown = edits.set_data(project, "irish", {})
    assert "iris" in next(p.message for p in check(unknown).problems if p.code == "data")


def test_too_few_classes_and_a_small_vocabulary_are_mended_by_a_click(mlp):
    few = edits.set_option(mlp, "n4", "out_features", 2)
    problem = next(p for p in check(few).problems if p.code == "classes")
    assert "3 classes" in problem.message
    assert check(apply_fix(few, problem, problem.fixes[0])).problems == ()

    g = Graph()
    tokens = g.add("input", field="tokens")
    embedding = g.add("embedding", tokens, num_embeddings=5, embedding_dim=8)
    logits = g.add("linear", embedding, out_features=200)
    g.add("output", logits)
    g.add("cross_entropy_loss", logits, g.add("input", field="next_token"))
    text = g.project("t", "python_docs")
    problem = next(p for p in check(text).problems if p.code == "vocabulary")
    assert "vocabulary" not in codes(apply_fix(text, problem, problem.fixes[0]))


def test_a_node_that_goes_nowhere_is_a_warning_not_an_error(mlp):
    from netlab.document.graph import Node

    project = edits.add_node(mlp, Node("n50", "relu"))
    project = edits.connect(project, "n2", "y", "n50", "x")
    inferred = check(project)
    assert [p.code for p in inferred.problems] == ["unused"]
    assert inferred.blocking == []


def test_absurd_sizes_are_counted_without_being_allocated():
    g = Graph()
    x = g.add("input", field="features")
    for _ in range(3):
        x = g.add("linear", x, out_features=1048576)
    assert infer(g.project("huge", "iris")).parameters() > 2e12


def test_chains_of_ten_thousand_do_not_recurse():
    g = Graph()
    x = g.add("input", field="features")
    for _ in range(10_000):
        x = g.add("relu", x)
    inferred = infer(Project(graph=_value(g), data=DataChoice("iris", {})))
    assert str(inferred.outputs[x, "y"]) == "B × 4"


def _value(g: Graph):
    from netlab.document.graph import Graph as Value

    return Value(g.nodes, g.edges)
