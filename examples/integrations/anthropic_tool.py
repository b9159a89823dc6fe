"""The tool runner of the Anthropic SDK with a sandbox; the replies stand in for a model's.

Prints::

    tool: [('=> 5', None)]
    The sum is 5.
"""

import json

import httpx2
from anthropic import Anthropic

from sandbox_wasm.integrations.anthropic import python_tool

CALL = {"type": "tool_use", "id": "1", "name": "run_python", "input": {"code": "2 + 3"}}
REPLIES = iter([("tool_use", CALL), ("end_turn", {"type": "text", "text": "The sum is 5."})])


def answer(request):
    for block in json.loads(request.content)["messages"][-1]["content"]:
        if block["type"] == "tool_result":
            print("tool:", [(block["content"], block.get("is_error"))])
    reason, content = next(REPLIES)
    reply = {"id": "m", "type": "message", "role": "assistant", "model": "none"}
    reply |= {"content": [content], "stop_reason": reason, "usage": {}}
    return httpx2.Response(200, json=reply)


transport = httpx2.MockTransport(answer)
question = [{"role": "user", "content": [{"type": "text", "text": "2 + 3?"}]}]
with python_tool() as tool, httpx2.Client(transport=transport) as http:
    client = Anthropic(api_key="none", http_client=http)
    runner = client.beta.messages.tool_runner(
        model="none", max_tokens=100, tools=[tool], messages=question
    )
    print(runner.until_done().content[0].text)
