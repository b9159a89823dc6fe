"""Where code runs and what it can import: options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

C = TypeVar("C", bound=Callable[..., Any])


def complete_interpreter(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the names of interpreters."""
    from . import available_interpreters

    names = [info.name for info in available_interpreters()]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def interpreter_option(text: str) -> Callable[[C], C]:
    """Return the decorator that adds ``--interpreter``, with *text* as its help."""
    return click.option(
        "--interpreter",
        default="cpython",
        show_default=True,
        metavar="NAME",
        shell_complete=complete_interpreter,
        help=text,
    )


def place_options(code: str) -> Callable[[C], C]:
    """Return the decorator that adds ``--interpreter``, ``--isolation`` and ``--with``.

    Args:
        code: What runs, in words, for their help.
    """
    options = [
        interpreter_option(f"Which Python runs {code}; 'sandbox-wasm interpreters' lists them."),
        click.option(
            "--isolation",
            type=click.Choice(["thread", "process"]),
            default="thread",
            show_default=True,
            help=f"Where {code} runs: in this process, or in a worker process of its own.",
        ),
        click.option(
            "--with",
            "packages",
            multiple=True,
            metavar="NAME",
            help=f"Let {code} import the pure-Python package NAME and all that it needs; a name "
            "with version specifiers, or the path of a wheel; may be given several times.",
        ),
    ]

    def add(command: C) -> C:
        for option in reversed(options):  # as if each were written above the other
            command = option(command)
        return command

    return add
