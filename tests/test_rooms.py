"""The judge of the architecture: who may import whom, how long things may be, and what must be explained."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "netlab"
FILE_CEILING = 400
FUNCTION_CEILING = 60


@dataclass(frozen=True)
class Room:
    """A part of the package: its line, what it may import from outside, and from its own line."""

    line: int
    third: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()


def room(line: int, *third: str, beside: str = "") -> Room:
    """Say a room in one row of the table below."""
    return Room(line, frozenset(third), frozenset(beside.split()))


# A room imports only from lines below its own. sqlite3 is treated as a third party, since only rooms that
# keep files may use it. This table is DESIGN's section 2; change both together.
ROOMS = {
    "options": room(1, beside="language"),
    "catalogue": room(1),
    "language": room(1),
    "document": room(2, "msgspec", "sqlite3", "platformdirs"),
    "layers": room(2),
    "data": room(2, "msgspec", "numpy", "polars", "PIL", "tokenizers", "sklearn", "scipy", "platformdirs"),
    "protocol": room(3, "msgspec"),
    "probes": room(4),
    "compiler": room(5),
    "runs": room(5, "sqlite3", "numpy", "msgspec", "psutil", "tensorboardX"),
    "nn": room(6, "torch"),
    "engine": room(
        6,
        "torch",
        "torchmetrics",
        "safetensors",
        "numpy",
        "psutil",
        "onnx",
        "onnxruntime",
        "onnxscript",
        "optuna",
        "msgspec",
        beside="nn",
    ),
    "app": room(6, "PySide6", "shiboken6", "pyqtgraph", "numpy", "fast_sugiyama", "psutil", "platformdirs"),
}
# The doors import anything, but only inside functions, so that each command loads just what it uses.
DOORS = {"__init__", "__main__", "bench", "cli", "control", "datasets", "fleet", "imports", "machines", "models"}
LAYER_SURFACE = {"netlab.language", "netlab.layers.layer", "netlab.layers.shape", "netlab.options"}
LAYER_FRAME = {"__init__", "help", "layer", "shape"}


@dataclass(frozen=True)
class Import:
    """One import: in which file and line, of what, and whether it runs when the file is loaded."""

    file: Path
    line: int
    target: str
    at_load: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.target}"

    @property
    def room(self) -> str:
        """The room the importing file is in."""
        return room_of(self.file)


def files(folder: Path = PACKAGE) -> list[Path]:
    """All Python files of the package, resources left out."""
    resources = PACKAGE / "resources"
    return sorted(path for path in folder.rglob("*.py") if resources not in path.parents)


def room_of(path: Path) -> str:
    """The first name below the package: a folder or a module."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def is_module(name: str) -> bool:
    """Whether a dotted name below netlab is a module or package on disk."""
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def package_of(path: Path) -> list[str]:
    """The package a file belongs to, for resolving relative imports."""
    return list(path.relative_to(ROOT).with_suffix("").parts[:-1])


