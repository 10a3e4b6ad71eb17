"""What is wrong with data and batches is said before training, with a fix that mends it."""

from __future__ import annotations

from typing import Any

import pytest

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.fixes import apply_fix
from netlab.compiler.problem import Problem
from netlab.document import edits
from netlab.document.project import Project


def project(
    data: dict[str, Any] | None = None, source: str = "points", norm: bool = False, scores: int = 2, **training: Any
) -> Project:
    g = Graph()
    x = g.add("input", field={"points": "point", "table": "features"}[source])
    x = g.add("linear", x, out_features=4)
    x = g.add("batch_norm1d", x) if norm else x
    outputs = g.add("linear", x, out_features=scores)
    g.add("output", outputs)
    g.add("cross_entropy_loss", outputs, g.add("input", field="label"))
    return g.project("t", source, data_options=data or {}, **training)


def problems(project: Project) -> dict[str, Problem]:
    return {p.code: p for p in check(project).problems}


def test_a_sound_project_has_no_complaint() -> None:
    assert not problems(project())
    assert not problems(project(norm=True))


def test_something_has_to_learn_from_the_start() -> None:
    made = project()
    first, last = (id for id, node in made.graph.nodes.items() if node.type == "linear")
    waiting = edits.set_node_training(made, [first, last], "frozen_epochs", 2)
    assert "in the first epoch" in problems(waiting)["nothing_learns"].message
    assert not problems(edits.set_node_training(waiting, [last], "frozen_epochs", 0))
    assert "nothing_learns" not in problems(edits.set_node_training(waiting, [last], "frozen_epochs", -1))


def test_losses_want_scores_that_nothing_has_squashed() -> None:
    g = Graph()
    x = g.add("linear", g.add("input", field="point"), name="scores", out_features=2)
    chances = g.add("softmax", x, name="chances")
    g.add("output", chances)
    g.add("cross_entropy_loss", g.add("reroute", chances), g.add("input", field="label"))
    made = g.project("t", "points")
    found = problems(made)["squashed"]
    assert "behind Softmax “chances”" in found.message
    mended = apply_fix(made, found, found.fixes[0])
    assert "squashed" not in problems(mended)
    assert not check(mended).blocking


@pytest.mark.parametrize(
    ("code", "made", "blocks"),
    [
        ("no_validation", project({"validation": 0.0}), False),
        ("no_validation", project({"validation": 0.0}, schedule="plateau"), False),
        ("large_batch", project({"points": 40}, batch_size=64), False),
        ("classes", project(scores=1), True),
        ("spare_scores", project(scores=3), False),
        ("batch_norm_alone", project(norm=True, batch_size=1), True),
        ("batch_norm_alone", project(norm=True, batch_size=8, micro_batches=8), True),
    ],
)
def test_a_problem_is_said_and_its_fix_mends_it(code: str, made: Project, blocks: bool) -> None:
    found = problems(made)[code]
    assert (found.severity == "error") is blocks
    assert found.message.endswith(".")
    mended = made
    for _ in range(2):  # a small batch may be of micro-batches
        if code in problems(mended):
            mended = apply_fix(mended, problems(mended)[code], problems(mended)[code].fixes[0])
    assert code not in problems(mended)


def table(*classes: str) -> dict[str, Any]:
    columns = [
        {"name": "x", "kind": "number"},
        {"name": "y", "kind": "category", "classes": list(classes), "sizes": [30] * len(classes)},
    ]
    facts = {"sha256": "", "bytes": 1, "rows": 30 * len(classes), "bad": 0, "columns": columns}
    return {"path": "gone.csv", "seen": facts}


def test_a_text_is_counted_in_windows_before_it_is_read() -> None:
    seen = {"sha256": "", "bytes": 1000, "characters": 1000, "letters": 20, "files": 1, "bad": 0}
    windows = {"path": "gone.txt", "seen": seen, "tokenizer": "char", "context": 10}
    g = Graph()
    x = g.add("embedding", g.add("input", field="tokens"), num_embeddings=21, embedding_dim=4)
    scores = g.add("linear", x, out_features=21)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="next_token"))
    found = problems(g.project("t", "text_file", data_options=windows, batch_size=100))
    assert set(found) == {"large_batch"}
    assert "80 training rows" in found["large_batch"].message


def test_one_class_blocks_before_the_file_is_read() -> None:
    assert problems(project(table("a"), "table"))["one_class"].severity == "error"
    assert "one_class" not in problems(project(table("a", "b"), "table"))
    assert "large_batch" in problems(project(table("a", "b"), "table", batch_size=64))
