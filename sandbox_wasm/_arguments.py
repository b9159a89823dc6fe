"""What callers hand to a session, checked and turned into what its guest takes."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any

from ._checks import shown
from ._errors import ConfigError, GuestError
from ._values import Refer, encode

_NAME_BYTES = 200  # what every interpreter takes for a name


def source(code: object) -> bytes:
    """Return *code* in UTF-8.

    Raises:
        ConfigError: It is no str.
        GuestError: It is no Python in any interpreter: a lone surrogate, a null.
    """
    if not isinstance(code, str):
        raise ConfigError(f"code must be a str, got {type(code).__name__}")
    # What some editors put before a program; and no subclass is left, with methods of its own.
    code = str.removeprefix(code, "\ufeff")
    if "\0" in code:
        raise GuestError("SyntaxError", "source code cannot contain null bytes")
    try:
        return code.encode()
    except UnicodeEncodeError as bad:
        raise GuestError("SyntaxError", f"source has a lone surrogate at {bad.start}") from None


def inputs(values: object, max_bytes: int, refer: Refer | None = None) -> bytes:
    """Return the values of global variables as the guest takes them.

    Args:
        refer: As in `encode`.

    Raises:
        ConfigError: A name is no identifier, or a value is no data or too large.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"inputs must be a mapping of names to values, got {type(values).__name__}"
        )
    named = dict(values)
    for name in named:
        identifier(name)
    return data(named, max_bytes, "inputs", refer)


def environment(variables: object, max_bytes: int) -> bytes:
    """Return environment variables as the guest takes them.

    Raises:
        ConfigError: They are no mapping of texts, or a name is empty or has an ``=``.
    """
    if not isinstance(variables, Mapping):
        raise ConfigError(
            f"env must be a mapping of names to texts, got {type(variables).__name__}"
        )
    for name, value in variables.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ConfigError("env must have texts as names and as values")
        if not name or "=" in name or "\0" in name + value:
            raise ConfigError(f"env has the name or value of {shown(name)}, which no system takes")
    return data(dict(variables), max_bytes, "env")


def data(value: Any, max_bytes: int, what: str, refer: Refer | None = None) -> bytes:
    """Return *value* encoded; *what* it is, in words, is for the error.

    Args:
        refer: As in `encode`.

    Raises:
        ConfigError: It is no data, or larger than *max_bytes*.
    """
    try:
        return encode(value, max_bytes=max_bytes, refer=refer)
    except (TypeError, ValueError, RuntimeError) as error:  # the last: one reference too many
        raise ConfigError(f"{what} cannot go into the sandbox: {error}") from error


def identifier(name: object) -> bytes:
    """Return a name of guest code in UTF-8.

    Raises:
        ConfigError: It is no identifier, or too long.
    """
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ConfigError(f"a name must be a Python identifier, got {shown(name)}")
    encoded = str.encode(name)
    if len(encoded) > _NAME_BYTES:
        raise ConfigError(f"a name must have at most {_NAME_BYTES} bytes, got {len(encoded)}")
    return encoded
