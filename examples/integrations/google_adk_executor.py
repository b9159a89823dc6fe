"""An ADK agent whose code blocks run in a sandbox; the replies stand in for a model's.

Prints::

    => 5
    => 50
"""

import asyncio

from google.adk.agents import Agent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types

from sandbox_wasm.integrations.google_adk import SandboxCodeExecutor


class Replies(BaseLlm):
    replies: list[str]

    async def generate_content_async(self, request, stream=False):
        part = types.Part(text=self.replies.pop(0))
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


async def main():
    replies = ["```python\nx = 2 + 3\nx\n```", "```python\nx * 10\n```", "It is 50."]
    with SandboxCodeExecutor() as executor:
        model = Replies(model="none", replies=replies)
        agent = Agent(name="analyst", model=model, code_executor=executor)
        for event in await InMemoryRunner(agent=agent).run_debug("go", quiet=True):
            for part in event.content.parts:
                if part.code_execution_result:
                    print(part.code_execution_result.output.splitlines()[-1])


asyncio.run(main())
