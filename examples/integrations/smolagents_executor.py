"""A CodeAgent of smolagents whose code runs in a sandbox; the replies stand in for a model's.

Prints::

    14.0
"""

from smolagents import CodeAgent, LogLevel, Model, tool
from smolagents.models import ChatMessage, MessageRole

from sandbox_wasm.integrations.smolagents import SandboxExecutor


@tool
def price(item: str) -> float:
    """Price of an item in euros.

    Args:
        item: What to buy.
    """
    return {"tea": 2.5, "cake": 4.0}[item]


class Replies(Model):
    replies = iter(["total = price('cake') * 2", "final_answer(total + 6)"])

    def generate(self, messages, **options):
        code = f"<code>\n{next(self.replies)}\n</code>"
        return ChatMessage(role=MessageRole.ASSISTANT, content=code)


with CodeAgent(
    [price], Replies(), executor=SandboxExecutor(), verbosity_level=LogLevel.OFF
) as agent:
    print(agent.run("What do two cakes and 6 euros make?"))
