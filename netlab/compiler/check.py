"""Everything that is known and everything that is wrong: `infer` and `lint` in one call."""

from __future__ import annotations

from dataclasses import replace

from netlab.compiler.infer import Inferred, infer
from netlab.compiler.lint import lint
from netlab.document.project import Project


def check(project: Project) -> Inferred:
    """Shapes, weights and all problems of a project."""
    inferred = infer(project)
    return replace(inferred, problems=inferred.problems + lint(project, inferred))
