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

from .. import GuestObject, SandboxError
from ._extra import missing
from ._text import cut, explain, refusal, represent, unfenced
from ._tool import CodeTool

try:
    from fastmcp.exceptions import NotFoundError, ToolError, ValidationError
except ImportError as error:
    raise missing("fastmcp", error) from error


class WasmSandboxProvider:
    """Runs each code of a model in a session of its own: FastMCP's `SandboxProvider`.

    Code may ``await`` the functions that it is given and ``return`` its result; where it does
    neither, its last expression is the result, and where that is nothing, what it printed.

    Args:
        options: Those of `sandbox_wasm.Session`.

    Raises:
        ConfigError: As `Session` does.
    """

    def __init__(self, **options: Any) -> None:
        with CodeTool(**options) as tool:  # wrong options fail here
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
        try:
            with self._tool.another() as tool:
                session = await tool.opened()
                for name, function in functions.items():
                    session.session.function(function, name=name)
                result = await session.run(unfenced(code), inputs=inputs, dialect="return")
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
