"""Pydantic AI: sessions for runs, and tools that code calls."""

from __future__ import annotations

import asyncio
import threading

import pytest

pytest.importorskip("pydantic_ai", reason="needs the extra pydantic-ai")

from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, FunctionToolset, ModelRetry, RunContext, ToolReturn
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.test import TestModel

from sandbox_wasm import ConfigError, Limits
from sandbox_wasm.integrations.pydantic_ai import SandboxToolset
from sandbox_wasm.integrations.pydantic_ai_code import CodeMode

PNG = b"\x89PNG\r\n\x1a\n and so on"
SMALL = {"interpreter": "micropython", "limits": Limits(wall_seconds=5)}


def scripted(calls, seen=None):
    """A model that makes the calls, one each turn, and is done."""
    left = iter(calls)

    def answer(messages, info):
        if seen is not None:
            seen.append(info.function_tools)
        call = next(left, None)
        return ModelResponse(parts=[call or TextPart("done")])

    return FunctionModel(answer)


def codes(*texts):
    return [ToolCallPart("run_code", {"code": text}) for text in texts]


def answers(result):
    parts = [part for message in result.all_messages() for part in message.parts]
    return [part.content for part in parts if isinstance(part, ToolReturnPart)]


def go(agent, **options):
    """One run; not ``run_sync``, which leaves an event loop behind."""
    return asyncio.run(agent.run("go", **options))


def run(toolset, *texts, **options):
    """What a model reads of each code."""
    agent = Agent(scripted(codes(*texts)), toolsets=[CodeMode(toolset, **SMALL)], **options)
    return answers(go(agent))


class User(BaseModel):
    name: str
    age: int


def test_the_test_model_calls_it():
    """
    What the framework's own double makes up of the schema is answered.
    """
    agent = Agent(TestModel(), toolsets=[SandboxToolset(**SMALL)])
    assert "run_python" in go(agent).output


def test_images():
    """
    An image is shown beside the text, where that was asked for.
    """
    draw = f"with open('p.png', 'wb') as f: f.write({PNG!r}) and None\n'drawn'"
    call = ToolCallPart("run_python", {"code": draw})
    for show in (False, True):
        agent = Agent(scripted([call]), toolsets=[SandboxToolset(show_images=show, **SMALL)])
        result = go(agent)
        found = [
            content
            for message in result.all_messages()
            for part in message.parts
            if not isinstance(part, (ToolReturnPart, ToolCallPart, TextPart))
            for content in (part.content if isinstance(part.content, list) else [])
            if isinstance(content, BinaryContent)
        ]
        assert [content.data for content in found] == [PNG] * show


def test_wrapped_like_any_toolset():
    """
    It can be prefixed and filtered as every other.
    """
    seen = []
    toolset = SandboxToolset(**SMALL).prefixed("py")
    call = ToolCallPart("py_run_python", {"code": "1 + 1"})
    result = go(Agent(scripted([call], seen), toolsets=[toolset]))
    assert ["=> 2"] == answers(result)
    assert ["py_run_python"] == [tool.name for tool in seen[0]]


# ---- code mode


def test_code_calls_the_tools():
    """
    Tools get validated arguments and the run's context; code gets plain data.
    """
    tools = FunctionToolset()

    @tools.tool
    async def find(ctx: RunContext[str], q: str, limit: int = 2) -> list[User]:
        """Find users."""
        await asyncio.sleep(0)
        return [User(name=f"{q}-{ctx.deps}", age=age) for age in range(limit)]

    seen = []
    model = scripted(codes("[u['name'] for u in find(q='a')]", "len(find('b', limit=3))"), seen)
    agent = Agent(model, deps_type=str, toolsets=[CodeMode(tools, **SMALL)])
    result = go(agent, deps="x")
    assert ["=> ['a-x', 'a-x']", "=> 3"] == answers(result)
    (tool,) = seen[0]
    assert "run_code" == tool.name
    assert "def find(*, q: str, limit: int = 2) -> list[User]:" in tool.description
    assert "class User(TypedDict):" in tool.description
    assert "Find users." in tool.description


