"""Tokens of servers on the command line: from a file that nobody else can read, or made."""

from __future__ import annotations

import os
import stat

import click

_MOST_BYTES = 1 << 20


def read_private(ctx: click.Context, path: str) -> str:
    """Return the text of a file with secrets.

    Raises:
        click.UsageError: It cannot be read, is too large or not UTF-8, or others than its owner
            can read it.
    """
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:  # a secret that is cut short is another one
            raise click.UsageError(f"{path!r} is larger than {_MOST_BYTES} bytes", ctx)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise click.UsageError(f"cannot read {path!r}: {reason}", ctx) from None
    # A pipe, such as that of a shell's <(...), is not anybody else's.
    if os.name == "posix" and stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
        raise click.UsageError(f"{path!r} can be read by others: chmod 600 it", ctx)
    return text


def made() -> str:
    """Return a new token, which nobody can guess."""
    import secrets

    return secrets.token_urlsafe(32)
