"""What callers hand over, checked: numbers in a range, times to wait, paths and lists."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from ._errors import ConfigError

_LONGEST = 1e9  # seconds, which is more than thirty years


def check_number(
    name: str, value: object, low: float, high: float, *, fraction: bool = False
) -> None:
    """Raise `ConfigError` unless *value* is a number from *low* to *high*.

    Args:
        name: Of the argument, for the error.

        fraction: It need not be whole.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float) if fraction else int):
        wanted = "a number" if fraction else "an int"
        raise ConfigError(f"{name} must be {wanted}, got {type(value).__name__}")
    if not low <= value <= high:  # nor is a NaN
        shown = "a much larger one" if abs(value) > 1 << 200 else value  # that has no end
        raise ConfigError(f"{name} must be from {low} to {high}, got {shown}")


def check_timeout(value: object) -> None:
    """Raise `ConfigError` unless *value* is None or a number of seconds; a negative one is over."""
    if value is not None:
        check_number("timeout", value, -_LONGEST, _LONGEST, fraction=True)


def host_path(value: object, name: str) -> str:
    """Return a path of the host as text; a number would be a descriptor, and somebody's.

    Raises:
        ConfigError: It is none.
    """
    try:
        path = os.fsdecode(value)  # type: ignore[arg-type]
        raw = os.fsencode(path)
    except (TypeError, ValueError):
        raise ConfigError(f"{name} must be a path, got {type(value).__name__}") from None
    if b"\0" in raw:
        raise ConfigError(f"{name} must be a path, and hold no null character, got {path!r}")
    return path


def listed(values: object, name: str) -> list[Any]:
    """Return the items of *values*; *name* is for the error.

    Raises:
        ConfigError: There are none to be had; or it is one text, in place of a list of them.
    """
    if isinstance(values, (str, bytes, os.PathLike)) or not isinstance(values, Iterable):
        raise ConfigError(f"{name} must be a list, got {type(values).__name__}")
    return list(values)