def test_wrong_calls_are_exceptions_of_the_code():
    """
    What a tool tells a model, code can catch.
    """

    def again(x: int) -> int:
        raise ModelRetry("take another x")

    read = run(
        FunctionToolset([again]),
        "try:\n    again(x='no')\nexcept TypeError as error:\n    print(error)",
        "try:\n    again(x=1)\nexcept RuntimeError as error:\n    print(error)",
        "again(1, 2)",
        "again(y=3)",
        "again(1, x=2)",
        "again(x=b'\\xff')",
    )
    assert "JSON data" in read[5]
    assert "x: Input should be a valid integer" in read[0]
    assert "take another x" in read[1]
    assert "takes 1 arguments, got 2" in read[2]
    assert "x: " in read[3]
    assert "got 'x' twice" in read[4]


def test_a_tool_that_breaks():
    """
    Its exception passes the code, which cannot catch it, and comes out of the run as it was.
    """

    def broken() -> int:
        raise LookupError("a secret of the host")

    with pytest.raises(LookupError, match="a secret of the host"):
        run(FunctionToolset([broken]), "try:\n    broken()\nexcept BaseException as e: print(e)")


def test_names_that_code_cannot_write():
    """
    Tools with the names of builtins, keywords, or none at all, each have one that works.
    """
    tools = FunctionToolset()
    names = ["print", "get-user", "get_user", "class", "_x", "1st", "é", "__import__", "a" * 300]
    for name in names:

        def tool(n: int = 0, name: str = name) -> str:
            return name[:12]

        tools.add_function(tool, name=name)
    seen = []
    code = (
        "[tool_print(), get_user(), tool_get_user(), tool_class(), tool__x(), "
        "tool_1st(), tool__(), tool___import__()]"
    )
    agent = Agent(scripted(codes(code), seen), toolsets=[CodeMode(tools, **SMALL)])
    (read,) = answers(go(agent))
    assert (
        f"=> {['print', 'get-user', 'get_user', 'class', '_x', '1st', 'é', '__import__']}" == read
    )
    assert "def tool_print(" in seen[0][0].description


def test_parameters_that_code_cannot_write():
    """
    Names of a schema that are no identifiers are called as the signature says.
    """
    from pydantic_ai import Tool

    def echo(**given):
        return given

    schema = {
        "type": "object",
        "properties": {"from": {"type": "string"}, "user-id": {"type": "integer"}},
        "required": ["from", "user-id"],
    }
    tool = Tool.from_schema(echo, "echo", "Echo.", schema)
    (read,) = run(FunctionToolset([tool]), "sorted(echo(from_='a', user_id=3).items())")
    assert "=> [('from', 'a'), ('user-id', 3)]" == read


def test_what_is_not_called_from_code():
    """
    A tool that needs approval stays beside the code; one that asks within the call is refused.
    """
    done = []

    def delete(name: str) -> None:
        done.append(name)

    def careful(ctx: RunContext[None], name: str) -> None:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        done.append(name)

    tools = FunctionToolset([careful])
    tools.add_function(delete, requires_approval=True)
    seen = []
    model = scripted(codes("delete(name='x')", "careful(name='x')"), seen)
    agent = Agent(model, toolsets=[CodeMode(tools, **SMALL)])
    read = answers(go(agent))
    assert "NameError" in read[0]
    assert "PermissionError" in read[1] or "needs approval" in read[1]
    assert {"run_code", "delete"} == {tool.name for tool in seen[0]}
    assert not done


def test_hooks_of_the_agent_see_the_calls():
    """
    What guards an agent's tools guards the calls of code as well.
    """
    called = []

    class Guard(AbstractCapability):
        async def before_tool_execute(self, ctx, *, call, tool_def, args):
            called.append(call.tool_name)
            if call.tool_name == "add":
                args = {**args, "b": 40}
            return args

    def add(a: int, b: int) -> int:
        return a + b

    (read,) = run(FunctionToolset([add]), "add(a=2, b=3)", capabilities=[Guard()])
    assert "=> 42" == read
    assert ["run_code", "add"] == called


