"""Options: the knobs of layers, data sources, probes and training, each declared once.

A class lists its knobs in its body, ``out_features = Int(128, min=1, help="…")``, and inherits `Options`.
The form in the inspector, the check of a file, the command line's ``--set`` and the help page all read the
same declaration. This module imports only the standard library and `netlab.language`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar, overload

from netlab.language import tr

T = TypeVar("T")


class OptionError(ValueError):
    """A value that an option refuses, as a sentence that says what it would accept.

    Attributes:
        option: name of the option, e.g. ``"out_features"``.
        line: which line of a text is at fault, counted from 1; 0 if it is no matter of lines.
    """

    def __init__(self, option: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.option, self.line = option, line


class Option(Generic[T]):
    """One knob: a default, its limits, its unit and a sentence of help. Reads as a plain value on instances."""

    kind: ClassVar[str] = "option"

    def __init__(self, default: T, *, help: str, unit: str = "", label: str = "") -> None:
        self.default = default
        self.help = help
        self.unit = unit
        self._label = label
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Option[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else instance.values.get(self.name, self.default)

    @property
    def label(self) -> str:
        return self._label or self.name.replace("_", " ").capitalize()

    def check(self, value: Any) -> T:
        """Return `value` in its canonical type, or raise `OptionError` with what would be accepted."""
        raise NotImplementedError

    def limits(self) -> dict[str, Any]:
        """The limits as plain data, for ``netlab layers --json`` and for forms."""
        return {}

    def describe(self) -> dict[str, Any]:
        """Everything about the option as plain data."""
        told = {
            "name": self.name,
            "kind": self.kind,
            "default": self.default,
            "help": self.help,
            "unit": self.unit,
        }
        return told | self.limits()

    def _refuse(self, value: Any, wanted: str) -> OptionError:
        shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "…"
        return OptionError(
            self.name, tr("{name} is {shown}, but it has to be {wanted}.", name=self.name, shown=shown, wanted=wanted)
        )


class Int(Option[int]):
    """A whole number between `min` and `max`, both included."""

    kind = "int"

    def __init__(
        self, default: int, *, help: str, min: int = 0, max: int = 2**31 - 1, unit: str = "", label: str = ""
    ) -> None:
        super().__init__(default, help=help, unit=unit, label=label)
        self.min, self.max = min, max

    def check(self, value: Any) -> int:
        whole = not isinstance(value, bool) and isinstance(value, int | float) and value == value // 1
        if not whole or not self.min <= value <= self.max:
            raise self._refuse(value, tr("a whole number from {min} to {max}", min=self.min, max=self.max))
        return int(value)

    def limits(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max}


class Float(Option[float]):
    """A finite number between `min` and `max`; `log` asks forms for a logarithmic slider."""

    kind = "float"

    def __init__(
        self,
        default: float,
        *,
        help: str,
        min: float = -1e308,
        max: float = 1e308,
        unit: str = "",
        log: bool = False,
        label: str = "",
    ) -> None:
        super().__init__(default, help=help, unit=unit, label=label)
        self.min, self.max, self.log = min, max, log

    def check(self, value: Any) -> float:
        finite = not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)
        if not finite or not self.min <= value <= self.max:
            raise self._refuse(value, tr("a number from {min:g} to {max:g}", min=self.min, max=self.max))
        return float(value)

    def limits(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max, "log": self.log}


class Bool(Option[bool]):
    """A switch."""

    kind = "bool"

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._refuse(value, tr("true or false"))
        return value


class Choice(Option[str]):
    """One of a few words."""

    kind = "choice"

    def __init__(self, default: str, choices: tuple[str, ...], *, help: str, unit: str = "", label: str = "") -> None:
        super().__init__(default, help=help, unit=unit, label=label)
        self.choices = choices

    def check(self, value: Any) -> str:
        if value not in self.choices or not isinstance(value, str):
            raise self._refuse(value, tr("one of {choices}", choices=", ".join(self.choices)))
        return value

    def limits(self) -> dict[str, Any]:
        return {"choices": list(self.choices)}


class Text(Option[str]):
    """A short text of at most `max_length` characters; `suggests` names where a form finds proposals."""

    kind = "text"

    def __init__(
        self,
        default: str,
        *,
        help: str,
        max_length: int = 200,
        suggests: str = "",
        unit: str = "",
        label: str = "",
    ) -> None:
        super().__init__(default, help=help, unit=unit, label=label)
        self.max_length, self.suggests = max_length, suggests

    def check(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > self.max_length:
            raise self._refuse(value, tr("a text of at most {count} characters", count=self.max_length))
        return value

    def limits(self) -> dict[str, Any]:
        return {"max_length": self.max_length}


class Python(Text):
    """Python source of at most `max_length` characters. `read` reads it, never runs it, and says what is wrong in it
    by a `SyntaxError` with a line.
    """

    kind = "python"

    def __init__(
        self, default: str, *, read: Callable[[str], object], help: str, max_length: int = 65536, label: str = ""
    ) -> None:
        super().__init__(default, help=help, max_length=max_length, label=label)
        self.read = read

    def check(self, value: Any) -> str:
        text = super().check(value)
        try:
            self.read(text)
        except SyntaxError as error:
            line = error.lineno or 1
            told = tr("{name}, line {line}: {what}.", name=self.name, line=line, what=error.msg)
            raise OptionError(self.name, told, line) from None
        return text


def _whole(values: Iterable[Any], min: int, max: int) -> bool:
    """Whether all are whole numbers within the limits."""
    return all(isinstance(v, int) and not isinstance(v, bool) and min <= v <= max for v in values)


class Size(Option[tuple[int, ...]]):
    """As many whole numbers as `default` has, e.g. the height and width of a kernel.

    One number stands for the same along every axis. Stored as a list in files.
    """

    kind = "size"

    def __init__(
        self,
        default: tuple[int, ...],
        *,
        help: str,
        min: int = 1,
        max: int = 65536,
        unit: str = "",
        label: str = "",
    ) -> None:
        super().__init__(default, help=help, unit=unit, label=label)
        self.min, self.max = min, max

    def check(self, value: Any) -> tuple[int, ...]:
        count = len(self.default)
        if isinstance(value, int) and not isinstance(value, bool):
            value = (value,) * count
        if not isinstance(value, tuple | list) or len(value) != count or not _whole(value, self.min, self.max):
            wanted = tr("{count} whole numbers from {min} to {max}", count=count, min=self.min, max=self.max)
            raise self._refuse(value, wanted)
        return tuple(value)

    def limits(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max, "length": len(self.default)}


class Ints(Option[tuple[int, ...]]):
    """A list of whole numbers of any length between `min_length` and `max_length`, e.g. the sizes of a reshape."""

    kind = "ints"

    def __init__(
        self,
        default: tuple[int, ...],
        *,
        help: str,
        min: int = 1,
        max: int = 2**31 - 1,
        min_length: int = 1,
        max_length: int = 8,
        unit: str = "",
        label: str = "",
    ) -> None:
        super().__init__(default, help=help, unit=unit, label=label)
        self.min, self.max, self.min_length, self.max_length = min, max, min_length, max_length

    def check(self, value: Any) -> tuple[int, ...]:
        fits = isinstance(value, tuple | list) and self.min_length <= len(value) <= self.max_length
        if not fits or not _whole(value, self.min, self.max):
            wanted = tr("{min_length} to {max_length} whole numbers from {min} to {max}", **self.limits())
            raise self._refuse(value, wanted)
        return tuple(value)

    def limits(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max, "min_length": self.min_length, "max_length": self.max_length}


class Names(Option[tuple[str, ...]]):
    """A list of names of any length up to `max_length`, e.g. columns of a table. Stored as a list in files."""

    kind = "names"

    def __init__(
        self, default: tuple[str, ...] = (), *, help: str, max_length: int = 4096, unit: str = "", label: str = ""
    ) -> None:
        super().__init__(default, help=help, unit=unit, label=label)
        self.max_length = max_length

    def check(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, tuple | list) or len(value) > self.max_length:
            raise self._refuse(value, tr("a list of at most {count} names", count=self.max_length))
        if any(not isinstance(name, str) or len(name) > 1000 for name in value):
            raise self._refuse(value, tr("a list of names of at most 1000 characters"))
        return tuple(value)

    def limits(self) -> dict[str, Any]:
        return {"max_length": self.max_length}


class File(Text):
    """The path of a file or folder of the user's, never opened unasked; `filters` are suffixes for a file dialog."""

    kind = "file"

    def __init__(self, default: str = "", *, help: str, filters: tuple[str, ...] = (), label: str = "") -> None:
        super().__init__(default, help=help, max_length=4096, label=label)
        self.filters = filters

    def check(self, value: Any) -> str:
        value = super().check(value)
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            told = tr(
                "{name} {value!r} has bytes that are no text. Rename the file or its folder.",
                name=self.name,
                value=value,
            )
            raise OptionError(self.name, told)
        return value

    def limits(self) -> dict[str, Any]:
        return super().limits() | {"filters": list(self.filters)}


