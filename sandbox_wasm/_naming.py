"""What guest code may be let call, and by what name."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterable
from datetime import date, time, timedelta
from enum import Enum
from types import ModuleType
from typing import Any

from ._builtins import BUILTINS
from ._checks import listed, shown
from ._errors import ConfigError

_NAME_BYTES = 200
_DATA = (
    str, int, float, complex, bytes, bytearray, list, dict, tuple, set, frozenset, date, time,
    timedelta, Enum, type(None), type, BaseException,
)  # fmt: skip


def own_name(function: object) -> str:
    """Return what a function calls itself, or raise `ConfigError`."""
    if not callable(function):
        raise ConfigError(f"a host function must be callable, got {type(function).__name__}")
    name = getattr(function, "__name__", None)
    if not isinstance(name, str) or name == "<lambda>":
        raise ConfigError("a host function without a name of its own must be given one")
    return name


def check_name(name: object) -> None:
    """Raise `ConfigError` unless guest code may call a function by *name*."""
    if not isinstance(name, str):
        raise ConfigError(f"a host function's name must be a str, got {type(name).__name__}")
    if not name.isidentifier() or keyword.iskeyword(name) or len(name.encode()) > _NAME_BYTES:
        raise ConfigError(f"a host function's name must be an identifier, got {shown(name)}")
    if name.startswith("_"):
        raise ConfigError(f"a host function's name must not begin with '_', got {shown(name)}")
    if name in BUILTINS:
        raise ConfigError(f"{name!r} is a builtin; give the host function another name")


def check_kind(function: Callable[..., Any], name: str) -> None:
    """Raise `ConfigError` if what a call of *function* makes cannot cross."""
    for candidate in (function, type(function).__call__):
        if inspect.isgeneratorfunction(candidate) or inspect.isasyncgenfunction(candidate):
            raise ConfigError(
                f"host function {name!r} is a generator: have it return a list, which crosses"
            )


def check_path(name: object) -> None:
    """Raise `ConfigError` unless *name* is one, or one in a namespace (``"db.query"``)."""
    if isinstance(name, str) and name.count(".") == 1:
        space, _, own = name.partition(".")
        check_name(space)
        if not own.isidentifier() or own.startswith("_") or keyword.iskeyword(own):
            raise ConfigError(f"a host function's name must be an identifier, got {shown(own)}")
        if len(name.encode()) <= _NAME_BYTES:
            return
    check_name(name)


def check_class(kind: object) -> None:
    """Raise `ConfigError` unless instances of *kind* may be had by reference."""
    if not isinstance(kind, type):
        raise ConfigError(f"a class was to be exposed, got {type(kind).__name__}")
    if issubclass(kind, _DATA):
        raise ConfigError(f"instances of {kind.__name__} are data, which is copied")


def methods_of(target: object, only: Iterable[str] | None) -> list[str]:
    """Return the names of the methods of *target* that guest code may call.

    Raises:
        ConfigError: There is none, or none of a name of *only*.
    """
    kind = target if isinstance(target, type) else type(target)
    if only is None:
        if isinstance(target, ModuleType):
            raise ConfigError("say which functions of a module guest code may call: only=[...]")
        # Looked up in the class, where no property runs.
        found = [
            name
            for name in dir(kind)
            if not name.startswith("_") and inspect.isroutine(inspect.getattr_static(kind, name))
        ]
    elif isinstance(only, str):
        raise ConfigError("only must be a list of names, got str")
    else:
        found = listed(only, "only")
        for name in found:
            if not isinstance(name, str):
                raise ConfigError(f"only must be a list of names, got {type(name).__name__} in it")
            if not callable(getattr(target, name, None)):
                raise ConfigError(f"{kind.__name__} has no method {shown(name)}")
    if not found:
        raise ConfigError(f"{kind.__name__} has no methods that guest code could call")
    return found