def test_runs_share_nothing():
    """
    Variables stay in a run; the next run, and one at the same time, has its own.
    """
    toolset = CodeMode(FunctionToolset(), **SMALL)

    async def one():
        model = scripted(codes("x = globals().get('x', 0) + 1", "x"))
        return answers(await Agent(model, toolsets=[toolset]).run("go"))[1]

    async def main():
        return [*await asyncio.gather(one(), one(), one()), await one()]

    assert ["=> 1"] * 4 == asyncio.run(main())


def test_two_codes_at_once_know_their_calls():
    """
    Codes of one turn take turns, each with its own context.
    """
    tools = FunctionToolset()

    @tools.tool
    async def who(ctx: RunContext[None]) -> str:
        await asyncio.sleep(0.01)
        return ctx.tool_call_id

    def model(messages, info):
        if len(messages) > 1:
            return ModelResponse(parts=[TextPart("done")])
        return ModelResponse(parts=codes("who()", "who()", "who()"))

    agent = Agent(FunctionModel(model), toolsets=[CodeMode(tools, **SMALL)])
    assert len(answers(go(agent))) == 3


def test_cancelling_a_tool_that_code_waits_for():
    """
    A cancelled run cancels the tool's coroutine, too.
    """
    cancelled = threading.Event()
    begun = asyncio.Event()

    async def slow() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def main():
        toolset = CodeMode(FunctionToolset([slow]), **SMALL)
        task = asyncio.ensure_future(Agent(scripted(codes("slow()")), toolsets=[toolset]).run("go"))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert cancelled.wait(20)


def test_own_functions_and_lost_sessions():
    """
    Host functions of the options are there too; tools are known to a session that begins anew.
    """

    def twice(x: int) -> int:
        return 2 * x

    def one() -> int:
        return 1

    tools = FunctionToolset()

    @tools.tool_plain
    def lose() -> None:
        """Lose the session, as a fault would."""
        for each in runs:
            each._tool.reset()

    runs = []

    class Kept(CodeMode):
        async def for_run(self, ctx):
            own = await super().for_run(ctx)
            runs.append(own)
            return own

    mode = Kept(FunctionToolset([one]), functions=[twice], **SMALL)
    calls = [*codes("twice(one())"), ToolCallPart("lose", {}), *codes("twice(one())")]
    agent = Agent(scripted(calls), toolsets=[mode, tools])
    read = answers(go(agent))
    assert ("=> 2", "=> 2") == (read[0], read[2])


def test_the_number_of_calls_is_bounded():
    """
    A loop of calls ends at the limit, which no handler of the code sees.
    """
    made = []

    def one() -> int:
        made.append(1)
        return 1

    limits = Limits(host_calls=10, wall_seconds=5)
    mode = CodeMode(FunctionToolset([one]), interpreter="micropython", limits=limits)
    code = "while True:\n    try: one()\n    except BaseException: pass"
    (read,) = answers(go(Agent(scripted(codes(code)), toolsets=[mode])))
    assert "HostCallsExceeded" in read
    assert len(made) == 10


def test_results_of_tools():
    """
    A tool's own return object gives its value; what is no data ends the run, not silently.
    """

    def told() -> ToolReturn:
        return ToolReturn(return_value={"a": 1}, content=["more"])

    def strange() -> object:
        return object()

    assert ["=> {'a': 1}"] == run(FunctionToolset([told]), "told()")
    with pytest.raises(Exception, match=r"[Ss]erializ"):
        run(FunctionToolset([strange]), "strange()")


def test_wrong_options():
    """
    They fail where the toolset is made.
    """
    for kind in (SandboxToolset, lambda **o: CodeMode(FunctionToolset(), **o)):
        with pytest.raises(ConfigError):
            kind(interpreter="perl")
