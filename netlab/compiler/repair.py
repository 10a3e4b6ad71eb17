"""Fixes for problems: guessed by kind, and offered only if a trial shows that they mend something.

A rule knows what is wrong, and sometimes what would mend it. This module adds what people would try next (an adapter
on the wire, another width, the missing wire), applies every guess to a copy of the project, and keeps those after
which fewer problems are left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from netlab.compiler.fixes import apply_fix
from netlab.compiler.infer import Inferred, infer
from netlab.compiler.lint import lint
from netlab.compiler.problem import ERROR, Problem, label
from netlab.compiler.trace import source_fix
from netlab.document import edits
from netlab.document.graph import BLOCK_INPUT
from netlab.document.project import Project
from netlab.language import mark, tr
from netlab.layers.layer import Fix, catalogue
from netlab.options import Python

MAX_FIXES, MAX_TRIALS = 3, 48
VISITS = 6_000  # nodes looked at in all trials together, at some 30 µs each
BRIDGE = mark("Remove the node and join its wires")
ADAPTERS = ("flatten", "select_time", "embedding", "unsqueeze", "transpose", "one_hot", "global_avg_pool")


def with_fixes(project: Project, inferred: Inferred) -> Inferred:
    """The same, with fixes that were tried, for as many of the first blocking problems as the time allows."""
    if not inferred.blocking:
        return inferred
    trials = VISITS // max(len(project.graph.nodes), 1)
    problems = []
    for problem in inferred.problems:
        if problem.severity == ERROR and trials > 0:
            fixes, used = _tried(project, inferred, problem, min(trials, MAX_TRIALS))
            problem, trials = replace(problem, fixes=fixes), trials - used
        problems.append(problem)
    return replace(inferred, problems=tuple(problems))


def _tried(project: Project, inferred: Inferred, problem: Problem, trials: int) -> tuple[tuple[Fix, ...], int]:
    """The fixes that work, the ones that leave least wrong first, and how many were tried.

    If none works, the unproved ones of the rule.
    """
    before = len(inferred.blocking)
    kept: list[tuple[int, int, Fix]] = []
    seen: set[str] = set()
    results: list[Project] = []
    for fix in _guesses(project, inferred, problem):
        if len(seen) >= trials or sum(left == 0 for left, _, _ in kept) >= MAX_FIXES:
            break
        if fix.label in seen:
            continue
        seen.add(fix.label)
        mended = _mended(project, problem, fix)
        if mended is None or mended in results:  # two words for one change
            continue
        left = _left(mended, inferred)
        if left < before:
            results.append(mended)
            kept.append((left, len(seen), fix))
    kept.sort(key=lambda entry: entry[:2])
    least = kept[0][0] if kept else 0
    proved = tuple(fix for left, _, fix in kept[:MAX_FIXES] if left == least)
    unproved = () if proved else tuple(fix for fix in problem.fixes if _mended(project, problem, fix) is not None)
    return proved or unproved, len(seen)


def _mended(project: Project, problem: Problem, fix: Fix) -> Project | None:
    """The project after a fix; None if it cannot be applied."""
    try:
        return apply_fix(project, problem, fix)
    except (edits.EditError, ValueError, KeyError):
        return None


def _left(mended: Project, inferred: Inferred) -> int:
    """How many blocking problems are left."""
    after = infer(mended, inferred)
    return sum(p.severity == ERROR for p in [*after.problems, *lint(mended, after)])


def _guesses(project: Project, inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    yield from problem.fixes
    match problem.code:
        case "cycle":
            yield from _ways_out(project, inferred)
        case "open_port":
            yield from _wires_to_all(project, inferred)
            yield from _wires(project, inferred, problem)
            yield from _fields(inferred, problem)
            yield from _through(project, inferred)
            yield from _lead_in(project, inferred, problem)
        case "shape" | "classes":
            yield from _adapters(problem)
            yield from _widths(project, inferred, problem)
            yield from _own_options(project, inferred, problem)
            yield from _other_sources(project, inferred, problem)
            yield from _fields(inferred, problem)
            yield from _without_source(project, problem)
            yield Fix(tr(BRIDGE), "bridge", {})
            yield from _other_types(inferred)
            yield from _other_source_types(project, inferred, problem)
        case "no_output":
            yield from _ends(project, inferred)
        case "no_loss":
            yield from _losses(project, inferred)
        case "unknown_layer":
            yield from _known_types(project, problem)
        case "option":
            yield from _named_fields(project, inferred, problem)
            yield from _known_options(project, problem)
        case "data":
            yield Fix(tr("Use the points data"), "set_data", {"source": "points"})
        case _:
            pass
    if problem.edge:
        yield Fix(tr("Remove this wire"), "remove", {"ids": [problem.edge]})


def _wires(project: Project, inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    """From the nodes that feed nobody first, then from the nearest."""
    graph = project.graph
    here = graph.nodes[problem.node]
    used = {(edge.source, edge.source_port) for edge in graph.edges.values()}

    def far(key: tuple[str, str]) -> tuple[bool, float]:
        node = graph.nodes[key[0]]
        return key in used, abs(node.x - here.x) + abs(node.y - here.y)

    for node, port in sorted((key for key in inferred.outputs if key[0] != problem.node), key=far)[:12]:
        name = label(graph.nodes[node])
        values: dict[str, object] = {"source": node, "source_port": port}
        yield Fix(tr("Wire {node} to {port}", node=name, port=problem.port), "connect", values)


def _wires_to_all(project: Project, inferred: Inferred) -> Iterator[Fix]:
    """One value for every open input: what a removed node leaves behind."""
    open_ports = [[p.node, p.port] for p in inferred.problems if p.code == "open_port"]
    if len(open_ports) < 2:
        return
    used = {(edge.source, edge.source_port) for edge in project.graph.edges.values()}
    for node, port in sorted(inferred.outputs, key=lambda key: key in used)[:16]:
        name = label(project.graph.nodes[node])
        values: dict[str, object] = {"source": node, "source_port": port, "ports": open_ports}
        yield Fix(tr("Wire {node} to all open inputs", node=name), "connect", values)


def _ways_out(project: Project, inferred: Inferred) -> Iterator[Fix]:
    """Every wire among the nodes of the cycle, taken from a node outside it instead."""
    graph = project.graph
    circular = set(graph.nodes) - set(inferred.order)
    inside = [edge for edge in graph.edges.values() if edge.source in circular and edge.target in circular]
    for node, port in reversed(list(inferred.outputs)):
        for edge in inside:
            title = tr(
                "Wire {node} to {other} instead", node=label(graph.nodes[node]), other=label(graph.nodes[edge.target])
            )
            ports = [[edge.target, edge.target_port]]
            yield Fix(title, "connect", {"source": node, "source_port": port, "ports": ports, "cut": [edge.id]})


def _named_fields(project: Project, inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    cls = catalogue().get(project.graph.nodes[problem.node].type)
    if cls is not None and "field" in cls.options():
        for name in inferred.fields:
            yield Fix(tr("Use the field {name}", name=name), "set_option", {"name": "field", "value": name})


def _fields(inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    """A new Input for each field of the data, those that nothing reads yet first."""
    read = {layer.values["field"] for layer in inferred.layers.values() if layer.role == "input"}
    for name in sorted(inferred.fields, key=lambda name: name in read):
        yield Fix(tr("Add an Input for {name}", name=name), "feed", {"field": name})


def _adapters(problem: Problem) -> Iterator[Fix]:
    known = catalogue()
    for key in ADAPTERS:
        if key in known:
            yield Fix(tr("Insert {layer}", layer=tr(known[key].title())), "insert", {"type": key})


def _widths(project: Project, inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    """Make what arrives as wide as what the other ports of the node get, or as there are classes."""
    arriving = {port: shape for (node, port), shape in inferred.inputs.items() if node == problem.node}
    layer = inferred.layers.get(problem.node)
    wanted = [shape.sizes[-1] for shape in arriving.values() if shape.rank]
    wanted += [field.classes for field in inferred.fields.values()]
    sizes = [size for size in dict.fromkeys(wanted) if size]
    for port in arriving:
        for size in sizes:
            yield from source_fix(project, inferred, problem.node, port, size)
    if layer is not None and problem.port:
        for size in sizes[:3]:
            values: dict[str, object] = {"type": "linear", "options": {"out_features": size}}
            yield Fix(tr("Insert Linear with {size} outputs", size=size), "insert", values)


def _other_types(inferred: Inferred) -> Iterator[Fix]:
    """Another layer instead of the node: one without weights, or one as wide as the classes or as other values are."""
    for key, options, name in _usual(inferred):
        yield Fix(tr("Make it {layer}", layer=name), "set_type", {"type": key, "options": options})


def _other_source_types(project: Project, inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    """The same for the node that sends what does not fit."""
    edge = project.graph.into(problem.node).get(problem.port) if problem.node else None
    if edge is not None:
        for key, options, name in _usual(inferred):
            title = tr("Make {node} {layer}", node=label(project.graph.nodes[edge.source]), layer=name)
            yield Fix(title, "set_type", {"type": key, "options": options}, edge.source)


def _through(project: Project, inferred: Inferred) -> Iterator[Fix]:
    """What nobody reads yet, led through a layer that makes it fit."""
    used = {(edge.source, edge.source_port) for edge in project.graph.edges.values()}
    for node, port in [key for key in inferred.outputs if key not in used][:2]:
        for key, options, name in _usual(inferred):
            values: dict[str, object] = {"source": node, "source_port": port, "through": key, "options": options}
            yield Fix(
                tr("Wire {node} through {layer}", node=label(project.graph.nodes[node]), layer=name), "connect", values
            )


def _usual(inferred: Inferred) -> Iterator[tuple[str, dict[str, object], str]]:
    """Layers that people put where something does not fit: type, options, and what to call it."""
    yield from (("flatten", {}, tr("a Flatten")), ("select_time", {}, tr("a Select over time")))
    classes = [field.classes for field in inferred.fields.values() if field.classes]
    sizes = classes + [shape.sizes[-1] for shape in inferred.outputs.values() if shape.rank and shape.sizes[-1]]
    sizes += [layer.values["out_features"] for layer in inferred.layers.values() if "out_features" in layer.values]
    for size in list(dict.fromkeys(sizes))[:8]:
        yield "linear", {"out_features": size}, tr("a Linear with {size} outputs", size=size)
        for count in dict.fromkeys(classes[:1]):
            options: dict[str, object] = {"num_embeddings": count, "embedding_dim": size}
            yield "embedding", options, tr("an Embedding of {count} × {size}", count=count, size=size)


def _without_source(project: Project, problem: Problem) -> Iterator[Fix]:
    """One of the nodes before the faulty one may be the one too many."""
    edge = project.graph.into(problem.node).get(problem.port) if problem.node else None
    for _ in range(4):
        if edge is None:
            return
        title = tr("Remove {node} and join its wires", node=label(project.graph.nodes[edge.source]))
        yield Fix(title, "bridge", {}, edge.source)
        source = project.graph.nodes[edge.source]
        inside = source.type == BLOCK_INPUT  # what it sends comes through the port outside
        before = project.graph.into(source.parent if inside else source.id)
        edge = before.get(source.id) if inside else next(iter(before.values()), None)


def _lead_in(project: Project, inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    """A new port of the block around the node, fed by what nobody reads outside."""
    block = project.graph.nodes[problem.node].parent
    if not block:
        return
    outside = project.graph.nodes[block].parent
    used = {(edge.source, edge.source_port) for edge in project.graph.edges.values()}
    for node, port in [key for key in inferred.outputs if key not in used]:
        if project.graph.nodes[node].parent == outside and node != block:
            values: dict[str, object] = {"source": node, "source_port": port}
            yield Fix(tr("Lead {node} into the block", node=label(project.graph.nodes[node])), "lead_in", values)


def _own_options(project: Project, inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    """Back to the default, option by option."""
    cls = catalogue().get(project.graph.nodes[problem.node].type) if problem.node else None
    if cls is None:
        return
    now = project.graph.nodes[problem.node].options
    for name, option in cls.options().items():
        default = list(option.default) if isinstance(option.default, tuple) else option.default
        if now.get(name, default) != default:
            shown = " × ".join(map(str, default)) if isinstance(default, list) else default
            yield Fix(
                tr("Set {option} to {value}", option=name, value=shown), "set_option", {"name": name, "value": default}
            )


def _other_sources(project: Project, inferred: Inferred, problem: Problem) -> Iterator[Fix]:
    """Another field for the Input that feeds the port, and other values that have the shape of none so far."""
    edge = project.graph.into(problem.node).get(problem.port) if problem.node else None
    if edge is None:
        return
    source = inferred.layers.get(edge.source)
    if source is not None and source.role == "input":
        for name in inferred.fields:
            if name != source.values["field"]:
                yield Fix(
                    tr("Use the field {name}", name=name), "set_option", {"name": "field", "value": name}, edge.source
                )
    yield from list(_wires(project, inferred, problem))[:6]


def _ends(project: Project, inferred: Inferred) -> Iterator[Fix]:
    """An Output behind what feeds a loss, or behind the last node that feeds nobody."""
    graph = project.graph
    losses = [node for node, layer in inferred.layers.items() if layer.role == "loss"]
    sources = [(e.source, e.source_port) for e in graph.edges.values() if e.target in losses]
    used = {(edge.source, edge.source_port) for edge in graph.edges.values()}
    sources += [key for key in reversed(list(inferred.outputs)) if key not in used and key[0] not in losses]
    for node, port in dict.fromkeys(sources):
        if inferred.layers[node].role != "input":
            wires = [{"source": node, "source_port": port, "port": "x"}]
            yield Fix(
                tr("Add an Output behind {node}", node=label(graph.nodes[node])),
                "append",
                {"type": "output", "wires": wires},
            )


def _losses(project: Project, inferred: Inferred) -> Iterator[Fix]:
    """Cross-entropy or squared error between what the Output gets and a field of the data."""
    graph = project.graph
    outputs = [node for node, layer in inferred.layers.items() if layer.role == "output"]
    predictions = [e for node in outputs for e in graph.into(node).values()]
    taken = {layer.values["field"]: node for node, layer in inferred.layers.items() if layer.role == "input"}
    for edge in predictions:
        for name, field in reversed(list(inferred.fields.items())):
            key = "cross_entropy_loss" if field.dtype == "int" else "mse_loss"
            title = tr(catalogue()[key].title())
            first = {"source": edge.source, "source_port": edge.source_port, "port": "prediction"}
            second = {"source": taken.get(name, ""), "source_port": "y", "port": "target", "field": name}
            yield Fix(
                tr("Add {layer} against {name}", layer=title, name=name),
                "append",
                {"type": key, "wires": [first, second]},
            )


def _known_types(project: Project, problem: Problem) -> Iterator[Fix]:
    wanted = project.graph.nodes[problem.node].type
    for key in get_close_matches(wanted, catalogue(), 3, 0.5):
        yield Fix(tr("Make it a {layer}", layer=tr(catalogue()[key].title())), "set_type", {"type": key})
    yield Fix(tr(BRIDGE), "bridge", {})
    yield Fix(tr("Remove the node"), "remove", {"ids": [problem.node]})


def _known_options(project: Project, problem: Problem) -> Iterator[Fix]:
    """Drop what the layer does not have, and put what it refuses back to the default; but never somebody's code."""
    node = project.graph.nodes[problem.node]
    cls = catalogue()[node.type]
    refused = [cls.options().get(fault.option) for fault in cls.check_values(node.options)]
    if not any(isinstance(option, Python) for option in refused):
        yield Fix(tr("Set all its options right"), "set_type", {"type": node.type})
