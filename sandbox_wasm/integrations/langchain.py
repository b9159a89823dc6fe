"""LangChain and LangGraph: a tool, and a middleware that gives each agent run its own session.

    with python_tool() as tool:
        agent = create_agent(model, [tool])

    agent = create_agent(model, middleware=[SandboxMiddleware()])

The first is one session for as long as the ``with`` lasts, whoever calls; the second a session
for each run of the agent, which ends with it. Needs the extra ``langchain``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from ._extra import missing
from ._images import small_files
from ._tool import CodeTool, Outcome

try:
    from langchain.agents.middleware import AgentMiddleware, AgentState
    from langchain.agents.middleware.types import PrivateStateAttr
    from langchain.tools import ToolRuntime
    from langchain_core.tools import BaseTool, StructuredTool, ToolException
    from langgraph.channels.untracked_value import UntrackedValue
    from typing_extensions import NotRequired
except ImportError as error:
    raise missing("langchain", error) from error

Answer = tuple[str | list[dict[str, Any]], dict[str, bytes]]


@contextmanager
def python_tool(*, show_images: bool = False, **options: Any) -> Iterator[BaseTool]:
    """Give a tool that runs Python; leaving the ``with`` ends its session.

    The artifact of its messages is a dict of the files that the code wrote, small ones.

    Args:
        show_images: Put images that the code wrote into the message, as content blocks. The
            bytes are the code's: a provider that refuses them ends the agent's run.

        options: Those of `sandbox_wasm.Session`.

    Raises:
        ConfigError: As `Session` does.
    """
    with CodeTool(**options) as code_tool:

        def run(code: Any = None, **unknown: Any) -> Answer:
            return _answer(code_tool.execute(code), show_images)

        async def arun(code: Any = None, **unknown: Any) -> Answer:
            return _answer(await code_tool.aexecute(code), show_images)

        yield _structured(code_tool, run, arun)


def _structured(code_tool: CodeTool, run: Any, arun: Any) -> BaseTool:
    tool: BaseTool = StructuredTool.from_function(
        run,
        arun,
        name=code_tool.name,
        description=code_tool.description,
        # A dict, so that what a model sends comes as it is, and is answered by the tool itself.
        args_schema=code_tool.input_schema,
        infer_schema=False,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )
    return tool


def _answer(outcome: Outcome, show_images: bool) -> Answer:
    if outcome.failed:
        raise ToolException(outcome.text)
    files = {} if outcome.result is None else small_files(outcome.result.files)
    if not show_images or not outcome.images:
        return outcome.text, files
    blocks: list[dict[str, Any]] = [{"type": "text", "text": outcome.text}]
    for image in outcome.images:
        blocks.append({"type": "image", "base64": image.base64, "mime_type": image.media_type})
    return blocks, files


class _Held:
    """The tool of one run; it goes with the run's state if the run breaks off."""

    def __init__(self, tool: CodeTool) -> None:
        self.tool = tool

    def __del__(self) -> None:
        self.tool.close()


class SandboxState(AgentState[Any]):
    """What the middleware keeps in the state of a run; it is never stored."""

    sandbox: NotRequired[  # type: ignore[valid-type]
        Annotated[_Held | None, UntrackedValue, PrivateStateAttr]
    ]


class SandboxMiddleware(AgentMiddleware[Any, Any, Any]):
    """Gives an agent the tool ``run_python``, with a session for each run of the agent.

    Args: those of `python_tool`.
    """

    state_schema = SandboxState

    def __init__(self, *, show_images: bool = False, **options: Any) -> None:
        super().__init__()
        with CodeTool(**options) as code_tool:  # wrong options fail here
            self._tool = code_tool

        def run(runtime: ToolRuntime, code: Any = None, **unknown: Any) -> Answer:
            held = self._of(runtime.state)
            return _answer(held.tool.execute(code), show_images)

        async def arun(runtime: ToolRuntime, code: Any = None, **unknown: Any) -> Answer:
            held = self._of(runtime.state)
            return _answer(await held.tool.aexecute(code), show_images)

        self.tools = [_structured(code_tool, run, arun)]

    def _of(self, state: Any) -> _Held:
        held = state.get("sandbox")
        # A run that was interrupted and resumed has lost it: nothing of it is stored. This
        # call gets a session of its own, and the next model call one for the rest of the run.
        return held if isinstance(held, _Held) else _Held(self._tool.another())

    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """See that the run has a session; it is made with the first call."""
        if isinstance(state.get("sandbox"), _Held):
            return None
        return {"sandbox": _Held(self._tool.another())}

    def after_agent(self, state: Any, runtime: Any) -> dict[str, Any]:
        """End the session."""
        held = state.get("sandbox")
        if isinstance(held, _Held):
            held.tool.close()
        return {"sandbox": None}
