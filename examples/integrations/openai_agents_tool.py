"""An OpenAI agent that runs Python in a sandbox; the replies stand in for a model's.

Prints::

    tool: => 5
    The sum is 5.
"""

from agents import Agent, Model, ModelResponse, Runner, Usage, set_tracing_disabled
from openai.types import responses

from sandbox_wasm.integrations.openai_agents import python_tool

ARGUMENTS = '{"code": "2 + 3"}'
CALL = responses.ResponseFunctionToolCall(
    type="function_call", name="run_python", call_id="1", arguments=ARGUMENTS
)
TEXT = responses.ResponseOutputText(type="output_text", text="The sum is 5.", annotations=[])
SAID = responses.ResponseOutputMessage(
    id="2", type="message", role="assistant", status="completed", content=[TEXT]
)


class Replies(Model):
    replies = iter([CALL, SAID])

    async def get_response(self, *args, **options):
        return ModelResponse([next(self.replies)], Usage(), None)

    def stream_response(self, *args, **options):
        raise NotImplementedError


set_tracing_disabled(True)
with python_tool() as tool:
    result = Runner.run_sync(Agent("analyst", tools=[tool], model=Replies()), "2 + 3?")
print("tool:", result.new_items[1].output)
print(result.final_output)
