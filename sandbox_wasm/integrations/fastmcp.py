"""FastMCP in code mode: the sandbox in which the code of a model calls a server's tools.

    mcp = FastMCP("tools", transforms=[CodeMode(sandbox_provider=WasmSandboxProvider())])

Needs the extra ``fastmcp``.
"""

from __future__ import annotations

import asyncio
import datetime
import math
from collections.abc import Callable, Mapping
from typing import Any

from .. import ConfigError, GuestError, GuestObject, SandboxError
from ._extra import missing
from ._text import cut, explain, refusal, represent, unfenced
from ._tool import CodeTool

try:
    from fastmcp.exceptions import NotFoundError, ToolError, ValidationError
except ImportError as error:
    raise missing("fastmcp", error) from error

FILE = "<code>"
# What is run: the code as the body of a coroutine, which may await and return, with its own lines
# in tracebacks. Functions of the host are awaited in it.
_RUN = """
def _run(source, names, inputs):
    import ast, asyncio, linecache
    body = ast.parse(source, "<code>").body
    if body and isinstance(body[-1], ast.Expr):
        body[-1] = ast.copy_location(ast.Return(body[-1].value), body[-1])
    module = ast.parse("async def code(): pass")
    module.body[0].body = body or module.body[0].body
    linecache.cache["<code>"] = len(source), None, source.splitlines(True), "<code>"
    def awaited(function):
        async def call(*args, **kwargs):
            return function(*args, **kwargs)
        return call
    space = {"__name__": "__main__", **inputs}
    space.update((name, awaited(eval(name))) for name in names)
    exec(compile(module, "<code>", "exec"), space)
    return asyncio.run(space["code"]())
_run(_source, _names, _inputs)
"""


class WasmSandboxProvider:
    """Runs each code of a model in a session of its own: FastMCP's `SandboxProvider`.

    Code may ``await`` the functions that it is given and ``return`` its result; where it does
    neither, its last expression is the result, and where that is nothing, what it printed.

    Args:
        options: Those of `sandbox_wasm.Session`; the interpreter is CPython.

    Raises:
        ConfigError: As `Session` does, and for another interpreter.
    """

    def __init__(self, **options: Any) -> None:
        with CodeTool(**options) as tool:  # wrong options fail here
            if tool.session.interpreter != "cpython":
                raise ConfigError("code mode needs CPython")
        self._tool = tool

    async def run(
        self,
        code: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        external_functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Any:
        """Run *code* with variables and functions; return its result as JSON data.

        Raises:
            ToolError: It failed; the text is for the model.
        """
        if (refused := refusal(code)) is not None:
            raise ToolError(refused)
        functions = {name: _told(each) for name, each in (external_functions or {}).items()}
        given = {
            "_source": unfenced(code),
            "_names": list(functions),
            "_inputs": dict(inputs or {}),
        }
        try:
            with self._tool.another() as tool:
                session = await tool.opened()
                for name, function in functions.items():
                    session.session.function(function, name=name)
                result = await session.run(_RUN, inputs=given)
        except GuestError as error:
            raise ToolError(_lines(error)) from None
        except SandboxError as error:
            raise ToolError(explain(error, lasting=False)) from None
        if result.value is None and result.stdout:
            return cut(result.stdout)
        return plain(result.value)


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let guest code read the errors that FastMCP writes for a model, and those alone."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        try:
            value = function(*args, **kwargs)
            return await value if asyncio.iscoroutine(value) else value
        except (NotFoundError, ToolError, ValidationError) as error:
            raise RuntimeError(str(error)) from None

    return call


def _lines(error: GuestError) -> str:
    """Return the traceback from the code's own first line on."""
    before, own, after = error.traceback.partition(f'  File "{FILE}"')
    if not own:
        return explain(error)
    head = "Traceback (most recent call last):\n" if before.strip() else ""
    return cut(f"{head}{own}{after}".rstrip("\n"), keep_end=True)


def plain(value: Any) -> Any:
    """Return a value of guest code as JSON has it: what JSON has no word for as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int):
        return value if abs(value) < 1 << 64 else cut(represent(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, dict):
        return {_key(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return cut(value.repr if isinstance(value, GuestObject) else represent(value))


def _key(key: Any) -> str:
    return str(plain(key)) if isinstance(key, str) else cut(represent(key))
