"""smolagents: tools, variables and answers of an agent whose code runs in a sandbox."""

from __future__ import annotations

import pytest

pytest.importorskip("smolagents", reason="needs the extra smolagents")

from smolagents import CodeAgent, LogLevel, Model, Tool, tool
from smolagents.local_python_executor import InterpreterError
from smolagents.models import ChatMessage, MessageRole

from sandbox_wasm import ConfigError, Limits
from sandbox_wasm.integrations.smolagents import SandboxExecutor

SMALL = {"interpreter": "micropython", "limits": Limits(wall_seconds=5)}


@pytest.fixture
def executor():
    executor = SandboxExecutor(**SMALL)
    yield executor
    executor.cleanup()


class Replies(Model):
    def __init__(self, *codes):
        super().__init__()
        self.codes = iter(codes)

    def generate(self, messages, **options):
        text = f"<code>\n{next(self.codes)}\n</code>"
        return ChatMessage(role=MessageRole.ASSISTANT, content=text)


def agent(executor, *codes, tools=()):
    quiet = LogLevel.OFF
    return CodeAgent(list(tools), Replies(*codes), executor=executor, verbosity_level=quiet)


@tool
def price(item: str) -> float:
    """Price of an item.

    Args:
        item: What to buy.
    """
    return {"tea": 2.5}[item]


def test_tools_and_answer(executor):
    """
    Code calls the agent's tools; its answer ends it.
    """
    codes = ["x = price('tea') + price(item='tea')", "final_answer(x)\nx = 'not any more'"]
    assert 5.0 == agent(executor, *codes, tools=[price]).run("go")


def test_an_answer_passes_every_handler(executor):
    """
    Neither `except BaseException` nor `finally` goes on after it.
    """
    code = "try:\n    final_answer(1)\nexcept BaseException:\n    pass\nfinally:\n    x = 2\nx"
    assert 1 == agent(executor, code).run("go")


def test_additional_arguments(executor):
    """
    They are variables of the code; what is no data is refused before the run.
    """
    found = agent(executor, "final_answer(rows[1])").run("go", additional_args={"rows": [1, 2]})
    assert 2 == found
    with pytest.raises(ConfigError):
        agent(executor, "1").run("go", additional_args={"rows": object()})


def test_a_session_that_is_lost_knows_the_same(executor):
    """
    A new session has the tools and variables that the agent was given.
    """
    executor.send_tools({"price": price})
    executor.send_variables({"item": "tea"})
    assert 2.5 == executor("price(item)").output
    executor._tool.reset()
    assert 2.5 == executor("price(item)").output


def test_errors_keep_what_was_printed(executor):
    """
    The model reads what came before the error, and the line of it.
    """
    run = agent(executor, "print('so far')\n1 / 0", "final_answer(0)")
    run.run("go")
    step = run.memory.steps[1]
    assert "so far" in step.observations
    assert "line 2" in str(step.error)
    assert "ZeroDivisionError" in str(step.error)


def test_tools_that_are_taken_away(executor):
    """
    Only the tools of the last sending can be called.
    """
    executor.send_tools({"price": price})
    executor.send_tools({})
    with pytest.raises(InterpreterError, match="no tool price any more"):
        executor("price('tea')")


def test_a_tool_that_raises(executor):
    """
    A builtin exception has its text; what is the host's own is not told.
    """

    class Own(Exception):
        pass

    class Raises(Tool):
        name = "raises"
        description = "Raise."
        inputs = {"kind": {"type": "string", "description": "Which."}}  # noqa: RUF012
        output_type = "string"

        def forward(self, kind: str) -> str:
            raise {"own": Own, "value": ValueError}[kind]("/home/secret")

    executor.send_tools({"raises": Raises()})
    with pytest.raises(InterpreterError, match="ValueError: /home/secret"):
        executor("raises('value')")
    with pytest.raises(InterpreterError) as info:
        executor("raises('own')")
    assert "secret" not in str(info.value)


def test_a_final_answer_tool_of_the_agents_own(executor):
    """
    It is given the answer, outside, and may change it.
    """

    class Shout(Tool):
        name = "final_answer"
        description = "Answer."
        inputs = {"answer": {"type": "any", "description": "The answer."}}  # noqa: RUF012
        output_type = "any"

        def forward(self, answer):
            return answer.upper()

    assert "HI" == agent(executor, "final_answer('hi')", tools=[Shout()]).run("go")


def test_names_that_code_cannot_call(executor):
    """
    A tool that is called like a builtin is refused when it is given.
    """
    with pytest.raises(ConfigError, match="builtin"):
        executor.send_tools({"print": price})


def test_after_the_end():
    """
    An executor that was cleaned up says so.
    """
    executor = SandboxExecutor(**SMALL)
    with agent(executor, "final_answer(1)") as run:
        assert 1 == run.run("go")
    with pytest.raises(InterpreterError, match="closed"):
        executor("1")
