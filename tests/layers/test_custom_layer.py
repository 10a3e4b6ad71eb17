"""Code that users write: read without running it, its shapes by the rule that they state."""

from __future__ import annotations

import pytest

from netlab.layers._definition import read
from netlab.layers.custom import CustomCode, custom_class
from netlab.layers.layer import Shape, ShapeError
from netlab.options import OptionError

PAIR = """class Pair(nn.Module):
    def __init__(self, d, hidden=16):
        super().__init__()

    def forward(self, q, k, mask=None, scale=2.0) -> tuple[torch.Tensor, torch.Tensor]:
        return q, k
"""


def layer(**options: str) -> CustomCode:
    return custom_class(options, lambda: ((), ()))(**options)


def shapes(made: CustomCode, **arriving: str) -> list[str]:
    given = {port: Shape.parse(arriving[port]) if port in arriving else None for port in made.inputs()}
    found = made.shapes(**given)
    return [f"{s.dtype} {s}" for s in (found.values() if isinstance(found, dict) else [found])]


def test_ports_come_from_forward_and_its_annotation() -> None:
    made = layer(definition=PAIR)
    assert {name: port.optional for name, port in made.inputs().items()} == {"q": False, "k": False, "mask": True}
    assert list(made.outputs()) == ["y", "y2"]
    assert list(layer(definition=PAIR, output_names="a, b").outputs()) == ["a", "b"]


def test_ports_come_from_a_function() -> None:
    made = layer(definition="def mix(x, y, *, share=0.5):\n    return x * share + y * (1 - share)\n")
    assert list(made.inputs()) == ["x", "y"]
    x = Shape.parse("B 8")
    assert made.code(x=x, y=x).forward == "mix({x}, {y})"
    assert layer(**made.values | {"arguments": "share=0.25"}).code(x=x, y=x).forward == "mix({x}, {y}, share=0.25)"


def test_a_port_may_have_the_name_of_a_method() -> None:
    made = layer(definition="def f(shapes, code, weights):\n    return shapes\n")
    assert list(made.inputs()) == ["shapes", "code", "weights"]
    assert shapes(made, shapes="B 3", code="B 3", weights="B 3") == ["float B × 3"]


@pytest.mark.parametrize(
    ("rule", "arriving", "expected"),
    [
        ("B d -> B 2*d", {"x": "B 8"}, ["float B × 16"]),
        ("B T d -> B T+1 d//2", {"x": "B T 8"}, ["float B × T+1 × 4"]),
        ("B T d -> B 2*T d", {"x": "B T=5 d=8"}, ["float B × 10 × 8"]),
        ("B T d → B T d, B T T", {"x": "B T 8"}, ["float B × T × 8", "float B × T × T"]),
        ("... d -> ... 3", {"x": "B T 8"}, ["float B × T × 3"]),
        ("int B T -> B T 4", {"x": "int B T"}, ["float B × T × 4"]),
        ("B d -> int B", {"x": "B 8"}, ["int B"]),
        ("B d -> ", {"x": "B 8"}, ["float scalar"]),
        ("same", {"x": "int B T"}, ["int B × T"]),
    ],
)
def test_the_rule_gives_the_shapes(rule: str, arriving: dict[str, str], expected: list[str]) -> None:
    made = layer(definition="def f(x):\n    return x\n", rule=rule)
    assert shapes(made, **arriving) == expected


@pytest.mark.parametrize(
    ("rule", "arriving", "said"),
    [
        ("B T d -> B d", {"x": "B 8"}, "says that x is B T d"),
        ("B 4 -> B 4", {"x": "B 8"}, "4 and 8 at once"),
        ("B d d -> B d", {"x": "B T=5 d=8"}, "at once"),
        ("B d -> B e", {"x": "B 8"}, "no 'e'"),
        ("B d -> B d-8", {"x": "B 8"}, "no size of an axis"),
        ("B d -> B d**9", {"x": "B 8"}, "other than"),
        ("B d -> B d*9999999999", {"x": "B 8"}, "too large"),
        ("B d -> B __import__('os')", {"x": "B 8"}, "no sum or product"),
        ("B d -> B d.real", {"x": "B 8"}, "no sum or product"),
        ("B T -> B T//2", {"x": "B T"}, "open"),
        ("int B d -> B d", {"x": "B 8"}, "is int"),
        ("B d", {"x": "B 8"}, "no arrow"),
        ("B d, B d -> B d", {"x": "B 8"}, "2 inputs, the code 1"),
    ],
)
def test_a_rule_that_does_not_fit_is_said(rule: str, arriving: dict[str, str], said: str) -> None:
    made = layer(definition="def f(x):\n    return x\n", rule=rule)
    with pytest.raises(ShapeError) as caught:
        shapes(made, **arriving)
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")


def test_arguments_are_sizes_of_axes_or_stated() -> None:
    q = Shape.parse("B 8")
    made = layer(definition=PAIR, rule="B d, B d -> B d, B hidden")
    assert made.code(q=q, k=q, mask=None).init == "Pair(d=8)"
    assert shapes(made, q="B 8", k="B 8") == ["float B × 8", "float B × 16"]
    stated = layer(**made.values | {"arguments": "hidden=4"})
    assert stated.code(q=q, k=q, mask=None).init == "Pair(d=8, hidden=4)"
    assert shapes(stated, q="B 8", k="B 8") == ["float B × 8", "float B × 4"]
    with pytest.raises(ShapeError, match="takes no argument 'width'"):
        layer(definition=PAIR, arguments="width=4").shapes(q=q, k=q, mask=None)
    with pytest.raises(ShapeError, match="plain values"):
        layer(definition=PAIR, arguments="hidden=open('x')").shapes(q=q, k=q, mask=None)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x = 1", 1, "no class with a method forward"),
        ("def f(x):\n    return x\n  y", 3, "unindent"),
        ("def f(x):\n    return (x", 2, "never closed"),
        ("return 3", 1, "outside function"),
        ("def f(x):\n    global y\n    return x", 2, "global"),
        ("from os import *\ndef f(x): return x", 1, "listed"),
        ("from __future__ import annotations\ndef f(x): return x", 1, "__future__"),
        ("def f(*x):\n    return x", 1, "any number"),
        ("def f():\n    return 1", 1, "takes no value"),
        ("def f(x):\n    # \u202e\n    return x", 2, "U+202E"),
        ("def f(x): # \rimport os\n    return x", 1, "U+000D"),
        ("def f(x): return " + "-" * 60000 + "x", 1, "nested"),
        ("(" * 5000, 1, "parentheses"),
        ("def f(x): return x\n" + "1+" * 20000 + "1", 1, "nested"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        CustomCode(definition=text)
    assert caught.value.line == line
    assert said in str(caught.value)


def test_reading_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    text = "print('run')\n@print('run')\nclass A(print('run')):\n    print('run')\n    def forward(self, x=print('run')) -> print('run'): ...\n"
    with pytest.raises(OptionError):
        CustomCode(definition=text)
    read(text.replace("x=", "y, x="))
    assert capsys.readouterr().out == ""


def test_ports_stay_while_the_code_is_broken() -> None:
    cls = custom_class({"definition": "def f(x:"}, lambda: (("a", "b"), ("z",)))
    assert list(cls.inputs()) == ["a", "b"]
    assert list(cls.outputs()) == ["z"]
