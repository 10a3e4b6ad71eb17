"""Everything that is known and everything that is wrong: `infer` and `lint` in one call."""

from __future__ import annotations

from dataclasses import replace

from netlab.compiler.infer import Inferred, infer
from netlab.compiler.lint import lint
from netlab.compiler.repair import with_fixes
from netlab.document.project import Project


def check(project: Project, before: Inferred | None = None, *, fixes: bool = True) -> Inferred:
    """Shapes, weights and all problems of a project; what `before` says of untouched nodes is taken over.

    Without `fixes`, problems carry only what their rule suggests, untried: that takes no time.
    """
    inferred = infer(project, before)
    inferred = replace(inferred, problems=inferred.problems + lint(project, inferred))
    return with_fixes(project, inferred) if fixes else inferred
