"""What a Python file offers that makes a model: found by reading it, nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netlab.layers._definition import parse, refuse_hidden

Classes = dict[str, ast.ClassDef]
MODULES = ("Module", "Sequential")
MAX_DEPTH = 32
"""Of classes that derive from one another."""


def factories(text: str) -> list[str]:
    """Names in a file that make a module without being given anything, the likeliest first.

    These are classes that derive from ``nn.Module``, the last one first; then modules that are made in the file; then
    functions that return something, in their order.

    Raises:
        SyntaxError: it does not parse, or holds characters that hide what it is.
    """
    refuse_hidden(text)
    tree = parse(text)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    modules = [name for name, node in classes.items() if is_module(node, classes)]
    found = [name for name in reversed(modules) if not _needs_more(_constructor(classes[name], classes), 1)]
    found += _made(tree, modules)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    found += [node.name for node in functions if not _needs_more(node, 0) and any(_returns(node))]
    return list(dict.fromkeys(found))


def is_module(node: ast.ClassDef, classes: Classes, depth: int = MAX_DEPTH) -> bool:
    """Whether a class is a module by name: ``nn.Module``, ``nn.Sequential``, or a class of the text that is one."""
    names = [_last(base) for base in node.bases]
    above = (classes[name] for name in names if name in classes and name != node.name)
    return any(name in MODULES for name in names) or (
        depth > 0 and any(is_module(base, classes, depth - 1) for base in above)
    )


def _last(node: ast.expr) -> str:
    """``Module`` of ``torch.nn.Module``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _constructor(node: ast.ClassDef, classes: Classes, depth: int = MAX_DEPTH) -> ast.FunctionDef | None:
    """The ``__init__`` of a class, its own or that of a class above it in the text."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return item
    for base in node.bases:
        above = classes.get(_last(base))
        if above is not None and above is not node and depth:
            return _constructor(above, classes, depth - 1)
    return None


def _needs_more(function: ast.FunctionDef | None, given: int) -> bool:
    """Whether a function needs arguments beyond the first `given`."""
    if function is None:
        return False
    arguments = function.args
    places = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return places > given or None in arguments.kw_defaults


def _made(tree: ast.Module, modules: list[str]) -> Iterator[str]:
    """Names that are given a module: ``net = nn.Sequential(...)``, ``net = Net(10)``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            maker = node.value.func
            ours = isinstance(maker, ast.Name) and maker.id in modules
            if ours or ast.unparse(maker).startswith(("nn.", "torch.nn.")):
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _returns(function: ast.FunctionDef) -> Iterator[bool]:
    """True for every value that a function itself returns."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            yield True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
