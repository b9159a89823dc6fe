"""How the arguments of a host call fit the parameters of its function.

The binding is our own, not that of `inspect`, for its texts: they go to guest
code, so they name the function as the guest knows it and nothing else of the
host. pydantic is imported when the first function with type hints is
registered, not earlier (it takes 150 ms) and not during a run (that time would
be the guest's).
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import re
import typing
from collections.abc import Callable, Mapping
from inspect import Parameter
from types import MappingProxyType
from typing import Any

from ._crowds import is_slow
from ._decode import MAX_DIGITS
from ._errors import ConfigError
from ._hints import fitted, made_of

# As Python reads them: digits of any script, and underscores between.
_WIDE = re.compile(r"[Ee][+-]?[\d_]{7,}\s*\Z")
_NUMBER = re.compile(r"[\s\d_+.Ee-]+")

_MAX_LISTED = 300
_MAX_ERRORS = 3
_DOUBLE_BITS = 1023  # a longer int pydantic reads from JSON as an infinite float


class BadArgument(Exception):
    """The arguments do not fit: a builtin's name, and a text for guest code."""

    def __init__(self, type_name: str, text: str) -> None:
        super().__init__(type_name, text)
        self.type_name = type_name
        self.text = text

    def __str__(self) -> str:
        return self.text


