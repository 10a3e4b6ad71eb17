"""Custom code: a layer that the user writes as Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

from netlab.language import tr
from netlab.layers._definition import REQUIRED, Definition, literals, read
from netlab.layers._shape_rule import SAME, Bound, Rule, bind, made, read_rule
from netlab.layers.layer import Case, Code, Fix, Input, Layer, Output, Shape, ShapeError
from netlab.layers.shape import Axis
from netlab.options import Python, Text

DEFAULT = '''class Gate(nn.Module):
    """Lets every number through as far as a gate, learned from all of them, is open."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.gate = nn.Linear(d, d)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(self.gate(x))
'''
"""The code of a fresh node; it is NetLab's own, so nobody is asked before it runs."""


class CustomCode(Layer):
    """A module or function written in Python, with torch, nn and F at hand.

    Shapes: as the shape rule says. The inputs are what `forward` takes (one with the default None may stay open), the
    outputs what it returns. An argument of `__init__` gets the size of the axis of its name: `d` is 64 in
    ``B T d -> B T 2*d`` if B × T × 64 arrives. The code runs only in training, export and test, and only after
    somebody has read it and agreed.
    """

    category = "Basic"
    label = "Custom code"
    aliases = ("python", "code", "own layer", "script", "function", "lambda", "module")
    torch_name = "torch.nn.Module"
    no_onnx = "What the code calls decides whether it can be exported."
    must_run = True
    definition = Python(
        DEFAULT, read=read, label="Code", help="A class with a method forward, or a function. torch, nn, F are there."
    )
    rule = Text(SAME, max_length=400, label="Shape rule", help="Shapes, as in B T d -> B T 2*d; same: as the input.")
    arguments = Text("", max_length=400, help="More arguments of the constructor, as in hidden=64, bias=False.")
    output_names = Text("", max_length=200, help="Names of the outputs with commas between; empty: y, y2 and so on.")
    _inputs: ClassVar[Mapping[str, Input]] = {}
    _outputs: ClassVar[Mapping[str, Output]] = {}

    @classmethod
    def inputs(cls) -> dict[str, Input]:
        return dict(cls._inputs)

    @classmethod
    def outputs(cls) -> dict[str, Output]:
        return dict(cls._outputs)

    @property
    def defined(self) -> Definition:
        """What the code defines."""
        return read(self.definition)

    @property
    def is_fresh(self) -> bool:
        """Whether the code is still the one that NetLab itself wrote."""
        return self.definition == DEFAULT

    def shapes(self, /, **arriving: Shape | None) -> Shape | dict[str, Shape]:
        rule, bound = self._bound(arriving)
        for name, value in (self.defined.arguments | self.given(arriving)).items():
            if type(value) is int and value > 0:
                bound.axes.setdefault(name, Axis("d", value))
        names = list(self.outputs())
        if rule is None:
            first = next(shape for shape in arriving.values() if shape is not None)
            return dict.fromkeys(names, first)
        found = made(rule, bound)
        if len(found) != len(names):
            message = tr(
                "The shape rule has {rule} outputs, the code {code} ({names}). "
                "Name them all in output_names, or mend the rule.",
                rule=len(found),
                code=len(names),
                names=", ".join(names),
            )
            raise ShapeError(message)
        return dict(zip(names, found, strict=True))

    def _bound(self, arriving: Mapping[str, Shape | None]) -> tuple[Rule | None, Bound]:
        """The rule, None for ``same``, and what its names stand for."""
        if self.rule.strip() != SAME:
            rule = read_rule(self.rule)
            return rule, bind(rule, arriving, {n: v for n, v in self._literals().items() if type(v) is int and v > 0})
        bound = Bound()
        for shape in arriving.values():
            for axis in shape or ():
                bound.axes.setdefault(axis.name, axis)
            if shape is not None and shape.rank:
                bound.axes.setdefault("d", shape[-1])
        return None, bound

    def _literals(self) -> dict[str, Any]:
        try:
            return literals(self.arguments)
        except ValueError as error:
            fix = Fix(tr("Give no arguments"), "set_option", {"name": "arguments", "value": ""})
            raise ShapeError(f"arguments: {error}", fixes=(fix,)) from None

    def given(self, arriving: Mapping[str, Shape | None]) -> dict[str, Any]:
        """The arguments of the constructor, or of the function: those stated, and the sizes that it asks for by name.

        Raises:
            ShapeError: one that is needed is unknown, or one is stated that the code does not take.
        """
        stated, wanted = self._literals(), self.defined.arguments
        for name in stated:
            if name not in wanted:
                message = tr(
                    "{code} takes no argument {name!r} (it takes: {known}). Mend arguments.",
                    code=self.defined.name,
                    name=name,
                    known=", ".join(wanted) or tr("none"),
                )
                raise ShapeError(message)
        _, bound = self._bound(arriving)
        found: dict[str, Any] = {}
        for name, default in wanted.items():
            size = bound.size(name)
            if name in stated:
                found[name] = stated[name]
            elif size is not None:
                found[name] = size
            elif default is REQUIRED:
                message = tr(
                    "{code} wants {name}, which is no axis of a fixed size in the shape rule. "
                    "Write {name}=… into arguments, or name an axis {name} in the rule.",
                    code=self.defined.name,
                    name=name,
                )
                raise ShapeError(message)
        return found

    def code(self, /, **arriving: Shape | None) -> Code:
        name = self.defined.name
        given = ", ".join(f"{key}={value!r}" for key, value in self.given(arriving).items())
        ports = list(self.inputs())
        while ports and arriving.get(ports[-1]) is None and self.inputs()[ports[-1]].optional:
            ports.pop()
        values = ", ".join(f"{{{port}}}" for port in ports)
        if self.defined.is_class:
            return Code(f"{{self}}({values})", f"{name}({given})", definition=self.definition, defines=name)
        given = f", {given}".replace("{", "{{").replace("}", "}}") if given else ""
        return Code(f"{name}({values}{given})", definition=self.definition, defines=name)

    cases: ClassVar[list[Case]] = [
        Case(x="B 8", y="B 8"),
        Case(x="B T 8", rule="B T d -> B T d", y="B T 8"),
        Case(x="B T 8", rule="B d -> B d", error="Mend the rule"),
        Case(x="B T 8", rule="B T k -> B T k", error="Write d="),
        Case(x="B 8", rule="B d", error="no arrow"),
        Case(x="B 8", arguments="size=3", error="takes no argument"),
        Case(x="B 8", arguments="d", error="plain values"),
    ]


def custom_class(
    options: Mapping[str, Any], wired: Callable[[], tuple[tuple[str, ...], tuple[str, ...]]]
) -> type[CustomCode]:
    """The class of a node, with the ports that its code has; while that cannot be read, those that are wired."""
    declared = CustomCode.options()
    told = (str(options.get(name, declared[name].default)) for name in ("definition", "rule", "output_names"))
    try:
        return _with_ports(*_ports(*told))
    except SyntaxError:
        inputs, outputs = wired()
        return _with_ports(tuple((name, True) for name in inputs), outputs)


def _ports(definition: str, rule: str, names: str) -> tuple[tuple[tuple[str, bool], ...], tuple[str, ...]]:
    """Inputs with whether they may stay open, and outputs: named, or as many as annotation or rule speak of."""
    found = read(definition)
    outputs = tuple(name for name in names.replace(",", " ").split() if name.isidentifier())
    if not outputs:
        count = found.outputs
        if count == 1 and rule.strip() != SAME:
            try:
                count = len(read_rule(rule).outputs)
            except ShapeError:
                count = 1
        outputs = ("y", *(f"y{i}" for i in range(2, count + 1)))
    return tuple(found.inputs.items()), tuple(dict.fromkeys(outputs))


@lru_cache(maxsize=256)
def _with_ports(inputs: tuple[tuple[str, bool], ...], outputs: tuple[str, ...]) -> type[CustomCode]:
    body: dict[str, Any] = {"__doc__": CustomCode.__doc__, "label": CustomCode.label}
    return type("CustomCode", (CustomCode,), body | _declared(inputs, outputs))


def _declared(inputs: tuple[tuple[str, bool], ...], outputs: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    takes = {name: Input("A value that the code takes.", optional=optional) for name, optional in inputs}
    gives = {name: Output("A value that the code returns.") for name in outputs}
    for name, port in (*takes.items(), *gives.items()):
        port.name = name
    return {"_inputs": takes, "_outputs": gives}


for _name, _ports_of in _declared(*_ports(DEFAULT, SAME, "")).items():
    setattr(CustomCode, _name, _ports_of)
