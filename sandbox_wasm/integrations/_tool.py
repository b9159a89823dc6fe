"""What every agent framework is given: a tool that runs code, and text that a model reads."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from .. import (
    GuestError,
    Result,
    SandboxError,
    Session,
    SessionClosed,
    available_interpreters,
)

NAME = "run_python"
INPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "Python source, as many statements as needed."}
    },
    "required": ["code"],
    "additionalProperties": False,
}
# What a model is shown at most of one stream, of a value, and of a traceback.
MAX_CHARACTERS = 8000
MAX_CODE_CHARACTERS = 1 << 20


_STATE = (
    "Variables stay from call to call. The value of the last expression is shown; print what "
    "else you want to see."
)
_NOTHING_ELSE = "There is no network and there are no other packages, but for what is named here."


def describe(session: Session) -> str:
    """Return the description of the tool: what code may expect in that session."""
    limits = session.limits
    versions = {each.name: each.version for each in available_interpreters()}
    name = {"cpython": "CPython", "micropython": "MicroPython"}[session.interpreter]
    name += f" {versions[session.interpreter]}"
    lines = [
        f"Runs Python code in a sandbox ({name}, standard library).",
        _STATE,
        f"Each call has {limits.wall_seconds:g} seconds and {limits.memory_bytes >> 20} MiB.",
        _NOTHING_ELSE,
    ]
    stubs = session.functions.stubs()
    if stubs:
        lines += ["These functions are there already; call them without importing:", stubs]
    return "\n".join(lines)


def render(result: Result) -> str:
    """Return what a model reads of a run: output, value, and the error with its lines."""
    parts = [cut(result.stdout.rstrip("\n"))] if result.stdout.strip() else []
    if result.stderr.strip():
        parts.append("[stderr]\n" + cut(result.stderr.rstrip("\n")))
    if result.truncated:
        parts.append("[more was printed than is kept: print less]")
    if result.error is not None:
        parts.append(explain(result.error))
    elif result.value is not None:
        parts.append("=> " + cut(repr(result.value)))
    return "\n".join(parts) or "[done: nothing was printed, and the last line has no value]"


def explain(error: BaseException) -> str:
    """Return what a model can do something with, of an error of this library."""
    if isinstance(error, GuestError):
        return cut(error.traceback.rstrip("\n") or str(error), keep_end=True)
    text = f"[{type(error).__name__}: {error}]"
    state = error.state if isinstance(error, SandboxError) else None
    return text + _STATES.get(state or "", "")


_STATES = {
    "kept": " The variables are still there.",
    "rolled back": " The variables are as they were before this call.",
    "broken": " The session is lost; a new one begins with the next call.",
}


def cut(text: str, keep_end: bool = False) -> str:
    """Return *text*, shortened to what a model should read, from the middle or the start."""
    if len(text) <= MAX_CHARACTERS:
        return text
    if keep_end:
        return "[...]\n" + text[-MAX_CHARACTERS:]
    half = MAX_CHARACTERS // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters ...]\n{text[-half:]}"


class CodeTool:
    """A session that an agent uses: made when it is first needed, and again when it is lost.

    Use it as a context manager, or close it: the session holds memory and a thread.

    Args:
        options: Those of `Session`.

    Attributes:
        name, description, input_schema: What a framework tells the model.

    Raises:
        ConfigError: As `Session` does.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._session: Session | None = None
        self._closed = False
        self.name = NAME
        self.description = describe(self.session)  # wrong options fail here
        self.input_schema = INPUT_SCHEMA

    @property
    def session(self) -> Session:
        """The session; a new one if there is none, or the last one was lost.

        Raises:
            SessionClosed: The tool is closed.
        """
        if self._closed:
            raise SessionClosed("the tool is closed")
        if self._session is None or self._session.state.value != "open":
            self.reset()
            self._session = Session(**self._options)
        return self._session

    def run(self, code: object) -> str:
        """Run what a model sent; return what it is to read, errors included."""
        if (refused := refusal(code)) is not None:
            return refused
        try:
            return render(self.session.run(unfenced(str(code)), check=False))
        except SandboxError as error:
            return explain(error)

    async def arun(self, code: object) -> str:
        """Run what a model sent, as `run` does; cancelling the task interrupts the code."""
        future = asyncio.ensure_future(asyncio.to_thread(self.run, code))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            while not future.done():
                if self._session is not None:
                    self._session.interrupt()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([future], timeout=0.05)
            raise

    def reset(self) -> None:
        """Forget all variables."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def close(self) -> None:
        """End the session; later calls say that the tool is closed."""
        self._closed = True
        self.reset()

    def __enter__(self) -> CodeTool:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def refusal(code: object) -> str | None:
    """Return what to tell a model whose code cannot be run at all; None if it can."""
    if not isinstance(code, str):
        return f"[code must be a string, got {type(code).__name__}]"
    if len(code) > MAX_CODE_CHARACTERS:
        return f"[code must have at most {MAX_CODE_CHARACTERS} characters, got {len(code)}]"
    return None


def unfenced(code: str) -> str:
    """Return *code* without the Markdown fence that models put around it."""
    lines = code.strip().splitlines()
    if len(lines) >= 2 and lines[0].startswith("```") and lines[-1] == "```":
        return "\n".join(lines[1:-1])
    return code
