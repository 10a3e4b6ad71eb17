"""The helpers that several shape rules share."""

from __future__ import annotations

import pytest

from netlab.layers.add import Add
from netlab.layers.conv2d import Conv2d
from netlab.layers.cross_entropy_loss import CrossEntropyLoss
from netlab.layers.mse_loss import MSELoss
from netlab.layers.shape import Shape, ShapeError, broadcast, compact, need_image, need_sequence


def refuse(why: str) -> ShapeError:
    return ShapeError(why)


@pytest.mark.parametrize(
    ("a", "b", "y"),
    [
        ("B T 64", "B T 64", "B T 64"),
        ("B T 64", "64", "B T 64"),
        ("B 1", "B 5", "B 5"),
        ("B T=1 d=4", "B T d=4", "B T 4"),
        ("", "B 3", "B 3"),
    ],
)
def test_broadcast(a: str, b: str, y: str) -> None:
    for left, right in ((a, b), (b, a)):
        assert broadcast(Shape.parse(left), Shape.parse(right), refuse).sizes == Shape.parse(y).sizes


@pytest.mark.parametrize(("a", "b"), [("B 3", "B 4"), ("B T 64", "B 64"), ("B T=5 d=4", "B 4"), ("B S 4", "B T 4")])
def test_broadcast_refuses(a: str, b: str) -> None:
    for left, right in ((a, b), (b, a)):
        with pytest.raises(ShapeError, match="on one side"):
            broadcast(Shape.parse(left), Shape.parse(right), refuse)


def test_compact() -> None:
    assert compact((3, 3)) == "3"
    assert compact((3, 5)) == "(3, 5)"


@pytest.mark.parametrize("text", ["B 3", "B C=3 H W=4", "int B C=3 H=4 W=4"])
def test_need_image_refuses(text: str) -> None:
    with pytest.raises(ShapeError):
        need_image(Shape.parse(text), "It")


@pytest.mark.parametrize("text", ["B 3", "B T d", "int B T d=3", "B C=3 H=4 W=4"])
def test_need_sequence_refuses(text: str) -> None:
    with pytest.raises(ShapeError) as caught:
        need_sequence(Shape.parse(text), "It", "query")
    assert caught.value.port == "query"


def test_code_reads_like_code_by_hand() -> None:
    x = Shape.parse("B C=1 H=28 W=28")
    assert Conv2d(out_channels=6, kernel_size=5, padding=2).code(x).init == "nn.Conv2d(1, 6, kernel_size=5, padding=2)"
    loss = CrossEntropyLoss().code(Shape.parse("B 10"), Shape.parse("int B"))
    assert loss.forward == "F.cross_entropy({prediction}, {target})"
    assert loss.metrics == {"accuracy": "({prediction}.argmax(-1) == {target}).float().mean()"}


def test_losses_and_add_offer_the_right_width() -> None:
    for rule, port in (
        (lambda: MSELoss().shapes(Shape.parse("B 10"), Shape.parse("B 3")), "prediction"),
        (lambda: Add().shapes(Shape.parse("B 3"), Shape.parse("B 10")), "b"),
    ):
        with pytest.raises(ShapeError) as caught:
            rule()
        assert caught.value.port == port
        assert caught.value.fixes[0].values == {"name": "out_features", "value": 3, "of": port}
