"""What callers hand over, checked: numbers in a range, times to wait, paths and lists."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from ._errors import ConfigError

_LONGEST = 1e9  # seconds, which is more than thirty years
_LONGEST_PATH = 32_767  # bytes; no system takes more
_SHOWN = 80  # characters, or bytes, of a value
_SHOWN_BITS = 200


def shown(value: Any) -> str:
    """Return *value* as an error may show it: briefly, and no code of its class is run.

    A number, True, False, None, and how a text or bytes begin; of all else what it is.
    """
    kind = type(value)
    for text in (str, bytes):
        if issubclass(kind, text):
            begin = repr(text.__getitem__(value, slice(_SHOWN)))
            return begin if text.__len__(value) <= _SHOWN else f"{begin}..."
    if kind is bool or value is None:
        return repr(value)
    if issubclass(kind, float):
        return float.__repr__(value)
    if issubclass(kind, int):
        bits = int.bit_length(value)
        return int.__repr__(value) if bits <= _SHOWN_BITS else f"an int of {bits} bits"
    return kind.__name__[:_SHOWN]


def check_word(name: str, value: object, words: Sequence[str]) -> None:
    """Raise `ConfigError` unless *value* is one of *words*; *name* is for the error."""
    if not isinstance(value, str) or value not in words:
        *most, last = map(repr, words)
        raise ConfigError(f"{name} must be {', '.join(most)} or {last}, got {shown(value)}")


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
        raise ConfigError(f"{name} must be from {low} to {high}, got {shown(value)}")


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
        path = str.__str__(os.fsdecode(value))  # type: ignore[arg-type]
        raw = os.fsencode(path)
    except (TypeError, ValueError):
        raise ConfigError(f"{name} must be a path, got {type(value).__name__}") from None
    if b"\0" in raw:
        raise ConfigError(f"{name} must be a path, and hold no null character, got {shown(path)}")
    if len(raw) > _LONGEST_PATH:  # which the system would repeat in its error
        raise ConfigError(f"{name} is longer than a path can be, got {shown(path)}")
    return path


def listed(values: object, name: str) -> list[Any]:
    """Return the items of *values*; *name* is for the error.

    Raises:
        ConfigError: There are none to be had; or it is one text, in place of a list of them.
    """
    if isinstance(values, (str, bytes, os.PathLike)) or not isinstance(values, Iterable):
        raise ConfigError(f"{name} must be a list, got {type(values).__name__}")
    return list(values)
