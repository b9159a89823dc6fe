"""The limits on the command line: an option for each field of `Limits`."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import click

from . import Limits


def size(text: str) -> int:
    """Read a number of bytes: ``1048576``, ``1024K``, ``1M`` or ``1MiB``."""
    match = re.fullmatch(r"([0-9]{1,20})(?:([KMG])(?:iB)?)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise click.BadParameter(f"{text!r} is not a size: write 1048576, 1024K, 1M or 1MiB")
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[(match[2] or "").upper()]


def add_options(command: click.Command) -> None:
    """Give *command* an option for each field of `Limits`, with the field's own words."""
    words = dict(
        re.findall(
            r"(?ms)^ +(\w+): (.+?)[.:](?:\s|\Z)", (Limits.__doc__ or "").partition("Args:")[2]
        )
    )
    for field in dataclasses.fields(Limits):
        kind: Any = click.INT
        metavar, default = "N", str(field.default).removesuffix(".0")
        if field.name.endswith("_bytes"):
            kind, metavar, default = size, "SIZE", _sized(field.default)
        elif field.name.endswith("_seconds"):
            kind, metavar = click.FLOAT, "SECONDS"
        text = " ".join(re.sub("[*`]", "", words.get(field.name, "")).split()) + "."
        if field.default is not None:
            text += f"  [default: {default}]"
        command.params.append(
            click.Option(
                [f"--{field.name.replace('_', '-')}"], type=kind, metavar=metavar, help=text
            )
        )


def chosen(given: dict[str, Any]) -> Limits:
    """Take the limits out of the values of a command's options."""
    limits = {field.name: given.pop(field.name) for field in dataclasses.fields(Limits)}
    return Limits(**{name: value for name, value in limits.items() if value is not None})


def _sized(number: Any) -> str:
    for shift, unit in ((30, "G"), (20, "M"), (10, "K")):
        if number and number % (1 << shift) == 0:
            return f"{number >> shift}{unit}"
    return str(number)
