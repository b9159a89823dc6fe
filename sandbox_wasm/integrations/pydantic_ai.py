"""Pydantic AI: a toolset that runs Python, with a session for each run of the agent.

    agent = Agent(model, toolsets=[SandboxToolset()])

`CodeMode`, for a model that calls an agent's other tools from code, is in `pydantic_ai_code`.
Needs the extra ``pydantic-ai``.
"""

from __future__ import annotations

import copy
from typing import Any

from ._extra import missing
from ._images import Image
from ._tool import CodeTool, Outcome

try:
    from pydantic_ai import BinaryContent, RunContext, ToolReturn
    from pydantic_ai.tools import ToolDefinition
    from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
    from pydantic_core import SchemaValidator, core_schema
except ImportError as error:
    raise missing("pydantic-ai", error) from error

# Whatever a model sends is answered by the tool itself, which says what is wrong.
ANYTHING = SchemaValidator(core_schema.dict_schema())


class SandboxToolset(AbstractToolset[Any]):
    """Gives an agent the tool ``run_python``; each run of the agent has a session of its own.

    The session begins with the run's first call and ends with the run, however it ends.

    Args:
        id: Of the toolset, where durable execution needs one.

        show_images: Show the model images that the code wrote. The bytes are the code's: a
            provider that refuses them ends the agent's run.

        options: Those of `sandbox_wasm.Session`.

    Raises:
        ConfigError: As `Session` does.
    """

    def __init__(self, *, id: str | None = None, show_images: bool = False, **options: Any) -> None:
        self._id = id
        self._show_images = show_images
        with CodeTool(**options) as tool:  # wrong options fail here
            self._tool = tool

    @property
    def id(self) -> str | None:
        """Of the toolset."""
        return self._id

    async def for_run(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        """Return the toolset of one run."""
        own = copy.copy(self)
        own._tool = self._tool.another()
        return own

    async def __aexit__(self, *args: object) -> bool | None:
        """End the session of the run."""
        self._tool.close()
        return None

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        """Return the one tool."""
        return {self._tool.name: code_tool(self, self._tool.name, self._tool.description, ctx)}

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        """Run the code; its errors are answers as well."""
        outcome = await self._tool.aexecute(tool_args.get("code"))
        return told(outcome, outcome.images if self._show_images else [])


def code_tool(
    toolset: AbstractToolset[Any], name: str, description: str, ctx: RunContext[Any]
) -> ToolsetTool[Any]:
    """Return a tool of *toolset* that takes code."""
    definition = ToolDefinition(
        name=name, description=description, parameters_json_schema=CodeTool.input_schema
    )
    retries = 1 if ctx.max_retries is None else ctx.max_retries
    return ToolsetTool(
        toolset=toolset, tool_def=definition, max_retries=retries, args_validator=ANYTHING
    )


def told(outcome: Outcome, shown: list[Image]) -> Any:
    """Return what a tool gives to Pydantic AI: text, and images beside it."""
    if not shown:
        return outcome.text
    content = [BinaryContent(data=image.data, media_type=image.media_type) for image in shown]
    return ToolReturn(return_value=outcome.text, content=content)
