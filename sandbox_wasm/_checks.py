"""What callers hand over, checked: numbers in a range, and lists."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import Any

from ._errors import ConfigError


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
    if math.isnan(value) or not low <= value <= high:
        raise ConfigError(f"{name} must be from {low} to {high}, got {value}")


def listed(values: object, name: str) -> list[Any]:
    """Return the items of *values*; *name* is for the error.

    Raises:
        ConfigError: There are none to be had; or it is one text, in place of a list of them.
    """
    if isinstance(values, (str, bytes, os.PathLike)) or not isinstance(values, Iterable):
        raise ConfigError(f"{name} must be a list, got {type(values).__name__}")
    return list(values)
