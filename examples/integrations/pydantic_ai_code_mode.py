"""A model calls an agent's tools from code, in one step; the replies stand in for a model's.

Prints::

    => {'Oslo': 12.0, 'Bergen': 9.5}
"""

from pydantic_ai import Agent, FunctionToolset
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

from sandbox_wasm.integrations.pydantic_ai_code import CodeMode


async def temperatures(city: str) -> list[float]:
    """The latest readings of a city."""
    return {"Oslo": [11.0, 13.0], "Bergen": [9.5]}[city]


CODE = """
rows = {city: temperatures(city=city) for city in ("Oslo", "Bergen")}
{city: sum(values) / len(values) for city, values in rows.items()}
"""
replies = iter([ToolCallPart("run_code", {"code": CODE}), TextPart("Oslo is warmer.")])
model = FunctionModel(lambda messages, info: ModelResponse(parts=[next(replies)]))
agent = Agent(model, toolsets=[CodeMode(FunctionToolset([temperatures]))])
messages = agent.run_sync("Which city is warmer?").all_messages()
print(messages[2].parts[0].content)
