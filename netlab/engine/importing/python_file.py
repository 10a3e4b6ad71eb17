"""A Python file and the function or class in it that makes a module. Running it is running foreign code: ask first."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from torch import nn

from netlab.engine.importing.faults import ImportFault
from netlab.engine.importing.module import import_module
from netlab.engine.importing.project import Brought, as_project, compare, fitted
from netlab.language import tr


def split(spec: str) -> tuple[Path, str]:
    """The file and the factory of ``FILE.py:FACTORY``.

    Raises:
        ImportFault: it is not of that form, or there is no such file.
    """
    name, colon, factory = spec.rpartition(":")
    path = Path(name if colon else spec)
    if not colon or not path.is_file():
        raise ImportFault(
            tr("{spec!r} is not FILE.py:FACTORY, the file and the function or class that makes the model.", spec=spec)
        )
    return path, factory


def bring(spec: str, data: str, inputs: str) -> Brought:
    """The project of the module that ``FILE.py:FACTORY`` makes. Runs that file.

    Raises:
        ImportFault: the file, the factory or the module is at fault.
    """
    module = load_factory(spec)
    imported, choice = fitted(lambda fields: import_module(module, fields), data, inputs)
    project = as_project(imported, spec.rpartition(":")[2], choice)
    module.eval()
    difference = compare(project, imported, lambda given: module(*given.values()))
    return Brought(project, imported.weights, imported.opaque, imported.notes, difference)


def load_factory(spec: str) -> nn.Module:
    """The module that ``FILE.py:FACTORY`` makes; runs that file.

    Raises:
        ImportFault: no such file or factory, or it makes no module.
    """
    path, factory = split(spec)
    made = getattr(_run_file(path), factory, None)
    if made is None:
        raise ImportFault(
            tr("{name} has no {factory!r}. Name a function or class that it defines.", name=path.name, factory=factory)
        )
    try:
        module = made() if callable(made) and not isinstance(made, nn.Module) else made
    except Exception as error:
        raise ImportFault(
            tr("{factory} of {name} failed: {error}", factory=factory, name=path.name, error=error)
        ) from error
    if not isinstance(module, nn.Module):
        raise ImportFault(
            tr(
                "{factory} of {name} makes a {type}, but a torch.nn.Module is wanted.",
                factory=factory,
                name=path.name,
                type=type(module).__name__,
            )
        )
    return module


def _run_file(path: Path) -> ModuleType:
    """The file as a module; what stands beside it can be imported by it."""
    spec = importlib.util.spec_from_file_location("netlab_imported", path)
    if spec is None or spec.loader is None:
        raise ImportFault(tr("{name} is no Python file. Its name has to end with .py.", name=path.name))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ImportFault(tr("{name} cannot be run: {error}", name=path.name, error=error)) from error
    finally:
        sys.path.pop(0)
    return module
