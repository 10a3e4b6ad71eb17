"""Where nodes lie if nobody says: in columns along the wires, few crossings, folded into bands like lines of text.

A wire that passes a column has a lane there, so that it does not run behind a node, and a residual can be seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from math import inf, sqrt
from operator import itemgetter
from statistics import fmean

from PySide6.QtCore import QPointF

from netlab.app.canvas.geometry import HEADER, ROW, WIDTH, Layout, layout_of
from netlab.app.canvas.wire_item import curve
from netlab.compiler.blocks import class_of
from netlab.document.graph import Graph

GAP_X, GAP_Y = 110.0, 34.0  # between columns, wide enough for a shape on the wire, and between rows
BAND_GAP = 84.0  # between bands: the wires that lead back run here
ASPECT = 1.7  # of the whole: a little flatter than a screen
GRID = 10.0
STEP = WIDTH + GAP_X
UNIT = 10.0  # between neighbours in a column, in what the layout says
PITCH = 108.0  # the same on the canvas: a node with one port and the gap below
PORT_LINE = HEADER + ROW / 2 + 2  # the first port below the top of a card; wires are straight where these lie level
STRETCHES = 1.0, 1.4, 1.8  # of these distances, where nodes are tall
LANE = 14.0  # a passing wire keeps so far from what is above and below it
NEAR = 9.0  # of a card: the shape on a wire is as high
LONGER = 1.25  # a band may be longer than the others by this, to be folded where few wires pass
SAMPLES = [i / 32 for i in range(1, 32)]  # of the way of a wire
TRIED = 2  # of the ways to fold what is before a band, so many are followed
Place = tuple[float, float]


@dataclass(frozen=True)
class Wire:
    """A wire from node to node, and how far its ports are below the tops of their cards."""

    source: str
    target: str
    start: float = PORT_LINE
    end: float = PORT_LINE


@dataclass(frozen=True)
class Slot:
    """A place in a column: of a node, or of a wire that passes, with "" for its id; `at` is the height wished for."""

    id: str
    at: float


@dataclass(frozen=True)
class Part:
    """A connected part of the graph: its columns from left to right, each from top to bottom."""

    columns: list[list[Slot]]

    @cached_property
    def column_of(self) -> dict[str, int]:
        """In which column each node is."""
        return {slot.id: i for i, column in enumerate(self.columns) for slot in column if slot.id}

    def variants(self) -> Iterator[list[list[Slot]]]:
        """Ways to place it, the most pleasing first: lanes above what they pass, and all on a line that are alone."""
        slots = [slot for column in self.columns for slot in column]
        lanes = [slot.at for slot in slots if not slot.id]
        upside_down = [[Slot(slot.id, -slot.at) for slot in reversed(column)] for column in self.columns]
        both = [self.columns, upside_down]
        if lanes and fmean(lanes) > fmean(slot.at for slot in slots):
            both.reverse()
        for stretch in STRETCHES:
            stretched = [[[Slot(slot.id, slot.at * stretch) for slot in c] for c in columns] for columns in both]
            for columns in stretched:
                main = min(column[0].at for column in columns)
                yield [[Slot(column[0].id, main)] if len(column) == 1 else column for column in columns]
            yield from stretched


def arrange(graph: Graph, ids: Sequence[str], heights: Mapping[str, float] | None = None) -> dict[str, Place]:
    """A position for each of these nodes, which lie in one block, with their middle where it was.

    Layers by longest path, crossings and lanes by the method of Sugiyama et al. 1981.
    """
    layouts = {id: _layout(graph, id) for id in ids}
    tall = heights if heights is not None else {id: layout.rect.height() for id, layout in layouts.items()}
    wires = [
        Wire(
            edge.source,
            edge.target,
            layouts[edge.source].port(edge.source_port, False).y(),
            layouts[edge.target].port(edge.target_port, True).y(),
        )
        for edge in graph.edges.values()
        if edge.source in layouts and edge.target in layouts and edge.source != edge.target
    ]
    wired = {id for wire in wires for id in (wire.source, wire.target)}
    loose = [[Slot(id, 0.0)] for id in ids if id not in wired]
    places: dict[str, Place] = {}
    bottom = 0.0
    for part in [*_parts(wires), *([Part(loose)] if loose else [])]:
        made, height = _fold(part, wires, tall)
        places |= {id: (x, y + bottom) for id, (x, y) in made.items()}
        bottom += height + BAND_GAP
    return _centred(graph, places)


def _layout(graph: Graph, id: str) -> Layout:
    return layout_of(class_of(graph, graph.nodes[id]), set(), set())


def _parts(wires: Iterable[Wire]) -> list[Part]:
    """For each connected part, its columns and the lanes of the wires that pass them."""
    from fast_sugiyama import from_edges  # 20 ms, not at the start

    pairs = list(dict.fromkeys((wire.source, wire.target) for wire in wires))
    if not pairs:
        return []
    found = []
    names = list(dict.fromkeys(id for pair in pairs for id in pair))
    number = {id: i for i, id in enumerate(names)}  # numbers, because the order of a set of texts changes each time
    numbered = [(number[source], number[target]) for source, target in pairs]
    for positions, *_ in from_edges(numbered, vertex_spacing=UNIT, dummy_vertices=True):
        at = {int(node): (float(x), float(y)) for node, (x, y) in positions}
        upwards = sum(at[s][1] > at[t][1] for s, t in numbered if s in at and t in at) > 0
        levels = {y: i for i, y in enumerate(sorted({y for _, y in at.values()}, reverse=upwards))}
        columns: list[list[Slot]] = [[] for _ in levels]
        for node, (x, y) in sorted(at.items(), key=lambda item: (item[1][0], item[0])):
            columns[levels[y]].append(Slot(names[node] if node < len(names) else "", x / UNIT * PITCH))
        found.append(Part(columns))
    return found


def _fold(part: Part, wires: Sequence[Wire], heights: Mapping[str, float]) -> tuple[dict[str, Place], float]:
    """Columns side by side, in as many bands as make the whole about as wide as a screen; and how high that is."""
    count = len(part.columns)
    tallest = max(sum(heights[slot.id] + GAP_Y for slot in column if slot.id) for column in part.columns)
    bands = max(1, round(sqrt(count * STEP / (ASPECT * (tallest + BAND_GAP)))))
    at = part.column_of
    ways = {(at[wire.source], at[wire.target]) for wire in wires if wire.source in at}
    places: dict[str, Place] = {}
    top, start = 0.0, 0
    for end in _breaks(count, ways, bands):
        band = {id: i - start for id, i in at.items() if start <= i < end}
        made, height = _band(band, wires, heights)
        places |= {id: (x, y + top) for id, (x, y) in made.items()}
        top += height + BAND_GAP
        start = end
    return places, top - BAND_GAP


def _breaks(count: int, ways: Iterable[tuple[int, int]], bands: int) -> list[int]:
    """Where each band ends: bands of much the same length, broken where few wires pass, and those lead back.

    Args:
        count: how many columns there are.
        ways: from which column to which wires lead.
    """
    length = count / bands
    shortest, longest = max(1, int(length / 2)), max(1, round(length * LONGER))
    passing: list[list[tuple[int, int]]] = [[] for _ in range(count + 1)]  # wires over the border before a column
    for way in ways:
        for border in range(way[0] + 1, way[1] + 1):
            passing[border].append(way)
    toll = [max(0, len(wires) - 1) for wires in passing]
    # For each end of a band, by its start: the cost up to there, and where the band before it starts.
    best: list[dict[int, tuple[float, int]]] = [{} for _ in range(count + 1)]
    best[0] = {0: (0.0, 0)}
    for start in range(count):
        for before, (cost, _) in nsmallest(TRIED, best[start].items(), key=itemgetter(1)):
            across = Counter(t for s, t in passing[start] if s >= before and t - start > s - before)
            for end in range(min(start + shortest, count), min(start + longest, count) + 1):
                here = cost + 1.0 + toll[end]
                if across:  # wires that would run behind nodes of both bands
                    here += 2 * sum(n for t, n in across.items() if t < end)
                if end < count and end - start < length:
                    here += (1 - (end - start) / length) ** 2
                if start not in best[end] or here < best[end][start][0]:
                    best[end][start] = here, before
    ends, end = [], count
    start, _ = min(best[end].items(), key=itemgetter(1))
    while end:
        ends.append(end)
        start, end = best[end][start][1], start
    return ends[::-1]


def _band(
    column_of: Mapping[str, int], wires: Iterable[Wire], heights: Mapping[str, float]
) -> tuple[dict[str, Place], float]:
    """A place for each node of a band, and how high the band is.

    Only what is wired within it counts: wires from other bands run between them.
    """
    inner = [wire for wire in wires if wire.source in column_of and wire.target in column_of]
    wired = {id for wire in inner for id in (wire.source, wire.target)}
    parts = [*_parts(inner), *(Part([[Slot(id, 0.0)]]) for id in column_of if id not in wired)]
    places: dict[str, Place] = {}
    bottoms = [0.0] * max(max(column_of.values()) + 1, *(len(part.columns) for part in parts))
    for part in parts:
        columns = _best(part, inner, heights)
        first = min(column_of[id] for id, i in part.column_of.items() if i == 0)
        first = max(0, min(first, len(bottoms) - len(columns)))
        columns_there = range(first, first + len(columns))
        top = max(bottoms[i] for i in columns_there) - min(y for tops in columns for y in tops.values())
        for i, tops in enumerate(columns):
            places |= {id: ((first + i) * STEP, y + top) for id, y in tops.items()}
        for i in columns_there:
            bottoms[i] = top + max(y + heights[id] for tops in columns for id, y in tops.items()) + GAP_Y
    return places, max(bottoms) - GAP_Y


def _best(part: Part, wires: Sequence[Wire], heights: Mapping[str, float]) -> list[dict[str, float]]:
    """The tops of the nodes in each column of a part, so that few wires run behind nodes."""
    kept: list[dict[str, float]] = []
    fewest = inf
    for variant in part.variants():
        columns = [_settled(column, heights) for column in variant]
        hidden = _hidden(columns, wires, heights)
        if hidden < fewest:
            kept, fewest = columns, hidden
        if not fewest:
            break
    return kept


def _settled(column: Sequence[Slot], heights: Mapping[str, float]) -> dict[str, float]:
    """The tops of the nodes of a column: none overlap, and together they are as near as can be to where they wish.

    Isotonic regression: slots that wish for the same room become one group around the mean of their wishes.
    """
    groups: list[tuple[float, int]] = []  # where the first one of each would be, and how many they are
    offsets: list[float] = []  # of each slot's line below the first one's, if all were pushed together
    below = 0.0
    for slot in column:
        above = _line(slot.id, heights) if slot.id else LANE
        offsets.append(offsets[-1] + below + above if offsets else 0.0)
        below = heights[slot.id] - above + GAP_Y if slot.id else LANE
        mean, count = slot.at - offsets[-1], 1
        while groups and groups[-1][0] > mean:
            other, others = groups.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        groups.append((mean, count))
    starts = [start for start, count in groups for _ in range(count)]
    lines = [start + offset for start, offset in zip(starts, offsets, strict=True)]
    return {slot.id: line - _line(slot.id, heights) for slot, line in zip(column, lines, strict=True) if slot.id}


def _line(id: str, heights: Mapping[str, float]) -> float:
    """How far the first ports of a node are below its top; a dot has its own in the middle."""
    return PORT_LINE if heights[id] > PORT_LINE else heights[id] / 2


def _hidden(columns: Sequence[Mapping[str, float]], wires: Iterable[Wire], heights: Mapping[str, float]) -> int:
    """How many wires run behind a node on their way to the right."""
    at = {id: (i * STEP, top) for i, tops in enumerate(columns) for id, top in tops.items()}
    found = 0
    for wire in wires:
        if wire.source in at and wire.target in at:
            (x, y), (to_x, to_y) = at[wire.source], at[wire.target]
            ends = QPointF(x + WIDTH, y + wire.start), QPointF(to_x, to_y + wire.end)
            if to_x - x > STEP:
                points = map(curve(*ends).pointAtPercent, SAMPLES)
                found += any(_is_behind(point, columns, heights) for point in points)
    return found


def _is_behind(point: QPointF, columns: Sequence[Mapping[str, float]], heights: Mapping[str, float]) -> bool:
    column, x = divmod(point.x(), STEP)
    tops = columns[int(column)].items() if x < WIDTH else ()
    return any(top - NEAR < point.y() < top + heights[id] + NEAR for id, top in tops)


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
