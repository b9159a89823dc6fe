"""Anthropic: function tools for the tool runner of the Python SDK.

    with python_tool() as tool:
        client.beta.messages.tool_runner(tools=[tool], ...).until_done()

The tool is one session for as long as the ``with`` lasts. Needs the extra ``anthropic``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ._extra import missing
from ._tool import CodeTool, Outcome

try:
    from anthropic import beta_async_tool, beta_tool
    from anthropic.lib.tools import BetaAsyncFunctionTool, BetaFunctionTool, ToolError
except ImportError as error:
    raise missing("anthropic", error) from error


@contextmanager
def python_tool(*, show_images: bool = False, **options: Any) -> Iterator[BetaFunctionTool[Any]]:
    """Give a tool for ``Anthropic``; leaving the ``with`` ends its session.

    Args:
        show_images: Show the model images that the code wrote. The bytes are the code's: a
            provider that refuses them ends the run.

        options: Those of `sandbox_wasm.Session`.

    Raises:
        ConfigError: As `Session` does.
    """
    with CodeTool(**options) as code_tool:

        def run(code: Any = None, **unknown: Any) -> Any:
            return _content(code_tool.execute(code), show_images)

        yield beta_tool(run, **_told(code_tool))


@contextmanager
def async_python_tool(
    *, show_images: bool = False, **options: Any
) -> Iterator[BetaAsyncFunctionTool[Any]]:
    """Give a tool for ``AsyncAnthropic``; otherwise as `python_tool`."""
    with CodeTool(**options) as code_tool:

        async def run(code: Any = None, **unknown: Any) -> Any:
            return _content(await code_tool.aexecute(code), show_images)

        yield beta_async_tool(run, **_told(code_tool))


def _told(code_tool: CodeTool) -> dict[str, Any]:
    return {
        "name": code_tool.name,
        "description": code_tool.description,
        "input_schema": code_tool.input_schema,
    }


def _content(outcome: Outcome, show_images: bool) -> str | list[dict[str, Any]]:
    if outcome.failed:
        raise ToolError(outcome.text)
    if not show_images or not outcome.images:
        return outcome.text
    content: list[dict[str, Any]] = [{"type": "text", "text": outcome.text}]
    for image in outcome.images:
        source = {"type": "base64", "media_type": image.media_type, "data": image.base64}
        content.append({"type": "image", "source": source})
    return content
