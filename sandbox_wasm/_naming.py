"""What guest code may be let call, and by what name."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable
from typing import Any

from ._builtins import BUILTINS
from ._errors import ConfigError


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
    if not name.isidentifier() or keyword.iskeyword(name) or len(name.encode()) > 200:
        raise ConfigError(f"a host function's name must be an identifier, got {name[:200]!r}")
    if name.startswith("_"):
        raise ConfigError(f"a host function's name must not begin with '_', got {name!r}")
    if name in BUILTINS:
        raise ConfigError(f"{name!r} is a builtin; give the host function another name")


def check_kind(function: Callable[..., Any], name: str) -> None:
    """Raise `ConfigError` if what a call of *function* makes cannot cross."""
    for candidate in (function, type(function).__call__):
        if inspect.isgeneratorfunction(candidate) or inspect.isasyncgenfunction(candidate):
            raise ConfigError(
                f"host function {name!r} is a generator: have it return a list, which crosses"
            )
