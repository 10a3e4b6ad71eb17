"""Where nodes lie if nobody says: in columns along the wires, few crossings, folded into bands like lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, sqrt

from netlab.app.canvas.geometry import WIDTH, layout_of
from netlab.compiler.blocks import class_of
from netlab.document.graph import Graph

GAP_X, GAP_Y = 110.0, 34.0  # between columns, wide enough for a shape on the wire, and between rows
BAND_GAP = 84.0  # between bands: the wires that lead back run here
ASPECT = 1.7  # of the whole: a little flatter than a screen
GRID = 10.0
Place = tuple[float, float]


def arrange(graph: Graph, ids: Sequence[str], heights: Mapping[str, float] | None = None) -> dict[str, Place]:
    """A position for each of these nodes, which lie in one block, with their middle where it was.

    Layers by longest path and crossings by the method of Sugiyama et al. 1981.
    """
    chosen = set(ids)
    tall = heights if heights is not None else {id: _height(graph, id) for id in ids}
    edges = [(e.source, e.target) for e in graph.edges.values() if e.source in chosen and e.target in chosen]
    wired = {id for edge in edges for id in edge}
    places: dict[str, Place] = {}
    bottom = 0.0
    for columns in [*_columns(edges), [[id] for id in ids if id not in wired]]:
        if not columns:
            continue
        made, height = _fold(columns, tall)
        places |= {id: (x, y + bottom) for id, (x, y) in made.items()}
        bottom += height + BAND_GAP
    return _centred(graph, places)


def _height(graph: Graph, id: str) -> float:
    node = graph.nodes[id]
    return layout_of(class_of(graph, node), set(), set()).rect.height()


def _columns(edges: Iterable[tuple[str, str]]) -> list[list[list[str]]]:
    """For each connected part, its columns from left to right, each from top to bottom."""
    from fast_sugiyama import from_edges  # 20 ms, not at the start

    pairs = list(dict.fromkeys(edges))
    if not pairs:
        return []
    found = []
    names = list(dict.fromkeys(id for pair in pairs for id in pair))
    number = {id: i for i, id in enumerate(names)}  # numbers, because the order of a set of texts changes each time
    numbered = [(number[source], number[target]) for source, target in pairs]
    for positions, _, _, _ in from_edges(numbered, vertex_spacing=10, dummy_vertices=False):
        at = {names[int(node)]: (float(x), float(y)) for node, (x, y) in positions if int(node) < len(names)}
        upwards = sum(at[s][1] > at[t][1] for s, t in pairs if s in at and t in at) > 0
        levels = sorted({y for _, y in at.values()}, reverse=upwards)
        found.append([sorted((n for n in at if at[n][1] == level), key=lambda n: at[n][0]) for level in levels])
    return found


def _fold(columns: list[list[str]], heights: Mapping[str, float]) -> tuple[dict[str, Place], float]:
    """Columns side by side, in as many bands as make the whole about as wide as a screen; and how high that is."""
    step = WIDTH + GAP_X
    tallest = max(sum(heights[id] + GAP_Y for id in column) for column in columns)
    bands = max(1, round(sqrt(len(columns) * step / (ASPECT * (tallest + BAND_GAP)))))
    width = ceil(len(columns) / bands)
    places: dict[str, Place] = {}
    top = 0.0
    for start in range(0, len(columns), width):
        band = columns[start : start + width]
        highest = max(sum(heights[id] + GAP_Y for id in column) for column in band)
        for i, column in enumerate(band):
            y = top
            for id in column:
                places[id] = (i * step, y)
                y += heights[id] + GAP_Y
        top += highest + BAND_GAP
    return places, top - BAND_GAP


def _centred(graph: Graph, places: Mapping[str, Place]) -> dict[str, Place]:
    """The same, moved so that the middle stays where it was, on the grid."""
    if not places:
        return {}
    before = [(graph.nodes[id].x, graph.nodes[id].y) for id in places]
    shift = [
        (min(b[i] for b in before) + max(b[i] for b in before)) / 2
        - (min(p[i] for p in places.values()) + max(p[i] for p in places.values())) / 2
        for i in (0, 1)
    ]
    return {
        id: (round((x + shift[0]) / GRID) * GRID, round((y + shift[1]) / GRID) * GRID) for id, (x, y) in places.items()
    }
