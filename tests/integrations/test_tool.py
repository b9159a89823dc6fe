"""The tool that every framework is given: what a model sends, and what it reads."""

import asyncio
import os
import threading
import warnings

import pytest

from sandbox_wasm import ConfigError, Limits
from sandbox_wasm.integrations._text import MAX_CHARACTERS, render, unfenced
from sandbox_wasm.integrations._tool import CodeTool


@pytest.fixture
def tool(interpreter):
    with CodeTool(interpreter=interpreter, limits=Limits(wall_seconds=2)) as tool:
        yield tool


def test_what_a_model_reads(tool):
    """
    Output, value and errors are text; variables stay.
    """
    assert "hi\n=> 3" == tool.run("print('hi')\nx = 3\nx")
    assert "=> 4" == tool.run("x + 1")
    assert tool.run("y = 5").startswith("[done")
    failed = tool.run("z = 1\n1/0")
    assert failed.endswith("ZeroDivisionError: division by zero")
    assert "line 2" in failed
    assert "=> 5" == tool.run("y")


def test_errors_that_are_not_the_codes(tool):
    """
    A limit says what it was, and what became of the variables.
    """
    tool.run("x = 1")
    text = tool.run("while True: pass")
    assert "WallTimeExceeded" in text
    assert "still there" in text
    assert "=> 1" == tool.run("x")


@pytest.mark.parametrize("junk", [None, 3, ["x"], b"1", {"code": "1"}], ids=repr)
def test_junk(tool, junk):
    """
    What is no code is answered with what is wrong.
    """
    assert tool.run(junk).startswith("[code must be a string, got")
    assert "=> 2" == tool.run("1 + 1")


def test_code_of_a_hundred_megabytes(tool):
    """
    Too much is refused before it is looked at.
    """
    assert "at most" in tool.run("x" * 100_000_000)
    assert "=> 2" == tool.run("1 + 1")


def test_long_text_is_cut(tool):
    """
    A model gets both ends of long output, and the end of a traceback.
    """
    text = tool.run("print('a' * 50_000 + 'z')")
    assert len(text) < MAX_CHARACTERS + 100
    assert "characters ..." in text
    assert text.endswith("z")
    assert len(tool.run("raise ValueError('b' * 50_000 + 'end')")) < MAX_CHARACTERS + 100
    assert tool.run("raise ValueError('b' * 50_000 + 'end')").endswith("end")


def test_a_fence_is_taken_off():
    """
    Models put code into Markdown.
    """
    assert "x = 1\nx" == unfenced("```python\nx = 1\nx\n```")
    assert "print('```')" == unfenced("print('```')")


def test_a_lost_session_begins_anew(tool):
    """
    The next call gets a new session; the tool itself goes on.
    """
    tool.run("x = 1")
    tool.session.close()
    assert "NameError" in tool.run("x")


def test_description(interpreter):
    """
    The model is told what is there: interpreter, limits, functions.
    """

    def price(item: str) -> float:
        """Price in euros."""
        return 2.5

    limits = Limits(wall_seconds=3, memory_bytes=32 << 20)
    with CodeTool(interpreter=interpreter, limits=limits, functions=[price]) as tool:
        assert "3 seconds and 32 MiB" in tool.description
        assert "def price(item: str) -> float:" in tool.description
        assert "=> 5.0" == tool.run("price('tea') * 2")


def test_hidden_text_is_cut_as_well(tool):
    """
    Escapes are longer than what they stand for, and are not more than a model should read.
    """
    for code in ("print('\\U000e0041' * 7000)", "raise ValueError('\\U000e0041' * 7000)"):
        assert len(tool.run(code)) < 2 * MAX_CHARACTERS


def test_numbers_of_any_length(tool):
    """
    Python writes out no number of more than 4300 digits; it must not end the agent's run.
    """
    for code in ("10**5000", "[{'a': 10**5000}]", "(10**5000,)"):
        assert "too many digits" in tool.run(code)
    assert "=> 2" == tool.run("1 + 1")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_begins_anew(tool):
    """
    A server that forks its workers gives each a session of its own, on first use.
    """
    tool.run("x = 1")
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there are threads: as in servers
        child = os.fork()
    if not child:
        try:
            os.write(writer, (tool.run("x") + "|" + tool.run("1 + 1")).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(child, 0)
    assert "NameError" in said
    assert said.endswith("|=> 2")
    assert "=> 1" == tool.run("x")


def test_cancelling(interpreter):
    """
    A task that is cancelled leaves no code running, and the variables stay.
    """

    async def main():
        begun = threading.Semaphore(0)
        functions = {"begun": begun.release}
        with CodeTool(interpreter=interpreter, functions=functions) as tool:
            await tool.arun("x = 1")
            task = asyncio.ensure_future(tool.arun("begun()\nwhile True: pass"))
            await asyncio.to_thread(begun.acquire)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await tool.arun("x")

    assert "=> 1" == asyncio.run(main())


def test_two_calls_at_once(tool):
    """
    They take turns.
    """

    async def main():
        codes = ["a = 1\na", "b = 2\nb"]
        return await asyncio.gather(*(tool.arun(code) for code in codes))

    assert ["=> 1", "=> 2"] == asyncio.run(main())
    assert "=> 3" == tool.run("a + b")


def test_closed(tool):
    """
    A closed tool says so, and makes no session.
    """
    tool.close()
    assert "closed" in tool.run("1")


def test_wrong_options_fail_at_once():
    """
    And not with the first call of a model.
    """
    with pytest.raises(ConfigError):
        CodeTool(interpreter="perl")


def test_truncated_output_is_told(tool):
    """
    A model learns that it printed too much.
    """
    with CodeTool(limits=Limits(output_bytes=100)) as small:
        assert "print less" in small.run("print('x' * 1000)")
    assert render(tool.session.run("None")).startswith("[done")
