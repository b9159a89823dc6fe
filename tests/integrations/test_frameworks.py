"""What is particular to one framework each: files, images, sessions by conversation."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm import ConfigError, Limits, SessionClosed
from sandbox_wasm.integrations._images import (
    MAX_FILES,
    MAX_FILES_BYTES,
    MAX_IMAGE_BYTES,
    MAX_IMAGES,
    images,
    media_type,
    small_files,
)
from sandbox_wasm.integrations._keyed import ToolsByKey
from sandbox_wasm.integrations._text import render
from sandbox_wasm.integrations._tool import CodeTool

PNG = b"\x89PNG\r\n\x1a\n and so on"
DRAW = f"with open('p.png', 'wb') as f: f.write({PNG!r}) and None\n'drawn'"
SMALL = {"interpreter": "micropython", "limits": Limits(wall_seconds=5)}


@pytest.fixture
def tool():
    with CodeTool(**SMALL) as tool:
        yield tool


# ---- what all share


def test_files_are_named(tool):
    """
    A model reads which files its code wrote and deleted; names are shown, not obeyed.
    """
    text = tool.run("open('a\\n\\x1b.txt', 'w').close()")
    assert r"[files: wrote '/a\n\x1b.txt']" in text
    assert r"[files: deleted '/a\n\x1b.txt']" in tool.run("import os\nos.remove('a\\n\\x1b.txt')")
    assert "and 30 more" in tool.run("for n in range(50): open(f'f{n}', 'w')")


def test_hidden_text_is_shown(tool):
    """
    What a terminal obeys or nobody sees becomes an escape, in output, values and errors.
    """
    hidden = "\x1b[2J\u202e\U000e0041\u200b"
    for code in (f"print({hidden!r})", f"raise ValueError({hidden!r})", f"{{1: {hidden!r}}}"):
        text = tool.run(code)
        assert not set(hidden) - set("[2J") & set(text), code
    assert "family: 👩‍👩‍👧" in tool.run("print('family: 👩‍👩‍👧')")


@given(st.binary(max_size=20))
def test_images_are_told_by_their_bytes(data):
    """
    Whatever the bytes are, the answer is one of four kinds or none.
    """
    assert media_type(data) in {None, "image/png", "image/jpeg", "image/gif", "image/webp"}


def test_kinds_of_images():
    """
    Pixels are images; what may hold scripts is none.
    """
    assert "image/png" == media_type(PNG)
    assert "image/jpeg" == media_type(b"\xff\xd8\xff\xe0")
    assert "image/gif" == media_type(b"GIF89a")
    assert "image/webp" == media_type(b"RIFF\0\0\0\0WEBPVP8 ")
    assert media_type(b"<svg onload='alert(1)'/>") is None
    assert media_type(b"RIFF\0\0\0\0AVI ") is None


def test_images_are_bounded(tool):
    """
    Only a few, and only small ones, go into a conversation.
    """
    tool.run(f"for n in range(9):\n with open(f'{{n}}.png', 'wb') as f: f.write({PNG!r})")
    result = tool.session.run(
        f"for n in range(9):\n with open(f'{{n}}.png', 'wb') as f: f.write({PNG!r} + b'.')"
    )
    assert len(images(result.files)) == MAX_IMAGES
    result = tool.session.run(
        f"with open('big.png', 'wb') as f: f.write({PNG!r} + b'.' * {MAX_IMAGE_BYTES})"
    )
    assert not images(result.files)
    assert len(small_files(result.files)) == 1


def test_files_are_bounded(tool):
    """
    A message carries so many files, and so many bytes.
    """
    result = tool.session.run("for n in range(50):\n with open(f'{n}', 'w') as f: f.write('x')")
    assert len(small_files(result.files)) == MAX_FILES
    result = tool.session.run(
        f"for n in range(3): open(f'{{n}}', 'wb').write(bytes({MAX_FILES_BYTES} // 2)) and None"
    )
    assert len(small_files(result.files)) == 2


def test_sessions_by_key():
    """
    A key has its own session; the one used the longest ago makes room.
    """
    with CodeTool(**SMALL) as first:
        tools = ToolsByKey(first, max_sessions=2, idle_seconds=60)
        for key in "ab":
            assert "=> 1" == tools[key].run("x = globals().get('x', 0) + 1\nx")
        assert "=> 2" == tools["a"].run("x = globals().get('x', 0) + 1\nx")
        c = tools["c"]
        assert "=> 1" == c.run("x = globals().get('x', 0) + 1\nx")
        assert len(tools) == 2
        assert "=> 3" == tools["a"].run("x = globals().get('x', 0) + 1\nx")
        assert "=> 1" == tools["b"].run("x = globals().get('x', 0) + 1\nx")  # it made room for c
        assert "closed" in c.run("x")  # and c for it
        tools.close()
        with pytest.raises(SessionClosed):
            tools["a"]


def test_idle_sessions_end():
    """
    What was not used for a while is closed by the next who asks.
    """
    with CodeTool(**SMALL) as first:
        tools = ToolsByKey(first, max_sessions=9, idle_seconds=1e-9)
        old = tools["a"]
        assert "=> 1" == old.run("1")
        assert "=> 1" == tools["b"].run("1")
        assert "closed" in old.run("1")
        tools.close()
    for wrong in ({"max_sessions": 0, "idle_seconds": 1}, {"max_sessions": 1, "idle_seconds": 0}):
        with pytest.raises(ConfigError):
            ToolsByKey(first, **wrong)


def test_an_answer_that_cannot_be_had():
    """
    A call that needs a person is named, and the next code runs.
    """

    def pay(euros: int) -> None:
        """Pay."""

    from sandbox_wasm import HostFunctions

    functions = HostFunctions()
    functions.register(pay, approve=True)
    with CodeTool(functions=functions, **SMALL) as tool:
        assert "pay() needs an answer that cannot be had here" in tool.run("pay(3)")
        assert "=> 2" == tool.run("1 + 1")


def test_another_shares_nothing(tool):
    """
    Two tools of the same options have sessions of their own, made when they are needed.
    """
    with tool.another() as other:
        assert other.description == tool.description
        tool.run("x = 1")
        assert "NameError" in other.run("x")


def test_many_threads_make_one_session():
    """
    A tool that several threads begin with at once has one session, and leaks none.
    """
    from concurrent.futures import ThreadPoolExecutor

    with CodeTool(**SMALL) as first, first.another() as tool, ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: id(tool.session), range(8)))
    assert len(found) == 1


def test_render_of_nothing(tool):
    """
    Silence is told as well.
    """
    assert render(tool.session.run("None")).startswith("[done")


# ---- LangChain


def test_langchain_images_and_artifacts():
    """
    Files are the artifact; images are in the message where that was asked for.
    """
    pytest.importorskip("langchain", reason="needs the extra langchain")
    from langchain_core.messages import ToolCall

    from sandbox_wasm.integrations.langchain import python_tool

    call = ToolCall(name="run_python", args={"code": DRAW}, id="1", type="tool_call")
    with python_tool(**SMALL) as tool:
        message = tool.invoke(call)
        assert isinstance(message.content, str)
        assert {"/p.png": PNG} == message.artifact
    with python_tool(show_images=True, **SMALL) as tool:
        text, image = tool.invoke(call).content
        assert text["text"].startswith("=> 'drawn'")
        assert PNG == base64.b64decode(image["base64"])
        assert "error" == tool.invoke({**call, "args": {"code": "1/0"}}).status


def test_langgraph_stores_no_session():
    """
    With a checkpointer, a run that was interrupted and resumed goes on, with a new session.
    """
    pytest.importorskip("langchain", reason="needs the extra langchain")
    from langchain.agents import create_agent
    from langchain.agents.middleware import HumanInTheLoopMiddleware
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage, ToolCall, ToolMessage
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.types import Command

    from sandbox_wasm.integrations.langchain import SandboxMiddleware

    class Model(GenericFakeChatModel):
        def bind_tools(self, tools, **options):
            return self

    def call(code):
        calls = [ToolCall(name="run_python", args={"code": code}, id=code, type="tool_call")]
        return AIMessage("", tool_calls=calls)

    replies = [call("x = 1"), call("x"), call("y = 2"), call("y"), AIMessage("done")]
    agent = create_agent(
        Model(messages=iter(replies)),
        middleware=[
            SandboxMiddleware(**SMALL),
            HumanInTheLoopMiddleware(interrupt_on={"run_python": True}),
        ],
        checkpointer=InMemorySaver(),
    )
    config = {"configurable": {"thread_id": "1"}}
    state = agent.invoke({"messages": [("user", "go")]}, config)
    for _ in range(4):
        assert "__interrupt__" in state
        yes = Command(resume={"decisions": [{"type": "approve"}]})
        state = agent.invoke(yes, config)
    answers = [m.text for m in state["messages"] if isinstance(m, ToolMessage)]
    assert len(answers) == 4
    assert "NameError" in answers[1]  # each was resumed: nothing is stored, and nothing breaks
    assert "sandbox" not in state


# ---- OpenAI Agents, Anthropic


def test_openai_images():
    """
    An image is an output of its own, where that was asked for.
    """
    pytest.importorskip("agents", reason="needs the extra openai-agents")
    from sandbox_wasm.integrations.openai_agents import python_tool

    arguments = json.dumps({"code": DRAW})
    with python_tool(**SMALL) as tool:
        assert isinstance(asyncio.run(tool.on_invoke_tool(None, arguments)), str)
    with python_tool(show_images=True, **SMALL) as tool:
        text, image = asyncio.run(tool.on_invoke_tool(None, arguments))
        assert text.text.startswith("=> 'drawn'")
        assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" == image.image_url


@given(st.text(max_size=50))
def test_openai_arguments(arguments):
    """
    Whatever text comes as arguments, it is code or refused.
    """
    pytest.importorskip("agents", reason="needs the extra openai-agents")
    from sandbox_wasm.integrations.openai_agents import code_of

    code_of(arguments)
    code_of("[" * 100_000)


def test_anthropic_images_and_errors():
    """
    An image is a block, where that was asked for; failed code is an error with its text.
    """
    pytest.importorskip("anthropic", reason="needs the extra anthropic")
    from anthropic.lib.tools import ToolError

    from sandbox_wasm.integrations.anthropic import python_tool

    with python_tool(show_images=True, **SMALL) as tool:
        text, image = tool.call({"code": DRAW})
        assert text["text"].startswith("=> 'drawn'")
        assert PNG == base64.b64decode(image["source"]["data"])
        with pytest.raises(ToolError, match="ZeroDivisionError"):
            tool.call({"code": "1/0"})


# ---- Google ADK


@given(st.text(max_size=300))
def test_adk_artifact_names(path):
    """
    No path of guest code is a name that means anything to a store of artifacts.
    """
    pytest.importorskip("google.adk", reason="needs the extra google-adk")
    from sandbox_wasm.integrations.google_adk import artifact_name

    name = artifact_name(path)
    assert name
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert not name.startswith((".", "user:"))
    assert name.lower() not in {"metadata.json", "versions"}
    assert len(name) < 110


def test_adk_stores_take_what_code_wrote(tmp_path):
    """
    A store of files takes each artifact, in the session's own folder.
    """
    pytest.importorskip("google.adk", reason="needs the extra google-adk")
    from google.adk.artifacts import FileArtifactService
    from google.genai import types

    from sandbox_wasm.integrations.google_adk import artifact_name

    store = FileArtifactService(root_dir=tmp_path)
    part = types.Part.from_bytes(data=b"x", mime_type="text/plain")

    async def main():
        for path in (
            "/user:a",
            "/metadata.json",
            "/a/versions/b",
            "/VERSIONS",
            "/...",
            "/\\c",
            "/é",
        ):
            await store.save_artifact(
                app_name="app",
                user_id="u",
                session_id="s",
                filename=artifact_name(path),
                artifact=part,
            )

    asyncio.run(main())
    assert not (tmp_path / "users" / "u" / "artifacts").exists()


def invocation(user, session):
    from types import SimpleNamespace

    return SimpleNamespace(session=SimpleNamespace(app_name="app", user_id=user, id=session))


def test_adk_users_are_apart():
    """
    Two users whose sessions have the same name share nothing.
    """
    pytest.importorskip("google.adk", reason="needs the extra google-adk")
    from google.adk.code_executors.code_execution_utils import CodeExecutionInput

    from sandbox_wasm.integrations.google_adk import SandboxCodeExecutor

    def run(executor, who, code):
        return executor.execute_code(who, CodeExecutionInput(code=code))

    ada, bob = invocation("ada", "1"), invocation("bob", "1")
    with SandboxCodeExecutor(**SMALL) as executor:
        run(executor, ada, "secret = 5")
        assert "NameError" in run(executor, bob, "secret").stderr
        assert "=> 5" == run(executor, ada, "secret").stdout
    assert "closed" in run(executor, ada, "1").stderr
    with SandboxCodeExecutor(stateful=False, **SMALL) as executor:
        run(executor, ada, "secret = 5")
        assert "NameError" in run(executor, ada, "secret").stderr
    with SandboxCodeExecutor(timeout_seconds=1, interpreter="micropython") as executor:
        assert "wall_seconds=1" in run(executor, ada, "while True: pass").stderr


def test_adk_files():
    """
    Files come in before the code, and go out after it; wrong ones are answered.
    """
    pytest.importorskip("google.adk", reason="needs the extra google-adk")
    from google.adk.code_executors.code_execution_utils import CodeExecutionInput, File

    from sandbox_wasm.integrations.google_adk import SandboxCodeExecutor

    ada = invocation("ada", "1")
    rows = File("rows.csv", base64.b64encode(b"a,b\n").decode(), "text/csv")
    with SandboxCodeExecutor(**SMALL) as executor:
        done = executor.execute_code(
            ada, CodeExecutionInput(code="open('rows.csv').read()", input_files=[rows])
        )
        assert r"=> 'a,b\n'" == done.stdout
        assert not done.output_files
        done = executor.execute_code(ada, CodeExecutionInput(code=DRAW, input_files=[rows]))
        (drawn,) = done.output_files
        assert ("p.png", PNG, "image/png") == (drawn.name, drawn.content, drawn.mime_type)
        for wrong in (File("../x", b"1"), File("x", "no base64!"), File("x", b"1" * (65 << 20))):
            done = executor.execute_code(ada, CodeExecutionInput(code="1", input_files=[wrong]))
            assert done.stderr.startswith("[")
        assert "=> 1" == executor.execute_code(ada, CodeExecutionInput(code="1")).stdout
