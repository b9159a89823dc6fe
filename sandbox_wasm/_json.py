"""A result as the command line prints it for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._terminal import shown

if TYPE_CHECKING:
    from . import Result


def as_json(result: Result) -> str:
    """Write a result as one line of JSON, in ASCII, which is inert everywhere."""
    fields: dict[str, Any] = {"value": None}
    try:
        if _is_json(result.value):
            json.dumps(result.value)
            fields["value"] = result.value
        else:
            fields["value_repr"] = shown(result.value)
    except (ValueError, RecursionError):
        fields["value_repr"] = shown(result.value)
    fields |= {
        "stdout": result.stdout,
        "stderr": result.stderr,
        "truncated": result.truncated,
        "usage": result.usage._asdict(),
        "error": None,
    }
    error = result.error
    if error is not None:
        told = {"type": type(error).__name__, "text": str(error), "state": error.state}
        for name in ("type_name", "message", "traceback", "limit", "allowed", "trap"):
            if hasattr(error, name):
                told[name] = getattr(error, name)
        fields["error"] = told
    return json.dumps(fields)


def _is_json(value: object) -> bool:
    """Whether *value* comes back from JSON as it was."""
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor NaN
    if isinstance(value, dict):
        return all(type(key) is str and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, (bool, int, str))