class Parameters:
    """The parameters of one function."""

    def __init__(self, signature: inspect.Signature, hints: dict[str, Any]) -> None:
        self.hints = self.marked = hints
        self.positional: list[str] = []
        self.by_name: set[str] = set()  # accepted as keyword
        self.required: list[str] = []
        self.rest: str | None = None  # *args
        self.options: str | None = None  # **kwargs
        listed = []
        for name, parameter in signature.parameters.items():
            kind = parameter.kind
            if kind is Parameter.VAR_POSITIONAL:
                self.rest = name
                listed.append(f"*{name}")
                continue
            if kind is Parameter.VAR_KEYWORD:
                self.options = name
                listed.append(f"**{name}")
                continue
            listed.append(name)
            if kind is not Parameter.KEYWORD_ONLY:
                self.positional.append(name)
            if kind is not Parameter.POSITIONAL_ONLY:
                self.by_name.add(name)
            if parameter.default is Parameter.empty:
                self.required.append(name)
        self.listed = ", ".join(listed) or "none"
        if len(self.listed) > _MAX_LISTED:
            self.listed = self.listed[:_MAX_LISTED] + "..."
        # How many positional arguments do without any keyword.
        keyword_only = [name for name in self.required if name not in self.positional]
        self.most = len(self.positional) if self.rest is None else 1 << 62
        self.least = self.most + 1 if keyword_only else len(self.required)

    @classmethod
    def of(cls, function: Callable[..., Any], name: str) -> Parameters | None:
        """Return those of *function*, or None for builtins that do not tell."""
        try:
            signature = inspect.signature(function)
        except ValueError:
            return None
        except Exception as error:  # Python 3.14 evaluates hints here
            raise ConfigError(f"the signature of host function {name!r} is unusable") from error
        try:
            hints = _hints(function)
        except Exception as error:
            raise ConfigError(f"a hint of host function {name!r} is unusable: {error}") from error
        known = {*signature.parameters, "return"}
        return cls(signature, {key: hint for key, hint in hints.items() if key in known})

    def receive(self, kind: type) -> bool:
        """Have the first be of that class: the parameters are a method's.

        Returns False if it has no name, as in a function that takes whatever comes.
        """
        if self.positional:
            first, *_ = self.positional
            own = {name: hint for name, hint in self.hints.items() if name != first}
            self.hints = {first: kind, **own}
        return bool(self.positional)

    def check(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Raise `BadArgument` unless the arguments can be bound."""
        if len(args) > self.most:
            self._refuse(f"takes at most {self.most} positional arguments, got {len(args)}")
        given = set(self.positional[: len(args)])
        for name in kwargs:
            if name in self.by_name:
                if name in given:
                    self._refuse(f"got two values for argument {name!r}")
            elif self.options is None:
                self._refuse(f"got an unexpected argument {name[:40]!a}")
        given.update(self.by_name.intersection(kwargs))
        missing = [name for name in self.required if name not in given]
        if missing:
            self._refuse(f"is missing {', '.join(map(repr, missing))}"[:_MAX_LISTED])

    def _refuse(self, text: str) -> typing.NoReturn:
        raise BadArgument("TypeError", f"{text}; parameters: {self.listed}")


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the resolved hints of whatever a call of *function* runs."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, type):
        hints = _resolved(getattr(function, "__init__"))  # noqa: B009 - mypy
        hints.pop("return", None)  # that of __init__ says nothing of the instance
        return hints
    if hasattr(function, "__annotations__"):
        return _resolved(function)
    return _resolved(type(function).__call__)


def _resolved(target: Any) -> dict[str, Any]:
    if not hasattr(target, "__annotations__"):
        return {}
    return typing.get_type_hints(target, include_extras=True)


class Validators:
    """Checks values against the hints of one function, by pydantic."""

    def __init__(
        self, parameters: Parameters, name: str, classes: Mapping[type, str] = MappingProxyType({})
    ) -> None:
        from pydantic import TypeAdapter, ValidationError

        self._refused = ValidationError
        parameters.marked = dict(parameters.hints)
        self._parameters = parameters
        self._adapters: dict[str, TypeAdapter[Any]] = {}
        self._made: dict[str, set[str]] = {}
        for key, hint in parameters.hints.items():
            if hint is Any:
                continue
            try:
                marked = fitted(hint, classes, is_argument=key != "return")
                parameters.marked[key] = marked
                adapter: TypeAdapter[Any] = TypeAdapter(marked)
                if not adapter.pydantic_complete:  # a name in it is unknown: raise that
                    adapter.rebuild(raise_errors=True)
            except Exception as error:
                raise ConfigError(
                    f"host function {name!r}: the type hint of {key!r} cannot be validated "
                    f"({str(error).partition(chr(10))[0]})"
                ) from error
            self._adapters[key] = adapter
            if key == "return":
                continue
            made = self._made[key] = made_of(adapter.core_schema)
            if "json" in made:
                raise ConfigError(
                    f"host function {name!r}: the type hint of {key!r} reads from JSON what "
                    "nothing bounds there; take the data itself"
                )
        # A value of exactly such a class needs no validator; no pydantic type is among these.
        self._exact = {
            key: hint
            for key, hint in parameters.hints.items()
            if any(hint is scalar for scalar in (int, str, float, bool, bytes))
        }

    def arguments(
        self, args: list[Any], kwargs: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments as the hints want them, or raise `BadArgument`."""
        positional = self._parameters.positional
        rest = self._parameters.rest or ""
        count = len(positional)
        args = [
            self._one(positional[index] if index < count else rest, value)
            for index, value in enumerate(args)
        ]
        if kwargs:
            by_name = self._parameters.by_name
            options = self._parameters.options or ""
            kwargs = {
                name: self._one(name if name in by_name else options, value, name)
                for name, value in kwargs.items()
            }
        return args, kwargs

    def accepts_result(self, result: Any) -> bool:
        """Tell whether *result* is of the type that the function promises."""
        adapter = self._adapters.get("return")
        if adapter is None or type(result) is self._exact.get("return"):
            return True
        try:
            adapter.validate_python(result, strict=True)
        except self._refused:
            return False
        return True

    def _one(self, name: str, value: Any, shown: str = "") -> Any:
        adapter = self._adapters.get(name)
        if adapter is None or type(value) is self._exact.get(name):
            return value
        made = self._made[name]
        if "choices" in made:

            def either(some: Any) -> None:
                with contextlib.suppress(self._refused):
                    adapter.validate_python(some, strict=True)
                adapter.validate_json(_as_json(some) or "", strict=True)

            if is_slow(value, either, deepens=True):
                raise _unfit(shown or name, "it would be tried as too many things")
        try:
            return adapter.validate_python(value, strict=True)
        except self._refused as error:
            refused = error
        text = _as_json(value)
        if text is not None:
            # What came as a decimal, a set or a dict was looked at on its way.
            if "decimal" in made and _has_wide_decimal(value):
                raise _unfit(shown or name, "a decimal of this size or kind cannot cross")
            if "keys" in made and is_slow(
                value, lambda some: adapter.validate_json(_as_json(some) or "", strict=True)
            ):
                raise _unfit(shown or name, "the items are too much like each other")
            try:
                return adapter.validate_json(text, strict=True)
            except self._refused as error:
                refused = error
        raise _told(shown or name, refused.errors(include_url=False, include_input=False))


def _unfit(name: str, fault: str) -> BadArgument:
    return BadArgument("ValueError", f"argument {name[:40]!a}: {fault}")


def _has_wide_decimal(value: Any) -> bool:
    """Whether a text in *value* is a number that is no good as a decimal, see `_decode`."""
    kind = type(value)
    if kind is str:
        is_long = len(value) > MAX_DIGITS and _NUMBER.fullmatch(value) is not None
        return is_long or _WIDE.search(value) is not None
    if kind is dict:
        return any(map(_has_wide_decimal, value)) or any(map(_has_wide_decimal, value.values()))
    return (kind is list or kind is tuple) and any(map(_has_wide_decimal, value))


def _as_json(value: Any) -> str | None:
    """Return *value* as JSON, if it is that; else None.

    Tuples are arrays. Inside a container a date and the like is the text that pydantic
    reads it from, so that it may stand beside what only JSON brings: the value of an enum,
    the dict of a model.
    """
    if type(value) not in _SCALARS and type(value) not in (list, tuple, dict):
        return None
    try:
        return json.dumps(_plain(value))
    except (TypeError, UnicodeDecodeError):
        return None


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is int and value.bit_length() > _DOUBLE_BITS:
        raise TypeError("no JSON that all read alike")
    if kind in _SCALARS:
        return value
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    if kind is dict:
        if any(type(key) is not str for key in value):
            raise TypeError("a key is no text")
        return {key: _plain(item) for key, item in value.items()}
    if kind is set or kind is frozenset:
        raise TypeError("a set is no array")
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        return to_jsonable_python(value)
    except PydanticSerializationError as error:
        raise TypeError("no text stands for it") from error


_SCALARS = {type(None), bool, int, float, str}


def _told(name: str, errors: typing.Sequence[typing.Mapping[str, Any]]) -> BadArgument:
    texts = []
    for error in errors[:_MAX_ERRORS]:
        place = "".join(
            f"[{key}]" if isinstance(key, int) else f"[{str(key)[:40]!a}]"
            for key in error["loc"][:8]
        )
        texts.append(f"argument {name[:40]!a}{place}: {error['msg']}"[:_MAX_LISTED])
    if len(errors) > _MAX_ERRORS:
        texts.append(f"and {len(errors) - _MAX_ERRORS} more")
    # pydantic's names: int_type, dataclass_type, missing... against greater_than, enum...
    kind = errors[0]["type"]
    wrong_type = kind.endswith(("_type", "_instance_of", "missing", "_argument", "_forbidden"))
    return BadArgument("TypeError" if wrong_type else "ValueError", "; ".join(texts))
