"""The source of a function of the host, for `map_rows`, if that alone is all of it."""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

from ._errors import ConfigError


def source_of(function: Callable[..., Any]) -> tuple[str, str]:
    """Return what defines *function* inside the sandbox, and its name.

    Its source is all that goes there. What it would find here and not there is refused now
    rather than missed later.

    Raises:
        ConfigError: It is no function made by ``def`` in a file, is decorated, or uses
            variables from around it.
    """
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        raise ConfigError(
            "code must be text or a function made by def, whose source runs in the sandbox; "
            f"got {'a lambda' if isinstance(function, FunctionType) else type(function).__name__}"
        )
    name = function.__name__
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        raise ConfigError(f"there is no source of {name}: give the code as text") from None
    if not isinstance(tree, ast.FunctionDef) or tree.decorator_list:
        raise ConfigError(f"{name} is decorated or async: give the code as text")
    needed = {*function.__code__.co_freevars, *_globals(function.__code__)}
    defaults = [*tree.args.defaults, *filter(None, tree.args.kw_defaults)]
    for default in defaults:
        needed |= {node.id for node in ast.walk(default) if isinstance(node, ast.Name)}
    needed -= {name, *dir(builtins)}
    if needed:
        raise ConfigError(
            f"{name} uses {', '.join(sorted(needed))} from outside of it, and only its own source "
            "goes into the sandbox: import and define within the function, or give the code as text"
        )
    # Annotations need not mean anything there.
    return "from __future__ import annotations\n" + source, name


def _globals(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in {"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"}:
            yield step.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)
