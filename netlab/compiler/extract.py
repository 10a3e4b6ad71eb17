"""Definitions of our own modules written out word for word, for files that leave NetLab and import nothing of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def definitions(paths: Iterable[Path], names: Iterable[str]) -> tuple[set[str], str]:
    """The named functions, classes and constants of some files with all that they need: import lines, and the text.

    What one file takes from another of them is written out, too; the order is that of the files and of their lines.
    """
    texts: dict[ast.stmt, str] = {}
    of_name: dict[str, ast.stmt] = {}
    imports: dict[str, str] = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                imports |= dict(_imported(statement))
                continue
            texts[statement] = _text(text.splitlines(), statement)
            of_name |= dict.fromkeys(_bound(statement), statement)
    missing = [name for name in names if name not in of_name]
    assert not missing, f"{', '.join(map(str, paths))} do not define {missing}"
    needed: set[ast.stmt] = set()
    lines: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        statement = of_name.get(name)
        if statement is None:
            lines |= {imports[name]} if name in imports else set()
        elif statement not in needed:
            needed.add(statement)
            waiting += [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return lines, "\n\n\n".join(text for statement, text in texts.items() if statement in needed)


def import_lines(imports: Iterable[str]) -> str:
    """Imports as people sort them, a line a module: the standard library, torch and numpy, the files beside this one."""
    taken: dict[str, list[str]] = {}
    for line in sorted(set(imports)):
        home, _, name = line.partition(" import ")
        taken.setdefault(home, []).extend([name] if name else [])
    lines = [f"{home} import {', '.join(sorted(names))}" if names else home for home, names in taken.items()]
    blocks: dict[int, list[str]] = {}
    for line in sorted(lines, key=lambda line: (line.startswith("from"), line)):
        home = line.split()[1].partition(".")[0]
        place = (
            0 if home == "__future__" else 2 if home in ("numpy", "torch") else 3 if home in ("model", "draws") else 1
        )
        blocks.setdefault(place, []).append(line)
    return "\n\n".join("\n".join(blocks[place]) for place in sorted(blocks))


def _imported(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, with a line that binds only it; what is imported from NetLab is in the files."""
    if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("netlab"):
        return
    for alias in statement.names:
        known = (alias.asname or alias.name).partition(".")[0]
        kept = (
            ast.Import([alias])
            if isinstance(statement, ast.Import)
            else ast.ImportFrom(statement.module, [alias], statement.level)
        )
        yield known, ast.unparse(kept)


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef() | ast.ClassDef():
            return [statement.name]
        case ast.Assign() | ast.AnnAssign():
            return [n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        case _:
            return []


def _text(lines: list[str], statement: ast.stmt) -> str:
    """The lines of a statement, from its first decorator on."""
    first = min([statement.lineno, *[d.lineno for d in getattr(statement, "decorator_list", [])]])
    return "\n".join(lines[first - 1 : statement.end_lineno])
