"""Reads Python that a user wrote for a layer, without running any of it: what it defines, takes and returns."""

from __future__ import annotations

import ast
import symtable
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from netlab.language import tr

REQUIRED = object()
"""In place of a default: there is none."""
HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}  # characters that an editor shows as nothing, or not where they are
Function = ast.FunctionDef


@dataclass(frozen=True)
class Definition:
    """What a text defines.

    Attributes:
        name: the class with a `forward`, or the function, that is used: the last one.
        is_class: whether it is a class.
        inputs: the values that it takes, and whether each may be left out.
        outputs: how many values its return annotation speaks of, 1 if it has none.
        arguments: what its constructor, or the function beside its inputs, may be given: name and default.
    """

    name: str
    is_class: bool
    inputs: dict[str, bool]
    outputs: int = 1
    arguments: dict[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=256)
def read(text: str) -> Definition:
    """What a text defines.

    Raises:
        SyntaxError: it does not parse, has no class or function to use, or holds what NetLab cannot carry; with line.
    """
    refuse_hidden(text)
    tree = parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            raise _refuse(node, tr("global names belong to the whole model; pass the value in instead"))
        if isinstance(node, ast.ImportFrom) and (node.module == "__future__" or node.names[0].name == "*"):
            message = tr(
                "'from {module} import' works only for names that are listed, and no __future__", module=node.module
            )
            raise _refuse(node, message)
    classes = [n for n in tree.body if isinstance(n, ast.ClassDef) and _method(n, "forward") is not None]
    functions = [n for n in tree.body if isinstance(n, Function)]
    if classes:
        return _of_class(classes[-1])
    if functions:
        return _of_function(functions[-1])
    raise SyntaxError(tr("there is no class with a method forward(self, x), and no function"), ("", 1, 0, ""))


def parse(text: str) -> ast.Module:
    """The syntax tree, of which nothing is run; `SyntaxError` also for what is nested too deeply to be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            compile(tree, "", "exec", dont_inherit=True)  # finds what the grammar allows, as a return outside
            return tree
    except (RecursionError, MemoryError):
        raise SyntaxError(tr("it is nested too deeply"), ("", 1, 0, "")) from None
    except ValueError as error:
        if isinstance(error, SyntaxError):
            raise
        raise SyntaxError(str(error), ("", 1, 0, "")) from None


def refuse_hidden(text: str) -> None:
    """Code has to be what it looks like: no characters that turn the reading direction, or that nobody sees."""
    if text.isascii() and text.isprintable():
        return
    for i, line in enumerate(text.split("\n"), 1):
        for character in line:
            if character != "\t" and unicodedata.category(character) in HIDDEN:
                message = tr("it holds the invisible character U+{code:04X}; remove it", code=ord(character))
                raise SyntaxError(message, ("", i, 0, ""))


def _refuse(node: Any, message: str) -> SyntaxError:
    return SyntaxError(message, ("", node.lineno, 0, ""))


def _method(node: ast.ClassDef, name: str) -> Function | None:
    return next((n for n in node.body if isinstance(n, Function) and n.name == name), None)


def _of_class(node: ast.ClassDef) -> Definition:
    forward, init = _method(node, "forward"), _method(node, "__init__")
    assert forward is not None
    inputs = {name: default is None for name, default in _parameters(forward, 1) if default in (REQUIRED, None)}
    arguments = dict(_parameters(init, 1)) if init is not None else {}
    return Definition(node.name, True, _some(inputs, forward), _count(forward), arguments)


def _of_function(node: Function) -> Definition:
    inputs: dict[str, bool] = {}
    arguments: dict[str, Any] = {}
    keywords = {a.arg for a in node.args.kwonlyargs}
    for name, default in _parameters(node, 0):
        if default in (REQUIRED, None) and name not in keywords:
            inputs[name] = default is None
        else:
            arguments[name] = default
    return Definition(node.name, False, _some(inputs, node), _count(node), arguments)


def _some(inputs: dict[str, bool], node: Function) -> dict[str, bool]:
    if not inputs:
        raise _refuse(node, tr("{name} takes no value; give it a parameter, such as x", name=node.name))
    if "self" in inputs:
        raise _refuse(node, tr("{name} has a second self; call the value x", name=node.name))
    return inputs


def _parameters(node: Function, skip: int) -> Iterator[tuple[str, Any]]:
    """Names and defaults, without the first `skip`; a default that is no plain value counts as the text it is."""
    a = node.args
    if a.vararg or a.kwarg:
        raise _refuse(node, tr("{name} takes any number of values; list them by name", name=node.name))
    listed = [*a.posonlyargs, *a.args]
    defaults: list[ast.expr | None] = [None] * (len(listed) - len(a.defaults)) + list(a.defaults)
    for parameter, default in [*zip(listed, defaults, strict=True)][skip:]:
        yield parameter.arg, _value(default)
    for parameter, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
        yield parameter.arg, _value(default)


def _value(default: ast.expr | None) -> Any:
    if default is None:
        return REQUIRED
    try:
        return ast.literal_eval(default)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return ...


def _count(node: Function) -> int:
    """How many values ``-> tuple[Tensor, Tensor]`` speaks of."""
    said = node.returns
    if isinstance(said, ast.Subscript) and isinstance(said.slice, ast.Tuple):
        base = said.value.attr if isinstance(said.value, ast.Attribute) else getattr(said.value, "id", "")
        if base in ("tuple", "Tuple"):
            return len(said.slice.elts)
    return 1


@lru_cache(maxsize=256)
def literals(text: str) -> dict[str, Any]:
    """The values in ``hidden=64, bias=False``: plain numbers, texts, true, false, none, and lists of them.

    Raises:
        ValueError: it is something else; says what.
    """
    try:
        call = parse(f"f({text}\n)").body
        expression = call[0].value if len(call) == 1 and isinstance(call[0], ast.Expr) else None
        if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and not expression.args:
            return {str(k.arg): ast.literal_eval(k.value) for k in expression.keywords}
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        pass
    raise ValueError(tr("{text!r} is no list of plain values; write it like hidden=64, bias=False.", text=text))


@lru_cache(maxsize=256)
def bindings(text: str) -> dict[str, str]:
    """The names that a text binds at its outermost level, and the import line of those that it only imports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        top = symtable.symtable(text, "", "exec")
    found = {s.get_name(): "" for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    lines: dict[str, list[str]] = {}
    for statement in parse(text).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                line = _one_import(statement, alias)
                lines.setdefault(alias.asname or alias.name.partition(".")[0], []).append(line)
    for name, said in lines.items():
        if len(set(said)) == 1 and not _is_assigned(top.lookup(name)):
            found[name] = said[0]
    return found


def _one_import(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    called = f" as {alias.asname}" if alias.asname else ""
    if isinstance(statement, ast.Import):
        return f"import {alias.name}{called}"
    return f"from {'.' * statement.level}{statement.module or ''} import {alias.name}{called}"


def _is_assigned(symbol: symtable.Symbol) -> bool:
    return symbol.is_namespace() or symbol.is_annotated()


def lines_in_strings(text: str) -> set[int]:
    """Lines that begin inside of a string: blanks in front of them would change it."""
    found: set[int] = set()
    for node in ast.walk(parse(text)):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
            found.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return found
