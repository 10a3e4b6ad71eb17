"""Models to begin with: one without a problem for every data set, and models adapted to other data."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlab.compiler.check import check
from netlab.compiler.starters import adapted, starters, with_data
from netlab.data.dataset import catalogue
from netlab.document import file
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.document.values import plain

BUILT_IN = {key: source for key, source in catalogue().items() if not source.of_file}
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("key", BUILT_IN)
def test_every_built_in_set_has_models_without_a_problem(key: str) -> None:
    options = BUILT_IN[key]().values
    found = starters(key, options)
    assert found, f"no model is offered for {key}"
    for starter in found:
        project = with_data(Project(training=plain(Training().values)), key, options, starter.graph)
        assert not check(project).blocking, (starter.key, check(project).blocking)


def test_a_classifier_of_images_is_adapted_to_smaller_images() -> None:
    lenet = file.load(EXAMPLES / "lenet.netlab")
    project = adapted(lenet, "digits", BUILT_IN["digits"]().values)
    assert not check(project).blocking, check(project).blocking
    assert lenet.graph.nodes.keys() & project.graph.nodes.keys()


def test_a_model_can_be_kept_as_it_is() -> None:
    lenet = file.load(EXAMPLES / "lenet.netlab")
    project = with_data(lenet, "iris", BUILT_IN["iris"]().values)
    assert project.graph == lenet.graph
    assert project.data.source == "iris"
