"""Pydantic AI in code mode: a model writes code that calls an agent's tools as functions.

    tools = FunctionToolset([search, fetch])
    agent = Agent(model, toolsets=[CodeMode(tools)])

The tools run outside, as ever: validated, on the run's event loop, through its hooks. Needs
the extra ``pydantic-ai``.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import HostFunctionError, HostFunctions
from ._names import register
from ._tool import CodeTool
from .pydantic_ai import code_tool, told

try:
    from pydantic import ValidationError
    from pydantic_ai import RunContext, ToolReturn
    from pydantic_ai.exceptions import ApprovalRequired, CallDeferred, ModelRetry, ToolFailed
    from pydantic_ai.function_signature import FunctionSignature
    from pydantic_ai.messages import ToolCallPart
    from pydantic_ai.tool_manager import ToolManager
    from pydantic_ai.tools import ToolDefinition, ToolDenied
    from pydantic_ai.toolsets import AbstractToolset, ToolsetTool, WrapperToolset
    from pydantic_core import to_jsonable_python
except ImportError as error:  # pydantic_ai.py has told what is missing, if anything is
    raise ImportError(f"this release of pydantic-ai is not supported: {error}") from error

RUN_CODE = "run_code"
_CALLING = """\
Call these functions, as often as needed, in loops and conditions, and pass what one returns to \
the next; each returns plain data, and a call that fails raises an exception. Show only what \
matters, by the last expression or by print."""


class CodeMode(WrapperToolset[Any]):
    """Gives a model one tool, ``run_code``, in place of those of the toolset that it wraps.

    Code calls them by name, with keyword arguments. A tool that needs approval, or is executed
    elsewhere, stays a tool of its own. Each run of the agent has a session of its own.

    An error that a tool tells its model (`ModelRetry`, wrong arguments) is an exception in the
    code. Any other error of a tool ends the code and comes out of the agent's run, as it does
    without code mode.

    Args:
        wrapped: The toolset.

        options: Those of `sandbox_wasm.Session`.

    Raises:
        ConfigError: As `Session` does.
    """

    def __init__(self, wrapped: AbstractToolset[Any], **options: Any) -> None:
        super().__init__(wrapped)
        with CodeTool(**options) as tool:  # wrong options fail here
            self._tool = tool
        self._options = options
        self._start()

    def _start(self) -> None:
        self._functions = HostFunctions(self._options.get("functions") or ()).copy()
        self._names: dict[str, str] = {}  # what guest code calls each tool
        self._turn = asyncio.Lock()
        self._manager: ToolManager[Any] | None = None
        self._tool = self._tool.another(functions=self._functions)

    def _of(self, wrapped: AbstractToolset[Any]) -> CodeMode:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.wrapped = wrapped
        return made

    async def for_run(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        """Return the toolset of one run."""
        own = self._of(await self.wrapped.for_run(ctx))
        own._start()
        return own

    async def for_run_step(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        """Return the toolset of one step, which goes on with the run's session."""
        wrapped = await self.wrapped.for_run_step(ctx)
        return self if wrapped is self.wrapped else self._of(wrapped)

    def visit_and_replace(
        self, visitor: Callable[[AbstractToolset[Any]], AbstractToolset[Any]]
    ) -> AbstractToolset[Any]:
        """Replace what is wrapped."""
        return self._of(self.wrapped.visit_and_replace(visitor))

    async def __aexit__(self, *args: object) -> bool | None:
        """End the session of the run."""
        self._tool.close()
        answer: bool | None = await self.wrapped.__aexit__(*args)
        return answer

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        """Return ``run_code``, and what code cannot call."""
        tools = await self.wrapped.get_tools(ctx)
        called = {name: tool for name, tool in tools.items() if tool.tool_def.kind == "function"}
        description = self._describe([tool.tool_def for tool in called.values()])
        own = code_tool(self, RUN_CODE, description, ctx)
        return {RUN_CODE: _CodeTool(**vars(own), called=called)} | {
            name: tool for name, tool in tools.items() if name not in called
        }

    def _describe(self, tools: list[ToolDefinition]) -> str:
        for each in tools:
            if each.name not in self._names:
                self._names[each.name] = self._add(each)
        signatures = [each.function_signature for each in tools]
        clashes = FunctionSignature.get_conflicting_type_names(signatures)
        texts = FunctionSignature.render_type_definitions(signatures, clashes)
        for each, signature in zip(tools, signatures, strict=True):
            texts.append(
                signature.render(
                    "...",
                    name=self._names[each.name],
                    description=each.description,
                    is_async=False,
                    conflicting_type_names=clashes,
                )
            )
        return "\n\n".join([f"{self._tool.description}\n{_CALLING}", *texts])

    def _add(self, tool: ToolDefinition) -> str:
        async def call(*args: Any, **kwargs: Any) -> Any:
            return await self._call(tool.name, args, kwargs)

        name = register(self._functions, call, tool.name)
        self._tool.add_function(call, name)
        return name

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        """Run the code, whose calls are made in its name."""
        if not isinstance(tool, _CodeTool):
            return await self.wrapped.call_tool(name, tool_args, ctx, tool)
        outer = ctx.tool_manager
        async with self._turn:  # two codes at once would not know whose call is whose
            self._manager = ToolManager(
                self.wrapped, None if outer is None else outer.root_capability, ctx, tool.called
            )
            try:
                outcome = await self._tool.aexecute(tool_args.get("code"))
            finally:
                self._manager = None
        error = None if outcome.result is None else outcome.result.error
        if isinstance(error, HostFunctionError) and isinstance(error.__cause__, _ToolBroke):
            raise error.__cause__.error
        return told(outcome, [])

    async def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        manager = self._manager
        definition = None if manager is None else manager.get_tool_def(name)
        if manager is None or definition is None:
            raise RuntimeError("this function is not available any more")
        given = _arguments(definition, args, kwargs)
        try:
            answer = await manager.handle_call(
                ToolCallPart(name, given), wrap_validation_errors=False
            )
            if isinstance(answer, ToolDenied):
                raise PermissionError(errno.EACCES, answer.message)
            value = answer.return_value if isinstance(answer, ToolReturn) else answer
            return to_jsonable_python(value)
        except ValidationError as wrong:
            raise TypeError(_told(wrong)) from None
        except (ModelRetry, ToolFailed) as retry:
            raise RuntimeError(retry.message) from None
        except (ApprovalRequired, CallDeferred):
            raise PermissionError(errno.EACCES, "this call needs approval") from None
        except PermissionError:
            raise
        except Exception as broke:
            raise _ToolBroke(broke) from broke


class _ToolBroke(BaseException):
    """Carries what a tool raised past guest code, which must not catch it, to the agent."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


@dataclass(kw_only=True)
class _CodeTool(ToolsetTool[Any]):
    """``run_code``, with the tools that it may call in this step."""

    called: dict[str, ToolsetTool[Any]]


def _arguments(
    tool: ToolDefinition, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return arguments by the names of the schema, where Python may call them otherwise."""
    names = {shown.name: key for key, shown in tool.function_signature.params.items()}
    if len(args) > len(names):
        raise TypeError(f"takes {len(names)} arguments, got {len(args)}")
    given = dict(zip(names.values(), args, strict=False))
    for name, value in kwargs.items():
        key = names.get(name, name)
        if key in given:
            raise TypeError(f"got {name!r} twice")
        given[key] = value
    try:
        return dict(to_jsonable_python(given))  # as if a model had sent it
    except ValueError:
        raise TypeError("the arguments must be JSON data") from None


def _told(error: ValidationError) -> str:
    parts = (
        f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return "; ".join(parts)
