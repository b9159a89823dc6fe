"""smolagents: an executor for `CodeAgent`, whose code then runs in a sandbox.

    with CodeAgent(tools, model, executor=SandboxExecutor()) as agent:
        agent.run("...")

The tools run outside, as host functions. Needs the extra ``smolagents``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .. import HostFunctions, SandboxError, Session
from ._extra import missing
from ._text import cut, explain, refusal, represent, unfenced
from ._tool import CodeTool

try:
    from smolagents.agent_types import AgentText
    from smolagents.local_python_executor import CodeOutput, InterpreterError, PythonExecutor
except ImportError as error:
    raise missing("smolagents", error) from error

FINAL_ANSWER: Final = "final_answer"


class SandboxExecutor(PythonExecutor):
    """Runs the code of one agent, in a session that stays from run to run.

    The agent's own clean-up ends the session: `CodeAgent.cleanup`, or leaving its ``with``.

    Args:
        options: Those of `sandbox_wasm.Session`.

    Raises:
        ConfigError: As `Session` does.
    """

    def __init__(self, **options: Any) -> None:
        self._functions = HostFunctions(options.pop("functions", None) or ()).copy()
        self._tools: dict[str, Callable[..., Any]] = {}
        self._variables: dict[str, Any] = {}
        self._tool = CodeTool(functions=self._functions, **options)
        self._begun: Session | None = None
        # Where an agent looks for what was printed before an error.
        self.state: dict[str, Any] = {"_print_outputs": ""}

    def send_tools(self, tools: dict[str, Any]) -> None:
        """Let code call the tools, and those alone; a tool is known by its name from now on.

        Raises:
            ConfigError: A name is one that code cannot call, such as that of a builtin.
        """
        self._tools = dict(tools)
        for name in tools:
            if name != FINAL_ANSWER and name not in self._functions:
                function = self._call(name)
                self._functions.register(function, name=name)
                self._tool.add_function(function, name)

    def _call(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name not in self._tools:
                raise RuntimeError(f"there is no tool {name} any more")
            value = self._tools[name](*args, **kwargs)
            return str(value) if isinstance(value, AgentText) else value

        return call

    def send_variables(self, variables: dict[str, Any]) -> None:
        """Set variables of the code.

        Raises:
            ConfigError: A value is no data that can go in, such as an image.
        """
        self._variables.update(variables)
        self._begun = None
        self._session()

    def _session(self) -> Session:
        session = self._tool.session
        if session is not self._begun:  # a new one, after one that was lost, knows none of them
            if self._variables:
                session.run("None", inputs=self._variables)
            self._begun = session
        return session

    def __call__(self, code_action: str) -> CodeOutput:
        """Run code.

        Raises:
            InterpreterError: It failed; the text is for the model.
        """
        self.state["_print_outputs"] = ""
        if (refused := refusal(code_action)) is not None:
            raise InterpreterError(refused)
        try:
            session = self._session()
            result = session.run(unfenced(code_action), check=False, dialect=FINAL_ANSWER)
        except SandboxError as error:
            raise InterpreterError(explain(error)) from None
        logs = cut(result.stdout)
        if result.truncated:
            logs += "\n[more was printed than is kept: print less]"
        self.state["_print_outputs"] = logs
        if result.error is not None:
            raise InterpreterError(explain(result.error))
        output = result.value
        if result.is_final and FINAL_ANSWER in self._tools:
            output = self._tools[FINAL_ANSWER](output)  # which may check or change it
        try:
            str(output)  # which the agent will do
        except ValueError:
            raise InterpreterError(represent(output)) from None
        return CodeOutput(output=output, logs=logs, is_final_answer=result.is_final)

    def cleanup(self) -> None:
        """End the session."""
        self._tool.close()
