"""From a changed text back to the graph: which options, or which name, would make the generated source read like this.

No table says what stands where: values are tried until the layer itself writes the new line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, islice, product
from typing import Any

from netlab.compiler.check import check
from netlab.compiler.infer import Inferred
from netlab.compiler.names import identifier
from netlab.compiler.problem import label
from netlab.compiler.source import CompileError, Source, generate
from netlab.document import edits
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.language import tr
from netlab.layers.block import Block
from netlab.layers.layer import Layer, Shape, ShapeError
from netlab.options import Bool, Choice, Option, OptionError, Python, Text

TRIES = 4000
CONSTANT = re.compile(r"value=[\w.']+")


class CodeEditError(ValueError):
    """A change of the text that no change of the graph would give, as a sentence."""


@dataclass(frozen=True)
class Change:
    """What a changed text means for one node: new values of options, and a new name, "" if it keeps its own."""

    node: str
    options: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


def change_nodes(project: Project, changes: list[Change]) -> Project:
    """Carry out changes, as one edit."""
    for change in changes:
        if change.options:
            project = edits.set_options(project, change.node, change.options)
        if change.name:
            project = edits.rename(project, change.node, change.name)
    return project


def changes(project: Project, inferred: Inferred, source: Source, text: str) -> list[Change]:
    """What another text than that of `source` says about the nodes.

    Raises:
        CodeEditError: a line that no node could have written.
    """
    old, new = source.text.rstrip("\n").split("\n"), text.rstrip("\n").split("\n")
    first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    same = 0
    while same < min(len(old), len(new)) - first and old[-1 - same] == new[-1 - same]:
        same += 1
    if first == len(old) == len(new):
        return []
    written, _ = source.lines_of_text.get(first + 1, source.lines_of_text.get(first, ("", 0)))
    if written:
        return _of_definition(source, written, old, new, first, same)
    if len(old) != len(new):
        raise CodeEditError(
            tr("Lines can neither be added nor removed here. Add and remove layers on the canvas instead.")
        )
    found = []
    for i in range(first, len(old) - same):
        if new[i] not in (
            old[i],
            source.text.split("\n")[i],
        ):  # what an earlier line brings about is no change of its own
            found.append(_of_line(project, inferred, source, i + 1, new[i]))
            project = change_nodes(project, found[-1:])
            inferred, source = _rewritten(project, inferred, source)
    return found


def _rewritten(project: Project, inferred: Inferred, source: Source) -> tuple[Inferred, Source]:
    """What is known after a change; as before if it cannot be compiled, or has other lines now."""
    known = check(project, inferred, fixes=False)
    try:
        written = generate(project, known)
    except CompileError:
        return inferred, source
    return (known, written) if written.text.count("\n") == source.text.count("\n") else (inferred, source)


def _of_definition(source: Source, written: str, old: list[str], new: list[str], first: int, same: int) -> list[Change]:
    """The text of a user, with what has changed between its first and its last line here."""
    lines = [line for line, (text, _) in source.lines_of_text.items() if text == written]
    start, end = min(lines) - 1, max(lines)
    if first < start or len(old) - same > end:
        raise CodeEditError(tr("This change reaches beyond the code of one node. Change one thing at a time."))
    shown = new[start : len(new) - (len(old) - end)]
    inside = source.text.split("\n")[start].startswith("    ")
    body = [line.removeprefix("    ") if inside else line for line in shown]
    text = "\n".join(body) + ("\n" if written.endswith("\n") else "")
    return [Change(node, {"definition": text}) for node in source.definitions[written]]


def _of_line(project: Project, inferred: Inferred, source: Source, line: int, text: str) -> Change:
    node = source.node_of_line.get(line, "")
    if not node:
        raise CodeEditError(tr("This line is not that of one node, so that it cannot be changed here."))
    before, after = _parsed(source.text.split("\n")[line - 1]), _parsed(text)
    if after is None:
        raise CodeEditError(tr("{text!r} is no complete line of Python.", text=text.strip()))
    layer = inferred.layers[node]
    if isinstance(layer, Block):
        found = _block_change(project, source, line, node, layer, after)
    else:
        found = _layer_change(project, inferred, node, layer, before, after)
    if found is None:
        where = label(project.graph.nodes[node])
        options = ", ".join(layer.options()) or tr("none")
        arrived = {str(s) for (n, _), shape in inferred.inputs.items() if n == node for s in shape.sizes if s}
        alike = before is not None and CONSTANT.sub("", ast.dump(before)) == CONSTANT.sub("", ast.dump(after))
        gone = {str(c) for c in _literals(before)} - {str(c) for c in _literals(after)} if before is not None else set()
        if alike and gone & arrived:
            size = sorted(gone & arrived)[0]
            raise CodeEditError(
                tr(
                    "{size} is what arrives at {where}: change the layer before it. Its own are: {options}.",
                    size=size,
                    where=where,
                    options=options,
                )
            )
        raise CodeEditError(
            tr("No option of {where} would write this line. It has: {options}.", where=where, options=options)
        )
    return found


def _parsed(line: str) -> ast.stmt | None:
    """The statement of one line, the head of a loop included; None if it is none."""
    words = line.strip()
    try:
        body = ast.parse(f"{words} pass" if words.split("#")[0].rstrip().endswith(":") else words).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 else None


def _literals(tree: ast.AST) -> list[Any]:
    """The plain values that stand in a line, whole tuples and lists among them."""
    found: list[Any] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.Tuple | ast.List | ast.UnaryOp):
            try:
                value = ast.literal_eval(node)
            except (ValueError, TypeError):
                continue
            if value not in found or type(value) is bool:
                found.append(value)
    return found


def _layer_change(
    project: Project, inferred: Inferred, node: str, layer: Layer, before: ast.stmt | None, after: ast.stmt
) -> Change | None:
    """A new name, new options, or both, such that the layer writes `after` where it wrote `before`."""
    if before is None:
        return None
    old_name, new_name = _module(before), _module(after)
    renamed = ""
    if old_name != new_name:
        if not old_name or not new_name:
            return None
        if identifier(new_name, "x") != new_name:
            raise CodeEditError(
                tr("{name!r} cannot be the name of a node here. Use small letters, digits and _.", name=new_name)
            )
        renamed = new_name
        after = _with_module(after, old_name)
    shapes = {port: inferred.inputs.get((node, port)) for port in layer.inputs()}
    if ast.dump(before) == ast.dump(after):
        return Change(node, name=renamed)
    kind = _kind(layer, shapes, before)
    if kind is None:
        return None
    wanted = ast.dump(after)
    for values in islice(_candidates(layer, before, after), TRIES):
        try:
            other = type(layer)(**layer.values | values)
            other.shapes(**shapes)
            if ast.dump(kind(other, shapes)) == wanted:
                return Change(node, plain(values), renamed)
        except (OptionError, ShapeError, SyntaxError):
            continue
    return None


def _candidates(layer: Layer, before: ast.stmt, after: ast.stmt) -> Iterator[dict[str, Any]]:
    """Values that might write `after`: one option changed, then two, then three."""
    said = _literals(after)
    strange = [(a, b) for a in _literals(before) if a not in said for b in said if b not in _literals(before)]
    values: dict[str, list[Any]] = {}
    for name, option in layer.options().items():
        values[name] = [v for v in _values(option, layer.values[name], said, strange) if v != layer.values[name]]
    for count in (1, 2, 3):
        for names in combinations([name for name in values if values[name]], count):
            for chosen in product(*(values[name] for name in names)):
                yield dict(zip(names, chosen, strict=True))


def _values(option: Option[Any], value: Any, said: list[Any], strange: list[tuple[Any, Any]]) -> list[Any]:
    match option:
        case Bool():
            return [not value]
        case Choice():
            return list(option.choices)
        case Python():
            return []
        case Text():
            return [str(value).replace(str(a), str(b)) for a, b in strange if str(a) in str(value)]
    found = []
    for new in (*said, option.default):
        try:
            found.append(option.check(new))
        except OptionError:
            continue
    return found


def _kind(layer: Layer, shapes: Mapping[str, Shape | None], before: ast.stmt) -> Any:
    """How the layer writes this line: given other options, the statement. None if it does not write it."""
    if not isinstance(before, ast.Assign):
        return None
    said = ast.dump(before.value)
    code = layer.code(**shapes)

    def with_value(text: str) -> ast.stmt:
        return ast.Assign(targets=before.targets, value=ast.parse(text, mode="eval").body)

    if code.init and said == ast.dump(ast.parse(_renamed(code.init, code.defines, before), mode="eval").body):
        return lambda other, shapes: with_value(_renamed(other.code(**shapes).init, code.defines, before))
    marks = {"self": "_self", **{port: f"_{i}" for i, port in enumerate(layer.inputs())}}
    bound: dict[str, str] = {}
    if not _match(ast.parse(code.forward.format(**marks), mode="eval").body, before.value, set(marks.values()), bound):
        return None
    filled = {name: bound.get(mark, "None") for name, mark in marks.items()}
    return lambda other, shapes: with_value(other.code(**shapes).forward.format(**filled))


def _renamed(init: str, defines: str, before: ast.Assign) -> str:
    """The constructor of custom code under the name that its class has in this text."""
    if defines and isinstance(before.value, ast.Call) and isinstance(before.value.func, ast.Name):
        return before.value.func.id + init.removeprefix(defines)
    return init


def _match(pattern: ast.AST, tree: ast.AST, marks: set[str], bound: dict[str, str]) -> bool:
    """Whether a tree has the form of a pattern; notes what stands for its marks."""
    if isinstance(pattern, ast.Name) and pattern.id in marks:
        return bound.setdefault(pattern.id, ast.unparse(tree)) == ast.unparse(tree)
    if type(pattern) is not type(tree):
        return False
    for name, value in ast.iter_fields(pattern):
        other = getattr(tree, name)
        pairs = list(zip(value, other, strict=False)) if isinstance(value, list) else [(value, other)]
        if isinstance(value, list) and len(value) != len(other):
            return False
        for a, b in pairs:
            if not (_match(a, b, marks, bound) if isinstance(a, ast.AST) and isinstance(b, ast.AST) else a == b):
                return False
    return True


def _module(statement: ast.stmt) -> str:
    """The ``fc1`` of ``self.fc1``, "" if there is none."""
    names = [n.attr for n in ast.walk(statement) if _is_module(n) and isinstance(n, ast.Attribute)]
    return names[0] if len(set(names)) == 1 else ""


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _with_module(statement: ast.stmt, name: str) -> ast.stmt:
    for node in ast.walk(statement):
        if _is_module(node) and isinstance(node, ast.Attribute):
            node.attr = name
    return statement


def _block_change(
    project: Project, source: Source, line: int, node: str, layer: Block, after: ast.stmt
) -> Change | None:
    """A block is written by its frame, not by a layer, so the whole text is written for each candidate."""
    before = _parsed(source.text.split("\n")[line - 1])
    if before is None:
        return None
    own = [i for i, n in sorted(source.node_of_line.items()) if n == node]
    names = _module(before), _module(after)
    tries: list[Change] = []
    if names[0] != names[1] and all(names) and identifier(names[1], "x") == names[1]:
        tries.append(Change(node, name=names[1]))
    tries += [Change(node, plain(values)) for values in islice(_candidates(layer, before, after), 50)]
    for change in tries:
        try:
            other = change_nodes(project, [change])
            written = generate(other, check(other, fixes=False))
        except (CompileError, edits.EditError):
            continue
        lines = [i for i, n in sorted(written.node_of_line.items()) if n == node]
        at = lines[own.index(line)] if len(lines) == len(own) else 0
        found = _parsed(written.text.split("\n")[at - 1]) if at else None
        if found is not None and ast.dump(found) == ast.dump(after):
            return change
    return None
