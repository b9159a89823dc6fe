"""Google ADK: a code executor, with a session for each session of the application.

    agent = Agent(model=..., code_executor=SandboxCodeExecutor())

Variables stay for as long as the conversation goes on. Needs the extra ``google-adk``.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
from typing import Any

from .. import ConfigError, Limits, SandboxError
from ._extra import missing
from ._images import media_type, small_files
from ._keyed import ToolsByKey
from ._text import cut, explain
from ._tool import CodeTool, Outcome

try:
    from google.adk.code_executors.base_code_executor import BaseCodeExecutor
    from google.adk.code_executors.code_execution_utils import (
        CodeExecutionInput,
        CodeExecutionResult,
        File,
    )
    from pydantic import PrivateAttr
except ImportError as error:
    raise missing("google-adk", error) from error

# Names that a store of artifacts gives a meaning of its own.
_RESERVED = {"metadata.json", "versions"}


class SandboxCodeExecutor(BaseCodeExecutor):
    """Runs the code blocks of a model's answers; give it as an agent's ``code_executor``.

    Nobody tells it when a conversation is over, so the number of sessions is bounded, and one
    that is not used for a while is ended; its variables are lost then. `close` ends all.

    Args:
        max_sessions: How many conversations have a session at the same time.

        idle_seconds: How long one is kept that is not used.

        options: Those of `BaseCodeExecutor`, and those of `sandbox_wasm.Session`.

    Raises:
        ConfigError: As `Session` does.
    """

    stateful: bool = True
    _tools: ToolsByKey = PrivateAttr()

    def __init__(
        self, *, max_sessions: int = 64, idle_seconds: float = 1800, **options: Any
    ) -> None:
        own = {name: options.pop(name) for name in type(self).model_fields if name in options}
        super().__init__(**own)
        if self.timeout_seconds is not None:
            limits = options.get("limits") or Limits()
            seconds = min(limits.wall_seconds, self.timeout_seconds)
            options["limits"] = dataclasses.replace(limits, wall_seconds=seconds)
        with CodeTool(**options) as tool:  # wrong options fail here
            self._tools = ToolsByKey(tool, max_sessions, idle_seconds)

    def execute_code(
        self, invocation_context: Any, code_execution_input: CodeExecutionInput
    ) -> CodeExecutionResult:
        """Run one block; files that come with it are written first, into the root."""
        session = invocation_context.session
        key = (session.app_name, session.user_id, session.id)
        try:
            tool = self._tools[key]
            _write(tool, code_execution_input.input_files)
            outcome = tool.execute(code_execution_input.code)
        except (SandboxError, OSError) as error:
            return _result(Outcome(explain(error), failed=True))
        finally:
            if not self.stateful:
                self._tools.forget(key)
        return _result(outcome)

    def close(self) -> None:
        """End all sessions."""
        self._tools.close()

    def __enter__(self) -> SandboxCodeExecutor:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _write(tool: CodeTool, given: list[File]) -> None:
    for file in given:
        data = file.content
        if isinstance(data, str):
            try:
                data = base64.b64decode(data, validate=True)
            except (binascii.Error, ValueError):
                raise ConfigError(f"the content of {file.name!r} is not base64") from None
        files = tool.session.files
        if file.name not in files or files.read(file.name) != data:
            files.write(file.name, data)


def _result(outcome: Outcome) -> CodeExecutionResult:
    result = outcome.result
    if outcome.failed or result is None:
        # Text on stderr is what tells ADK that the code failed; a warning must not.
        printed = "" if result is None else cut(result.stdout)
        return CodeExecutionResult(stdout=printed, stderr=outcome.text, exit_code=1)
    files = {artifact_name(path): data for path, data in small_files(result.files).items()}
    made = [
        File(name=name, content=data, mime_type=media_type(data) or "application/octet-stream")
        for name, data in files.items()
    ]
    return CodeExecutionResult(stdout=outcome.text, output_files=made, exit_code=0)


def artifact_name(path: str) -> str:
    """Return a name for an artifact that means nothing but itself, for a path of guest code.

    With ``user:`` an artifact is the user's, in all conversations; stores refuse some names,
    which would end the agent's run.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.strip("/")).strip(".")[-100:]
    return f"file_{name}" if not name or name.lower() in _RESERVED else name