def targets(path: Path, node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that a statement imports, by full dotted name."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        package = package_of(path)
        base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
    if not base.startswith("netlab"):
        return [base]
    names = [f"{base}.{alias.name}" for alias in node.names]
    return [name if is_module(name) else base for name in names]


def walk(node: ast.AST, at_load: bool = True) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """All imports below a node, also those in functions and under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue  # nothing is imported in an expression, and most of a file is expressions
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, at_load
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from walk(child, at_load and not inside and not typing_only)


@cache
def imports() -> list[Import]:
    """All imports of the package."""
    return [
        Import(path, node.lineno, target, at_load)
        for path in files()
        for node, at_load in walk(tree_of(path))
        for target in dict.fromkeys(targets(path, node))
    ]


def judge(found: Import) -> str | None:
    """Why this import is against the rules, or None."""
    here = ROOMS[found.room]
    top, _, rest = found.target.partition(".")
    if top != "netlab":
        guarded = top == "sqlite3" or top not in sys.stdlib_module_names
        if not guarded or top in here.third:
            return None
        allowed = ", ".join(sorted(here.third)) or "no third party"
        return f"{found}. The room {found.room} may import {allowed}."
    there = rest.partition(".")[0]
    if there not in ROOMS:
        return f"{found}. Nothing below the doors imports them; import from the room that has the thing."
    if there == found.room or there in here.beside or ROOMS[there].line < here.line:
        return None
    return (
        f"{found}. {found.room} is on line {here.line} and {there} on line {ROOMS[there].line}: "
        f"a room imports only from lines below its own. Move the code down, or pass the thing in."
    )


def room_of_target(target: str) -> str:
    """The room of an imported module, "" if it is none of ours."""
    top, _, rest = target.partition(".")
    return rest.partition(".")[0] if top == "netlab" else ""


def check(complaints: list[str]) -> None:
    """Fail with all complaints, one a line."""
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


def test_every_file_has_a_room() -> None:
    known = ROOMS.keys() | DOORS
    check(
        [
            f"{path.relative_to(ROOT)} is in no room. Put it in one, or add the room to ROOMS and to DESIGN."
            for path in files()
            if room_of(path) not in known
        ]
    )


def test_rooms_import_only_from_below() -> None:
    check([wrong for found in imports() if found.room in ROOMS and (wrong := judge(found))])


def test_doors_import_inside_functions() -> None:
    check(
        [
            f"{found} when it is loaded. Move the import into the function that needs it."
            for found in imports()
            if found.room in DOORS
            and found.at_load
            and found.target.partition(".")[0] not in sys.stdlib_module_names
            and not (found.room == "__main__" and found.target == "netlab.cli")
            and room_of_target(found.target) != found.room
        ]
    )


def test_a_layer_imports_only_its_small_surface() -> None:
    check(
        [
            f"{found}. A layer file imports only {', '.join(sorted(LAYER_SURFACE))}, and its family's _module."
            for found in imports()
            if found.room == "layers"
            and found.file.stem not in LAYER_FRAME
            and found.target.partition(".")[0] == "netlab"
            and found.target not in LAYER_SURFACE
            and not found.target.startswith("netlab.layers._")
        ]
    )


def test_files_and_functions_are_short() -> None:
    complaints = []
    for path in files():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_CEILING:
            complaints.append(f"{path.relative_to(ROOT)} has {lines} lines; the ceiling is {FILE_CEILING}. Split it.")
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_CEILING:
                complaints.append(
                    f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines; "
                    f"the ceiling is {FUNCTION_CEILING}. Give its parts names."
                )
    check(complaints)


def test_every_package_says_what_lives_there() -> None:
    folders = {path.parent for path in files()}
    complaints = []
    for folder in sorted(folders):
        door = folder / "__init__.py"
        if not door.exists():
            complaints.append(f"{folder.relative_to(ROOT)} has no __init__.py.")
        elif not ast.get_docstring(tree_of(door)):
            complaints.append(f"{door.relative_to(ROOT)} must open with what lives there and what it may import.")
    check(complaints)


def test_public_things_are_explained() -> None:
    check(
        [
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has no docstring; one sentence is enough."
            for path in files()
            for node in tree_of(path).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    )


def test_the_linter_leaves_no_source_out() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "netlab", "tests"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    unseen = {*files(), *files(ROOT / "tests")} - set(map(Path, listed.stdout.splitlines()))
    assert not unseen, f"ruff is told to leave out {sorted(map(str, unseen))}; see pyproject.toml and .gitignore"


def loaded_by(code: str) -> set[str]:
    """The top-level names in `sys.modules` after a fresh interpreter has run the code."""
    program = f"{code}\nimport sys\nprint('\\n'.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


IMPORT_ALL = """
import importlib, pkgutil
def load(name):
    module = importlib.import_module(name)
    for info in pkgutil.walk_packages(getattr(module, "__path__", []), name + "."):
        if not info.name.endswith("__main__"):
            importlib.import_module(info.name)
"""


def test_netlab_alone_loads_no_third_party() -> None:
    heavy = {"torch", "PySide6", "numpy", "polars", "sklearn", "msgspec", "pyqtgraph"}
    assert not loaded_by("import netlab") & heavy


EMPTY_WINDOW = """
from netlab.app.start import make_window
from PySide6.QtWidgets import QApplication
window = make_window(None, keep_journal=False)
window.show()
QApplication.processEvents()
"""


def test_the_window_opens_without_what_is_not_yet_needed() -> None:
    loaded = loaded_by(EMPTY_WINDOW)
    assert "PySide6" in loaded
    assert not loaded & {"torch", "sklearn"}, "torch belongs to the engine's process"
    late = {"pyqtgraph", "polars", "PIL", "fast_sugiyama"} & loaded
    assert not late, f"{late} takes long to import, and an empty window draws no plot and reads no table"


def test_the_engine_loads_no_qt() -> None:
    loaded = loaded_by(IMPORT_ALL + "load('netlab.engine'); load('netlab.nn')")
    assert not loaded & {"PySide6", "pyqtgraph"}, "the engine must run where there is no Qt"


def test_the_judge_sees_a_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    upward = Import(PACKAGE / "document" / "x.py", 1, "netlab.engine.train", at_load=False)
    third = Import(PACKAGE / "probes" / "x.py", 2, "torch.nn", at_load=True)
    beside = Import(PACKAGE / "layers" / "x.py", 3, "netlab.data.task", at_load=True)
    for found in (upward, third, beside):
        assert judge(found)
    assert judge(Import(PACKAGE / "engine" / "x.py", 1, "netlab.nn.attention", at_load=True)) is None
    assert judge(Import(PACKAGE / "app" / "x.py", 1, "netlab.engine", at_load=False))