class Facts(Option[dict[str, Any]]):
    """What was found out about a file, as plain data. Forms leave it out: it is learned, not typed."""

    kind = "facts"

    def __init__(self, *, help: str) -> None:
        super().__init__({}, help=help)

    def check(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or any(not isinstance(name, str) for name in value):
            raise self._refuse(value, tr("an object with facts by name"))
        return dict(value)


@cache
def _declared(cls: type) -> dict[str, Option[Any]]:
    found: dict[str, Option[Any]] = {}
    for base in reversed(cls.__mro__):
        found |= {name: value for name, value in vars(base).items() if isinstance(value, Option)}
    return found


class Options:
    """Base of everything that declares options. ``Linear(out_features=10).out_features == 10``.

    Raises:
        OptionError: a name that is not declared, or a value outside its limits.
    """

    values: dict[str, Any]

    def __init__(self, **values: Any) -> None:
        declared = self.options()
        for name in values:
            if name not in declared:
                known = ", ".join(declared) or tr("none")
                told = tr(
                    "{owner} has no option {name!r}; it has: {known}.",
                    owner=type(self).__name__,
                    name=name,
                    known=known,
                )
                raise OptionError(name, told)
        self.values = {name: o.check(values[name]) if name in values else o.default for name, o in declared.items()}

    @classmethod
    def options(cls) -> dict[str, Option[Any]]:
        """The declared options by name, in the order of the class body, inherited ones first."""
        return _declared(cls)

    @classmethod
    def check_values(cls, values: Mapping[str, Any]) -> list[OptionError]:
        """Every complaint about `values` at once, for a form or a file check."""
        problems: list[OptionError] = []
        declared = cls.options()
        for name, value in values.items():
            if name not in declared:
                told = tr("{owner} has no option {name!r}.", owner=cls.__name__, name=name)
                problems.append(OptionError(name, told))
                continue
            try:
                declared[name].check(value)
            except OptionError as problem:
                problems.append(problem)
        return problems
