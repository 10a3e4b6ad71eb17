"""One file that needs only torch: the model's source with the NetLab modules it uses written out above it."""

from __future__ import annotations

import ast
import re

from netlab.compiler.definitions import HEADER, NN
from netlab.compiler.extract import definitions, import_lines
from netlab.compiler.infer import Inferred
from netlab.compiler.source import Source, generate
from netlab.document.project import Project


def standalone(project: Project, inferred: Inferred) -> str:
    """The text of a Python file that defines `Model` and imports nothing but torch and the standard library.

    Run as a script it builds the model, feeds it random data and prints the shapes.
    """
    source = generate(project, inferred)
    wanted: dict[str, set[str]] = {}
    for line in source.imports:
        statement = ast.parse(line).body[0]
        assert isinstance(statement, ast.ImportFrom), line
        assert statement.module, line
        wanted.setdefault(statement.module.rpartition(".")[2], set()).update(a.name for a in statement.names)
    imports = {line for line, *_ in HEADER.values()}
    parts: list[str] = []
    for module, names in sorted(wanted.items()):
        found, text = definitions([NN / f"{module}.py"], names)
        imports |= found
        parts.append(text)
    title, body = _split(source)
    whole = "\n\n\n".join([*parts, body, _script(source, inferred)])
    needed = import_lines(line for line in imports if _is_used(line, whole))
    return f"{title}\n\n{needed}\n\n\n{whole}"


def _is_used(line: str, text: str) -> bool:
    """Whether a text has the name that an import line binds."""
    return re.search(rf"\b{line.split()[-1]}\b", text) is not None


def _split(source: Source) -> tuple[str, str]:
    """The docstring line and everything behind the imports."""
    title, _, rest = source.text.partition("\n")
    return title, rest.partition("\n\n\n")[2].rstrip("\n")


def _script(source: Source, inferred: Inferred) -> str:
    arguments: list[str] = []
    for name in source.inputs:
        field = inferred.fields[name]
        sizes = ["2", *[word.rpartition("=")[2] for word in field.shape.split()]]
        listed = f"({', '.join(sizes)})" if len(sizes) > 1 else "(2,)"
        call = (
            f"torch.randint(0, {field.classes or 2}, {listed})"
            if field.dtype == "int"
            else f"torch.randn({', '.join(sizes)})"
        )
        arguments.append(call)
    lines = [
        'if __name__ == "__main__":',
        "    model = Model().eval()",
        '    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")',
        "    with torch.no_grad():",
        f"        outputs = model({', '.join(arguments)})",
        "    for output in outputs if isinstance(outputs, tuple) else (outputs,):",
        "        print(tuple(output.shape))",
        "",
    ]
    return "\n".join(lines)
