"""An agent with a sandbox for each of its runs; the replies stand in for a model's.

Prints::

    => 5
    => 50
"""

from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

from sandbox_wasm import Limits
from sandbox_wasm.integrations.pydantic_ai import SandboxToolset


def call(code):
    return ToolCallPart("run_python", {"code": code})


replies = iter([call("x = 2 + 3\nx"), call("x * 10"), TextPart("It is 50.")])
model = FunctionModel(lambda messages, info: ModelResponse(parts=[next(replies)]))
agent = Agent(model, toolsets=[SandboxToolset(limits=Limits(wall_seconds=2))])
for message in agent.run_sync("ten times 2 + 3?").all_messages():
    for part in message.parts:
        if part.part_kind == "tool-return":
            print(part.content)
