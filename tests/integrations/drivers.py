"""Each framework, with its own offline double, as the shared tests see it.

A driver runs one run of an agent whose model is a script: each turn is a list of arguments,
one for each tool call that the model makes at once. It returns what the model read of each.
A turn that is an exception is raised where the model would have answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

Turn = Sequence[Any] | Exception
Run = Callable[[Sequence[Turn]], list[str]]


@dataclass
class Driver:
    """One integration.

    Attributes:
        run: One run of an agent.

        start: The same as a coroutine, where there is an event loop; what is not, is None.

        keeps: Whether variables stay from one run to the next.

        holds: Whether a session stays after a run.

        lasts: Whether variables stay from one call of a run to the next.
    """

    run: Run
    start: Callable[[Sequence[Turn]], Any] | None
    keeps: bool
    holds: bool
    lasts: bool = True


class ModelBroke(RuntimeError):
    """What a script raises in place of a model."""


def flat(content: Any) -> str:
    """The text of a message, whatever its form."""
    if isinstance(content, list):
        return "\n".join(map(flat, content))
    if isinstance(content, dict):
        return flat(content.get("text", content.get("content", "")))
    return content if isinstance(content, str) else str(content)


@contextlib.contextmanager
def langchain_tool(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("langchain", reason="needs the extra langchain")
    from sandbox_wasm.integrations.langchain import python_tool

    with python_tool(**options) as tool:
        yield _langchain(True, tools=[tool])


@contextlib.contextmanager
def langchain_middleware(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("langchain", reason="needs the extra langchain")
    from sandbox_wasm.integrations.langchain import SandboxMiddleware

    yield _langchain(False, middleware=[SandboxMiddleware(**options)])


def _langchain(keeps: bool, **with_sandbox: Any) -> Driver:
    from langchain.agents import create_agent
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage, ToolCall, ToolMessage

    class Model(GenericFakeChatModel):
        def bind_tools(self, tools: Any, **options: Any) -> Any:
            return self

    def replies(turns: Sequence[Turn]) -> Iterator[AIMessage]:
        for turn in turns:
            if isinstance(turn, Exception):
                raise turn
            calls = [ToolCall(name="run_python", args=a, id=f"c{id(a)}") for a in turn]
            yield AIMessage("", tool_calls=calls)
        yield AIMessage("done")

    def agent(turns: Sequence[Turn]) -> Any:
        return create_agent(Model(messages=replies(turns)), **with_sandbox)

    def read(state: Any) -> list[str]:
        return [flat(m.content) for m in state["messages"] if isinstance(m, ToolMessage)]

    asked = {"messages": [("user", "go")]}

    async def start(turns: Sequence[Turn]) -> list[str]:
        return read(await agent(turns).ainvoke(asked))

    return Driver(lambda turns: read(agent(turns).invoke(asked)), start, keeps, keeps)


@contextlib.contextmanager
def openai_agents(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("agents", reason="needs the extra openai-agents")
    from agents import Agent, Runner, Usage, set_tracing_disabled
    from agents.items import ModelResponse, ToolCallOutputItem
    from agents.models.interface import Model
    from openai.types.responses import (
        ResponseFunctionToolCall,
        ResponseOutputMessage,
        ResponseOutputText,
    )

    from sandbox_wasm.integrations.openai_agents import python_tool

    set_tracing_disabled(True)

    class Scripted(Model):
        def __init__(self, turns: Sequence[Turn]) -> None:
            self.turns = iter(turns)

        async def get_response(self, *args: Any, **options: Any) -> ModelResponse:
            turn = next(self.turns, None)
            if isinstance(turn, Exception):
                raise turn
            output: list[Any] = [
                ResponseFunctionToolCall(
                    type="function_call",
                    name="run_python",
                    call_id=f"c{id(arguments)}",
                    arguments=json.dumps(arguments),
                )
                for arguments in turn or ()
            ]
            if turn is None:
                text = ResponseOutputText(type="output_text", text="done", annotations=[])
                output = [
                    ResponseOutputMessage(
                        id="m", type="message", role="assistant", status="completed", content=[text]
                    )
                ]
            return ModelResponse(output=output, usage=Usage(), response_id=None)

        def stream_response(self, *args: Any, **options: Any) -> Any:
            raise NotImplementedError

    with python_tool(**options) as tool:

        async def start(turns: Sequence[Turn]) -> list[str]:
            agent = Agent(name="a", model=Scripted(turns), tools=[tool])
            result = await Runner.run(agent, "go", max_turns=30)
            return [flat(i.output) for i in result.new_items if isinstance(i, ToolCallOutputItem)]

        yield Driver(lambda turns: asyncio.run(start(turns)), start, True, True)


@contextlib.contextmanager
def anthropic(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("anthropic", reason="needs the extra anthropic")
    import httpx2
    from anthropic import Anthropic, AsyncAnthropic

    from sandbox_wasm.integrations.anthropic import async_python_tool, python_tool

    def server(turns: Sequence[Turn]) -> Callable[[Any], Any]:
        left = iter(turns)

        def answer(request: Any) -> Any:
            turn = next(left, None)
            if isinstance(turn, Exception):
                raise turn
            content: list[dict[str, Any]] = [
                {"type": "tool_use", "id": f"toolu_{id(a)}", "name": "run_python", "input": a}
                for a in turn or ()
            ]
            reply = {
                "id": "msg",
                "type": "message",
                "role": "assistant",
                "model": "fake",
                "content": content or [{"type": "text", "text": "done"}],
                "stop_reason": "tool_use" if content else "end_turn",
                "stop_sequence": None,
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }
            return httpx2.Response(200, json=reply)

        return answer

    def read(messages: Any) -> list[str]:
        blocks = [
            block
            for message in messages
            if message["role"] == "user" and isinstance(message["content"], list)
            for block in message["content"]
        ]
        return [flat(block["content"]) for block in blocks if block["type"] == "tool_result"]

    asked: dict[str, Any] = {
        "model": "fake",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "go"}],
    }
    with python_tool(**options) as tool, async_python_tool(**options) as async_tool:

        def run(turns: Sequence[Turn]) -> list[str]:
            with httpx2.Client(transport=httpx2.MockTransport(server(turns))) as http:
                client = Anthropic(api_key="none", http_client=http, max_retries=0)
                runner = client.beta.messages.tool_runner(tools=[tool], **asked)
                runner.until_done()
                return read(runner._params["messages"])

        async def start(turns: Sequence[Turn]) -> list[str]:
            transport = httpx2.MockTransport(server(turns))
            async with httpx2.AsyncClient(transport=transport) as http:
                client = AsyncAnthropic(api_key="none", http_client=http, max_retries=0)
                runner = client.beta.messages.tool_runner(tools=[async_tool], **asked)
                await runner.until_done()
                return read(runner._params["messages"])

        yield Driver(run, start, True, True)


@contextlib.contextmanager
def fastmcp(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("fastmcp", reason="needs the extra fastmcp")
    from fastmcp import Client, FastMCP
    from fastmcp.experimental.transforms.code_mode import CodeMode

    from sandbox_wasm.integrations.fastmcp import WasmSandboxProvider

    provider = WasmSandboxProvider(**options)
    server = FastMCP("tools", transforms=[CodeMode(sandbox_provider=provider)])

    async def start(turns: Sequence[Turn]) -> list[str]:
        found = []

        async def call(client: Any, arguments: Any) -> str:
            answer = await client.call_tool("execute", arguments, raise_on_error=False)
            text = "\n".join(block.text for block in answer.content)
            return text if answer.is_error else f"=> {text}"

        async with Client(server) as client:
            for turn in turns:
                if isinstance(turn, Exception):
                    raise turn
                found += await asyncio.gather(*(call(client, each) for each in turn))
        return found

    yield Driver(lambda turns: asyncio.run(start(turns)), start, False, False, False)


@contextlib.contextmanager
def google_adk(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("google.adk", reason="needs the extra google-adk")
    from google.adk.agents import Agent
    from google.adk.models import BaseLlm, LlmResponse
    from google.adk.runners import InMemoryRunner
    from google.genai import types

    from sandbox_wasm.integrations.google_adk import SandboxCodeExecutor

    class Scripted(BaseLlm):
        turns: Any

        async def generate_content_async(self, llm_request: Any, stream: bool = False) -> Any:
            turn = next(self.turns, None)
            if isinstance(turn, Exception):
                raise turn
            text = "done" if turn is None else f"```python\n{turn[0]['code']}\n```"
            part = types.Part(text=text)
            yield LlmResponse(content=types.Content(role="model", parts=[part]))

    with SandboxCodeExecutor(error_retry_attempts=20, **options) as executor:

        async def start(turns: Sequence[Turn]) -> list[str]:
            agent = Agent(
                name="a", model=Scripted(model="fake", turns=iter(turns)), code_executor=executor
            )
            runner = InMemoryRunner(agent=agent, app_name="app")
            session = await runner.session_service.create_session(app_name="app", user_id="u")
            said = types.Content(role="user", parts=[types.Part(text="go")])
            found = []
            async for event in runner.run_async(
                user_id="u", session_id=session.id, new_message=said
            ):
                for part in event.content.parts if event.content else ():
                    if part.code_execution_result:
                        found.append(part.code_execution_result.output)
            return found

        yield Driver(lambda turns: asyncio.run(start(turns)), start, False, True)


@contextlib.contextmanager
def pydantic_ai(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("pydantic_ai", reason="needs the extra pydantic-ai")
    from sandbox_wasm.integrations.pydantic_ai import SandboxToolset

    yield _pydantic_ai("run_python", SandboxToolset(**options))


@contextlib.contextmanager
def pydantic_ai_code(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("pydantic_ai", reason="needs the extra pydantic-ai")
    from pydantic_ai import FunctionToolset

    from sandbox_wasm.integrations.pydantic_ai_code import CodeMode

    yield _pydantic_ai("run_code", CodeMode(FunctionToolset(), **options))


def _pydantic_ai(name: str, toolset: Any) -> Driver:
    from pydantic_ai import Agent
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
    from pydantic_ai.models.function import FunctionModel

    async def start(turns: Sequence[Turn]) -> list[str]:
        left = iter(turns)

        def model(messages: Any, info: Any) -> ModelResponse:
            turn = next(left, None)
            if isinstance(turn, Exception):
                raise turn
            parts = [ToolCallPart(name, arguments) for arguments in turn or ()]
            return ModelResponse(parts=parts or [TextPart("done")])

        agent = Agent(FunctionModel(model), toolsets=[toolset])
        result = await agent.run("go")
        parts = [part for message in result.all_messages() for part in message.parts]
        return [flat(part.content) for part in parts if isinstance(part, ToolReturnPart)]

    return Driver(lambda turns: asyncio.run(start(turns)), start, False, False)


@contextlib.contextmanager
def smolagents(**options: Any) -> Iterator[Driver]:
    pytest.importorskip("smolagents", reason="needs the extra smolagents")
    from smolagents import CodeAgent, LogLevel, Model
    from smolagents.memory import ActionStep
    from smolagents.models import ChatMessage, MessageRole

    from sandbox_wasm.integrations.smolagents import SandboxExecutor

    class Scripted(Model):
        def __init__(self) -> None:
            super().__init__()
            self.turns: Iterator[Turn] = iter(())

        def generate(self, messages: Any, **options: Any) -> ChatMessage:
            turn = next(self.turns, [{"code": "final_answer('done')"}])
            if isinstance(turn, Exception):
                raise turn
            text = f"<code>\n{turn[0]['code']}\n</code>"
            return ChatMessage(role=MessageRole.ASSISTANT, content=text)

    model = Scripted()
    executor = SandboxExecutor(**options)
    with CodeAgent([], model, executor=executor, verbosity_level=LogLevel.OFF) as agent:

        def run(turns: Sequence[Turn]) -> list[str]:
            model.turns = iter(turns)
            agent.run("go", max_steps=30)
            steps = [step for step in agent.memory.steps if isinstance(step, ActionStep)]
            return [_read(step) for step in steps][: len(turns)]

        yield Driver(run, None, True, True)


def _read(step: Any) -> str:
    """What a model reads of a step, with the output in the form of the others."""
    if step.error is not None:
        return str(step.error)
    return (step.observations or "").replace("Last output from code snippet:\n", "=> ")


DRIVERS = {
    each.__name__: each
    for each in (
        anthropic,
        fastmcp,
        google_adk,
        langchain_middleware,
        langchain_tool,
        openai_agents,
        pydantic_ai,
        pydantic_ai_code,
        smolagents,
    )
}
# What runs code blocks of a text, where there are no arguments that could be junk.
TAKE_TEXT = {"google_adk", "smolagents"}
# What looks at the arguments before the tool does.
CHECKS = {"fastmcp"}
# What has no event loop: it runs one agent at a time, and nothing can be cancelled.
SYNCHRONOUS = {"smolagents"}
