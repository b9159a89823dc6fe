"""OpenAI Agents: a function tool that runs Python.

    with python_tool() as tool:
        agent = Agent(name="analyst", tools=[tool])
        Runner.run_sync(agent, "...")

The tool is one session for as long as the ``with`` lasts. Needs the extra ``openai-agents``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ._extra import missing
from ._text import MAX_CODE_CHARACTERS
from ._tool import CodeTool

try:
    from agents import FunctionTool, ToolOutputImage, ToolOutputText
except ImportError as error:
    raise missing("openai-agents", error) from error


@contextmanager
def python_tool(*, show_images: bool = False, **options: Any) -> Iterator[FunctionTool]:
    """Give a tool that runs Python; leaving the ``with`` ends its session.

    Args:
        show_images: Show the model images that the code wrote. The bytes are the code's: a
            provider that refuses them ends the agent's run.

        options: Those of `sandbox_wasm.Session`.

    Raises:
        ConfigError: As `Session` does.
    """
    with CodeTool(**options) as code_tool:

        async def invoke(context: Any, arguments: str) -> Any:
            outcome = await code_tool.aexecute(code_of(arguments))
            if not show_images or not outcome.images:
                return outcome.text
            shown = [ToolOutputImage(image_url=image.url) for image in outcome.images]
            return [ToolOutputText(text=outcome.text), *shown]

        yield FunctionTool(
            name=code_tool.name,
            description=code_tool.description,
            params_json_schema=code_tool.input_schema,
            on_invoke_tool=invoke,
        )


def code_of(arguments: str) -> object:
    """Return what a model gave as the code, whatever it is, in JSON of any kind."""
    # Escapes make text at most six times as long; what is longer is told by its length alone.
    if len(arguments) > 6 * MAX_CODE_CHARACTERS + 1000:
        return arguments
    try:
        given = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    return given.get("code") if isinstance(given, dict) else given
