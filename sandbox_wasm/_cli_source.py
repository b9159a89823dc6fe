"""Programs on the command line, read alike by all commands: arguments, files, standard input."""

from __future__ import annotations

import os
import sys

import click


def read(ctx: click.Context, path: str, most: int) -> str:
    """Return the text of a program, whatever *path* is; ``-`` is standard input.

    Args:
        ctx: Of the command whose usage an error shows.

        most: Bytes that it may have, and that are read.

    Raises:
        click.UsageError: It cannot be read, is larger, or is not UTF-8.
    """
    name = "standard input" if path == "-" else repr(path)
    try:
        if path == "-":
            data = b"" if sys.stdin is None else sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise click.UsageError(f"cannot read {name}: {reason}", ctx) from None
    if len(data) > most:
        raise click.UsageError(f"{name} is larger than {most} bytes, its limit (input_bytes)", ctx)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{name} is not UTF-8: byte {error.start}", ctx) from None


def argument(ctx: click.Context, text: str) -> str:
    """Return an argument as what a file is read as: UTF-8, whatever the locale says.

    Raises:
        click.UsageError: It is not UTF-8.
    """
    try:
        return os.fsencode(text).decode()
    except UnicodeError:
        raise click.UsageError("the code on the command line is not UTF-8", ctx) from None
