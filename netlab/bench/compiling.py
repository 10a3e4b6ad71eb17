"""Shapes, rules and source of long chains."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netlab.bench.row import Row, best, within


def rows() -> Iterator[Row]:
    """Shapes, rules and source of long chains."""
    from netlab.compiler.builder import Graph
    from netlab.compiler.infer import infer
    from netlab.compiler.lint import lint
    from netlab.compiler.source import generate
    from netlab.document import edits

    for layers, limits in ((1_000, (5.0, 5.0, 50.0)), (10_000, (50.0, 50.0, 500.0))):
        g = Graph()
        x = g.add("input", field="features")
        for i in range(layers // 2):
            x = g.add("relu", g.add("linear", x, name=f"fc{i}", out_features=64))
        g.add("output", x)
        g.add("mse_loss", x, x)
        project = g.project("chain", "iris")
        inferred = infer(project)
        edited = edits.set_option(project, "n2", "out_features", 65)
        actions: list[tuple[str, Callable[[], object]]] = [
            ("infer after an edit", lambda p=edited, i=inferred: infer(p, i)),
            ("lint", lambda p=project, i=inferred: lint(p, i)),
            ("source", lambda p=project, i=inferred: generate(p, i)),
        ]
        for (case, action), limit in zip(actions, limits, strict=True):
            took = best(action)
            yield within("compile", f"{case}, {layers:,} layers", took, "ms", limit)
        took, limit = best(lambda p=project: infer(p)), layers / 40
        yield within("compile", f"infer from nothing, {layers:,} layers", took, "ms", limit)
