"""What is to be said of custom code: that the user has not agreed to run it, or that a trial went wrong."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping

from netlab.compiler import tested
from netlab.compiler.infer import Inferred
from netlab.compiler.problem import ERROR, WARNING, Problem, label
from netlab.document.project import Project
from netlab.document.trust import is_trusted
from netlab.language import mark, sentences, tr
from netlab.layers.custom import CustomCode

REMEDY = mark("Read it and agree: in the window when you press Train, or with netlab trust FILE.")


def unread(inferred: Inferred) -> dict[str, list[str]]:
    """The nodes of every text that has not been agreed to, by the text."""
    found: dict[str, list[str]] = {}
    for node, layer in inferred.layers.items():
        if isinstance(layer, CustomCode):
            found.setdefault(layer.definition, []).append(node)
    return {text: nodes for text, nodes in found.items() if not may_run(text)}


def may_run(text: str) -> bool:
    """Whether code may run: it is NetLab's own, or the user has read it and agreed."""
    return text == CustomCode().definition or is_trusted(text)


def file_of(text: str) -> bytes:
    """The bytes of a file that Python runs as exactly this text, whatever encoding the text claims to be in."""
    return codecs.BOM_UTF8 + text.encode()


def refusals(project: Project, definitions: Mapping[str, tuple[str, ...]]) -> list[Problem]:
    """Why a model may not be built: for each text that nobody agreed to, a sentence with the remedy."""
    return [_problem(project, nodes[0], ERROR) for text, nodes in definitions.items() if not may_run(text)]


def warnings(project: Project, inferred: Inferred) -> Iterator[Problem]:
    """The rule of `lint`: what there is to read before training, and what its last trial found wrong."""
    for nodes in unread(inferred).values():
        for node in nodes:
            yield _problem(project, node, WARNING)
    for node in inferred.order:
        found = inferred.judged[node] if node in inferred.untested else None
        known = tested.outcome(found.layer, found.arrived) if found is not None else None
        if known is not None and known.fault:
            where = label(project.graph.nodes[node])
            place = tr("{where}, line {line} of its code", where=where, line=known.line) if known.line else where
            message = tr("{place}: {fault}. This was found in its test.", place=place, fault=known.fault.rstrip(".。"))
            yield Problem("trial", message, node, severity=WARNING, where=where)


def _problem(project: Project, node: str, severity: str) -> Problem:
    where = label(project.graph.nodes[node])
    told = tr("{where} holds Python code that you have not yet agreed to run.", where=where)
    message = sentences(told, tr(REMEDY))
    return Problem("consent", message, node, severity=severity, where=where)
