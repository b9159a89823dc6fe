"""What a model reads: of the sandbox, of a run, and of what went wrong."""

from __future__ import annotations

from typing import Any

from .. import (
    FileChanges,
    GuestError,
    HostFunctionError,
    Result,
    SandboxError,
    Session,
    Suspended,
    available_interpreters,
)
from .._terminal import inert, shown

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
_MAX_FILES = 20
_MAX_PATH_CHARACTERS = 200


_STATE = (
    "Variables stay from call to call. The value of the last expression is shown; print what "
    "else you want to see."
)
_NOTHING_ELSE = "There is no network and there are no other packages, but for what is named here."


def describe(session: Session, state: str = _STATE) -> str:
    """Return the description of a tool: what code may expect in that session."""
    limits = session.limits
    (info,) = (each for each in available_interpreters() if each.name == session.interpreter)
    lines = [
        f"Runs Python code in a sandbox ({info.title} {info.version}, standard library).",
        state,
        f"Each call has {limits.wall_seconds:g} seconds and {limits.memory_bytes >> 20} MiB.",
        _NOTHING_ELSE,
    ]
    stubs = session.functions.stubs()
    if stubs:
        lines += ["These functions are there already; call them without importing:", stubs]
    return "\n".join(lines)


def render(result: Result) -> str:
    """Return what a model reads of a run: output, value, files, and the error with its lines."""
    parts = [cut(result.stdout.rstrip("\n"))] if result.stdout.strip() else []
    if result.stderr.strip():
        parts.append("[stderr]\n" + cut(result.stderr.rstrip("\n")))
    if result.truncated:
        parts.append("[more was printed than is kept: print less]")
    if result.error is not None:
        parts.append(explain(result.error))
    elif result.value is not None:
        parts.append("=> " + cut(represent(result.value)))
    if result.files:
        parts.append(name_files(result.files))
    return "\n".join(parts) or "[done: nothing was printed, and the last line has no value]"


def represent(value: object) -> str:
    """Return a value of guest code as ``repr`` gives it, whatever it is."""
    try:
        return repr(value)
    except ValueError:  # Python does not write out a number of many thousand digits
        return "[a number with too many digits to be shown]"


def name_files(files: FileChanges) -> str:
    """Return a line that names the files which a run wrote."""
    told = [("wrote", path) for path in files] + [("deleted", path) for path in files.deleted]
    names = [f"{verb} {path[:_MAX_PATH_CHARACTERS]!r}" for verb, path in told[:_MAX_FILES]]
    if len(told) > _MAX_FILES:
        names.append(f"and {len(told) - _MAX_FILES} more")
    return f"[files: {', '.join(names)}]"


def explain(error: BaseException, lasting: bool = True) -> str:
    """Return what a model can do something with, of an error of this library.

    Args:
        error: The error.

        lasting: The session goes on after it, so tell what became of its variables.
    """
    if isinstance(error, GuestError):
        return cut(error.traceback.rstrip("\n") or str(error), keep_end=True)
    if isinstance(error, Suspended):
        text = f"[{error.name}() needs an answer that cannot be had here: do without that call.]"
    elif isinstance(error, HostFunctionError):
        text = f"[{error.name}() failed in a way that ended the run.]"
    else:
        text = f"[{type(error).__name__}: {error}]"
    state = error.state if lasting and isinstance(error, SandboxError) else None
    return text + _STATES.get(state or "", "")


_STATES = {
    "kept": " The variables are still there.",
    "rolled back": " The variables are as they were before this call.",
    "broken": " The session is lost; a new one begins with the next call.",
}


def written(name: str, payload: Any) -> str:
    """Return a host call as it would be written, for a person who is to approve it.

    Args:
        payload: As `Suspended` has it: ``args`` and ``kwargs``, which guest code has chosen.
            What a function that suspends by itself says instead is not shown.
    """
    given = payload if isinstance(payload, dict) else {}
    arguments = [shown(value) for value in given.get("args", ())]
    for key, value in given.get("kwargs", {}).items():
        # A function with **kwargs takes any text as a name, and one could look like several.
        arguments.append(f"{key if key.isidentifier() else f'**{key!r}'}={shown(value)}")
    return f"{name}({', '.join(arguments)})"


def cut(text: str, keep_end: bool = False) -> str:
    """Return *text*, shortened to what a model should read, from the middle or the start.

    What a terminal would obey, and what nobody sees but a model reads, becomes an escape:
    frameworks print what a tool said, and guest code may have it from a third party.
    """
    head = _shown(text[:MAX_CHARACTERS])  # which may be longer than what it shows
    if len(text) <= MAX_CHARACTERS and len(head) <= MAX_CHARACTERS:
        return head
    tail = _shown(text[-MAX_CHARACTERS:])
    if keep_end:
        return "[...]\n" + tail[-MAX_CHARACTERS:]
    half = MAX_CHARACTERS // 2
    return f"{head[:half]}\n[... of {len(text)} characters ...]\n{tail[-half:]}"


def _shown(text: str) -> str:
    return inert(text.replace("\r\n", "\n"))


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
