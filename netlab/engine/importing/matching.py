"""Which tensor of a file goes where in a model: by names, and where these say nothing by shapes and order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from netlab.language import tr
from netlab.protocol.arrivals import Line

Sizes = tuple[int, ...]
NAME, TURNED, SHAPE, ORDER = "name", "name, transposed", "shape", "order"
WRAPPERS = ("module.", "_orig_mod.", "model.")
SILENT = ("num_batches_tracked",)
"""Counters that hardly any file holds and no output depends on."""


def match(wanted: Mapping[str, Sizes], given: Mapping[str, Sizes]) -> list[Line]:
    """The table for a model's tensors and those of a file, both by name."""
    pairs = _by_names(wanted, given)
    rows: dict[str, Line] = {}
    for name, source in pairs.items():
        how, why = _judged(wanted[name], given[source])
        rows[name] = Line(name, wanted[name], source, given[source], how, why)
    left = {n: s for n, s in wanted.items() if n not in rows}
    used = {row.source for row in rows.values()}
    rest = {n: s for n, s in given.items() if n not in used}
    for name, (source, how) in _by_shapes(left, rest).items():
        rows[name] = Line(name, wanted[name], source, given[source], how)
    used = {row.source for row in rows.values()}
    for name, sizes in wanted.items():
        if name not in rows and not name.endswith(SILENT):
            rows[name] = Line(
                name, sizes, "", (), why=tr("The file has nothing for it, so it begins with fresh numbers.")
            )
    table = [rows[name] for name in wanted if name in rows]
    return table + [
        Line("", (), n, s, why=tr("The model has no place for it.")) for n, s in given.items() if n not in used
    ]


def _judged(wanted: Sizes, given: Sizes) -> tuple[str, str]:
    if wanted == given:
        return NAME, ""
    if len(given) == 2 and given[::-1] == wanted:
        return TURNED, ""
    told = tr(
        "The file has {given}, the model wants {wanted}. Give the node the sizes of the file, or leave it fresh.",
        given=_shown(given),
        wanted=_shown(wanted),
    )
    return "", told


def _shown(sizes: Sizes) -> str:
    return " × ".join(map(str, sizes)) or tr("one number")


def _by_names(wanted: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """Pairs whose names are equal, but for what wraps the model; or of which one ends with the other, if only one does."""
    plain: dict[str, list[str]] = defaultdict(list)
    for source in given:
        plain[_bare(source)].append(source)
    found: dict[str, str] = {}
    for name in wanted:
        bare = _bare(name)
        sources = plain.get(bare, [])
        if len(sources) == 1:
            found[name] = sources[0]
    used = set(found.values())
    open_names = [name for name in wanted if name not in found]
    open_sources = [source for source in given if source not in used]
    ends = {name: [s for s in open_sources if _ends(_bare(s), _bare(name))] for name in open_names}
    counts: dict[str, int] = defaultdict(int)
    for sources in ends.values():
        for source in sources:
            counts[source] += 1
    for name, sources in ends.items():
        if len(sources) == 1 and counts[sources[0]] == 1:
            found[name] = sources[0]
    return found


def _bare(name: str) -> str:
    """A name without wrappers, in which ``h.0`` and ``h_0`` are one."""
    while name.startswith(WRAPPERS):
        name = name.partition(".")[2]
    return name.replace("_", ".").lower()


def _ends(a: str, b: str) -> bool:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return longer.endswith(f".{shorter}") and "." in shorter


def _by_shapes(wanted: Mapping[str, Sizes], given: Mapping[str, Sizes]) -> dict[str, tuple[str, str]]:
    """Modules with the same tensors: the only ones of their kind by shape, equally many of a kind in order."""
    ours, theirs = _modules(wanted), _modules(given)
    kinds: dict[tuple[tuple[str, Sizes], ...], tuple[list[str], list[str]]] = {}
    for side, modules in enumerate((ours, theirs)):
        for module, tensors in modules.items():
            kind = tuple(sorted((t, s) for t, s in tensors.items() if t not in SILENT))
            if kind:
                kinds.setdefault(kind, ([], []))[side].append(module)
    found: dict[str, tuple[str, str]] = {}
    for kind, (mine, others) in kinds.items():
        if not mine or len(mine) != len(others):
            continue
        how = SHAPE if len(mine) == 1 else ORDER
        for a, b in zip(mine, sorted(others, key=_natural), strict=True):
            for tensor, _ in kind:
                found[_joined(a, tensor)] = (_joined(b, tensor), how)
    return found


def _modules(tensors: Mapping[str, Sizes]) -> dict[str, dict[str, Sizes]]:
    found: dict[str, dict[str, Sizes]] = {}
    for name, sizes in tensors.items():
        module, _, tensor = name.rpartition(".")
        found.setdefault(module, {})[tensor] = sizes
    return found


def _joined(module: str, tensor: str) -> str:
    return f"{module}.{tensor}" if module else tensor


def _natural(name: str) -> list[tuple[int, int | str]]:
    """Sorts 2 before 10."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", name)]
