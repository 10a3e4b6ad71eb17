"""The contract of the whole layer catalogue, judged without torch."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import pytest

from netlab import language
from netlab.layers.layer import Case, Layer, Shape, ShapeError, catalogue
from netlab.layers.shape import DTYPES
from netlab.options import Bool, Choice, Float, Int, Ints, OptionError, Python, Size, Text

LAYERS = catalogue()
EXPECTED = """add batch_norm2d conv2d cross_entropy_loss dropout embedding flatten gelu input layer_norm linear lstm
max_pool2d mse_loss multi_head_attention output positional_encoding relu select_time softmax tanh""".split()
CATEGORIES = set(
    "Data Basic Activation Convolution Pooling Normalisation Regularisation Recurrent Attention Transformer Sequence "
    "Merge Shape Loss".split()
)
FIX_ACTIONS = {"set_option", "insert"}

every_layer = pytest.mark.parametrize("cls", LAYERS.values(), ids=LAYERS)


def options_of(cls: type[Layer], case: Case) -> dict[str, Any]:
    """The option values of a case."""
    return {name: value for name, value in case.values.items() if name in cls.options()}


def arriving(cls: type[Layer], case: Case) -> dict[str, Shape | None]:
    """Shapes by input port, None for a port that the case leaves open."""
    return {p: Shape.parse(case.values[p]) if p in case.values else None for p in cls.inputs()}


def test_the_catalogue_has_the_layers_that_files_name() -> None:
    assert set(EXPECTED) <= set(LAYERS)


def test_titles_are_unique() -> None:
    titles = [cls.title() for cls in LAYERS.values()]
    assert len(set(titles)) == len(titles)


@every_layer
def test_it_is_explained(cls: type[Layer]) -> None:
    assert cls.__doc__, "a layer needs a docstring"
    assert cls.__doc__ is not Layer.__doc__
    assert len(cls.summary()) > 20
    assert "Shapes:" in cls.__doc__
    assert cls.category in CATEGORIES
    assert cls.aliases
    assert cls.role in ("", "input", "output", "loss", "block", "block_input", "block_output", "passage")
    assert not cls.no_onnx or cls.no_onnx.endswith(".")
    for name, thing in {**cls.inputs(), **cls.outputs(), **cls.options()}.items():
        assert len(thing.help) >= 8, f"{name} needs a sentence of help"
        assert thing.help.endswith("."), f"the help of {name} is a sentence"
        assert thing.name == name


@every_layer
def test_names_are_distinct_and_ports_are_declared(cls: type[Layer]) -> None:
    names = [*cls.inputs(), *cls.outputs(), *cls.options()]
    assert len(set(names)) == len(names)
    assert cls.inputs() or cls.role in ("input", "block", "block_input")
    assert cls.outputs() or cls.role in ("output", "block", "block_output")


@every_layer
def test_defaults_are_valid(cls: type[Layer]) -> None:
    layer = cls()
    for name, option in cls.options().items():
        assert option.check(option.default) == option.default == layer.values[name]
    assert cls.check_values(layer.values) == []


@every_layer
def test_values_out_of_limits_are_refused(cls: type[Layer]) -> None:
    for name, option in cls.options().items():
        for value in bad_values(option):
            with pytest.raises(OptionError, match=name):
                cls(**{name: value})
    with pytest.raises(OptionError, match="no option"):
        cls(no_such_option=1)


def bad_values(option: Any) -> list[Any]:
    """Values that an option of this kind has to refuse."""
    match option:
        case Int():
            return [option.min - 1, option.max + 1, 1.5, True, "1", None]
        case Float():
            return [option.min - abs(option.min) - 1, option.max * 2 + 1, float("nan"), float("inf"), True, "x", None]
        case Bool():
            return [1, "yes", None]
        case Choice():
            return ["no such choice", 1, None]
        case Python():
            return ["x" * (option.max_length + 1), "def f(x:", "x = 1", 1, None]
        case Text():
            return ["x" * (option.max_length + 1), 1, None]
        case Size():
            edge = [option.min] * (len(option.default) - 1)
            return [[option.min - 1, *edge], [*edge, option.max + 1], [], [*option.default, 1], "3", None]
        case Ints():
            few = [option.max] * (option.min_length - 1)
            return [[option.min - 1] * option.min_length, few, [option.max] * (option.max_length + 1), "3", 3, [1.5]]
    raise AssertionError(f"say here what {type(option).__name__} refuses")


@every_layer
def test_options_survive_json(cls: type[Layer]) -> None:
    for case in cls.cases:
        layer = cls(**options_of(cls, case))
        assert cls(**json.loads(json.dumps(layer.values))).values == layer.values


@every_layer
def test_it_has_cases_that_name_what_is_declared(cls: type[Layer]) -> None:
    assert cls.cases
    assert cls.role in ("input", "block", "block_input") or any(not case.error for case in cls.cases)
    for case in cls.cases:
        assert set(case.values) <= {*cls.inputs(), *cls.outputs(), *cls.options()}


@every_layer
def test_every_case(cls: type[Layer]) -> None:
    for case in cls.cases:
        check_case(cls, case)


def check_case(cls: type[Layer], case: Case) -> None:
    """The shapes or the error that the case says, with weights, costs and code that fit them."""
    layer = cls(**options_of(cls, case))
    shapes = arriving(cls, case)
    if case.error:
        with pytest.raises(ShapeError, match=case.error) as caught:
            layer.shapes(**shapes)
        check_error(cls, caught.value)
        return
    made = layer.shapes(**shapes)
    by_port = made if isinstance(made, dict) else dict.fromkeys(list(cls.outputs())[:1], made)
    assert set(by_port) == set(cls.outputs())
    for port, shape in by_port.items():
        wanted = Shape.parse(case.values[port])
        assert (shape.sizes, shape.dtype) == (wanted.sizes, wanted.dtype)
        assert [a.name for a in shape if a.size is None] == [a.name for a in wanted if a.size is None]
    known = {port: shape for port, shape in shapes.items() if shape is not None}
    assert layer.flops(known, by_port, layer.weights(**shapes)) >= 0
    assert layer.kept(known, by_port) >= 0
    for name, tensor in layer.weights(**shapes).items():
        assert tensor, name
        assert all(isinstance(size, int) and size > 0 for size in tensor), name
    check_code(cls, layer, shapes)


class Wordless(dict[str, str]):
    """A language without words: it says only what is filled into a text."""

    def get(self, text: str, default: Any = None) -> str:
        parts = string.Formatter().parse(text)
        return " ".join(f"{{{name}:{kind}}}" for _, name, kind, _ in parts if name is not None) or "¤"


def test_every_refusal_is_said_in_the_language_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_texts", Wordless())
    for key, cls in LAYERS.items():
        names = {*cls.inputs(), *cls.outputs(), *cls.options(), "classes", *DTYPES}
        for case in (case for case in cls.cases if case.error):
            layer = cls(**options_of(cls, case))
            with pytest.raises(ShapeError) as caught:
                layer.shapes(**arriving(cls, case))
            fixes = caught.value.fixes
            told = [str(caught.value), *(fix.label for fix in fixes)]
            given = str([layer.values, case.values, *(fix.values for fix in fixes)]).lower()
            words = {word for text in told for word in re.findall(r"[^\W\d_]{2}\w+", text)}
            assert not [word for word in words - names if word.lower() not in given], (key, told)


def check_error(cls: type[Layer], error: ShapeError) -> None:
    """A sentence, a port that exists, and fixes that name things that exist."""
    assert str(error).endswith(".")
    assert error.port in {"", *cls.inputs()}
    for fix in error.fixes:
        assert fix.label
        assert fix.action in FIX_ACTIONS
        if fix.action == "insert":
            LAYERS[str(fix.values["type"])](**fix.values.get("options", {}))  # type: ignore[arg-type]
        elif "of" in fix.values:
            assert fix.values["of"] in cls.inputs()
        else:
            cls(**{str(fix.values["name"]): fix.values["value"]})


def check_code(cls: type[Layer], layer: Layer, shapes: dict[str, Shape | None]) -> None:
    """Every expression names only ports; a module is made if and only if the forward expression uses it."""
    code = layer.code(**shapes)
    used = {name for _, name, _, _ in string.Formatter().parse(code.forward) if name is not None}
    assert used <= {"self", *cls.inputs()}
    assert ("self" in used) == bool(code.init)
    if code.targets:
        assert {name for _, name, _, _ in string.Formatter().parse(code.targets) if name} == set(cls.outputs())
    assert layer.weights(**shapes) == {} or code.init
    assert bool(code.definition) == bool(code.defines)
    assert (code.init or code.forward).startswith(code.defines)
    for expression in code.metrics.values():
        assert {name for _, name, _, _ in string.Formatter().parse(expression) if name} <= set(cls.inputs())
    assert bool(code.metrics) <= (cls.role == "loss")


@every_layer
def test_a_fix_on_its_own_option_helps(cls: type[Layer]) -> None:
    for case in (case for case in cls.cases if case.error):
        values, shapes = options_of(cls, case), arriving(cls, case)
        with pytest.raises(ShapeError) as caught:
            cls(**values).shapes(**shapes)
        for fix in caught.value.fixes:
            if fix.action == "set_option" and "of" not in fix.values:
                cls(**values | {str(fix.values["name"]): fix.values["value"]}).shapes(**shapes)
