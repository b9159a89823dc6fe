"""A LangChain agent with a sandbox of its own for each run; the replies stand in for a model's.

Prints::

    tool: => 5
    tool: => 50
"""

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolCall

from sandbox_wasm import Limits
from sandbox_wasm.integrations.langchain import SandboxMiddleware


class Replies(GenericFakeChatModel):
    def bind_tools(self, tools, **options):
        return self


def call(code):
    return AIMessage("", tool_calls=[ToolCall(name="run_python", args={"code": code}, id=code)])


model = Replies(messages=iter([call("x = 2 + 3\nx"), call("x * 10"), AIMessage("It is 50.")]))
agent = create_agent(model, middleware=[SandboxMiddleware(limits=Limits(wall_seconds=2))])
for message in agent.invoke({"messages": [("user", "ten times 2 + 3?")]})["messages"]:
    if message.type == "tool":
        print("tool:", message.text)
