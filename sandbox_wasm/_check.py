"""Code is looked at before it runs: by its own interpreter, and by a type checker.

Both are given hostile text. The interpreter parses it inside the sandbox, in a session
that is made for that alone, so that the session it is meant for is not touched. The type
checker is a process of its own with little memory and time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from . import _arguments
from ._checks import listed
from ._dialects import Dialect
from ._errors import ConfigError, GuestError, GuestProtocolError, SandboxError
from ._limits import Limits
from ._problem import Problem
from ._snapshots import take
from ._typecheck import checker, problems_of_types
from .interpreters import _info

if TYPE_CHECKING:
    from ._session import Session

_MAX_NAMES = 10_000
_MAX_PROBLEMS = 100
_MAX_TEXT = 1000
_PLACE = re.compile(r'File "<(?:code|sandbox)>", line (\d+)')
_NAMES_SECONDS = 1.0
_UNFIT = "the interpreter could not compile it within the limits"


def check(
    session: Session,
    make: Callable[..., Session],
    code: str,
    dialect: Dialect,
    names: Iterable[str],
    types: bool | None,
) -> list[Problem]:
    """Return what is wrong with *code*; see `Session.check`."""
    known = [_arguments.identifier(name).decode() for name in listed(names, "names")]
    program = checker() if types is None or types else None
    if types and program is None:
        raise ConfigError(
            "checking types needs the extra 'check': python -m pip install 'sandbox-wasm[check]'"
        )
    try:
        source = _arguments.source(code)
    except GuestError as error:
        return [Problem(message=error.message, kind=error.type_name)]
    size = session.limits.input_bytes
    if len(source) > size:
        raise ConfigError(f"code is {len(source)} bytes, input_bytes={size}")
    found = _of_syntax(session, make, source.decode(), dialect)
    if program is None or any(problem.severity == "error" for problem in found):
        return found
    found += problems_of_types(
        program,
        source.decode(),
        session.functions,
        [*known, *_globals(session, make), *session.functions.shown],
        dialect,
        _modules(session),
    )
    return sorted(found, key=lambda p: (p.line or 0, p.column or 0))[:_MAX_PROBLEMS]


def _modules(session: Session) -> Callable[[str], bool]:
    """Return what tells whether code of the session may be able to import a module."""
    if session._packages or session._mounts:
        return lambda name: True  # nobody knows here what they have
    (info,) = (i for i in _info.available_interpreters() if i.name == session.interpreter)
    own = {path.strip("/").partition("/")[0].removesuffix(".py") for path in session.files}
    return lambda name: name in info.modules or name.partition(".")[0] in own


def _globals(session: Session, make: Callable[..., Session]) -> list[str]:
    """Return the names that earlier runs have left.

    The earlier code may have made something else of whatever is called for that. So a copy is
    asked, which is granted nothing.
    """
    limits = session.limits
    snapshot = take(session.interpreter, session._check_open(), wait=True)
    with make(
        session.interpreter,
        limits=Limits(
            wall_seconds=min(_NAMES_SECONDS, limits.wall_seconds),
            memory_bytes=limits.memory_bytes,
            file_bytes=limits.file_bytes,
            file_count=limits.file_count,
        ),
        isolation=session.isolation,
        checkpoints=False,
        snapshot=snapshot,
    ) as copy:
        found = copy.run("[*globals()]", check=False).value
    if type(found) is not list or any(type(name) is not str for name in found):
        return []
    return [name for name in found[:_MAX_NAMES] if name.isidentifier()]


def _of_syntax(
    session: Session, make: Callable[..., Session], code: str, dialect: Dialect
) -> list[Problem]:
    limits = session.limits
    mine = Limits(
        wall_seconds=limits.wall_seconds,
        memory_bytes=limits.memory_bytes,
        # As JSON a character takes six bytes at most.
        input_bytes=6 * limits.input_bytes + 10_000,
    )
    with make(
        session.interpreter, limits=mine, isolation=session.isolation, checkpoints=False
    ) as scratch:
        try:
            if session.interpreter == "cpython":
                return _compiled(scratch, code, dialect)
            return _parsed(scratch, code, dialect)
        except GuestProtocolError:
            raise
        except SandboxError as error:
            return [Problem(message=f"{_UNFIT} ({type(error).__name__})", kind="SyntaxError")]


def _compiled(scratch: Session, code: str, dialect: Dialect) -> list[Problem]:
    source = (files(__package__) / "_guest" / "check.py").read_text("utf-8")
    inputs = {"source": code, "allow_return": dialect == "return"}
    found = scratch.run(source, inputs=inputs).value
    if type(found) is not list:
        raise GuestProtocolError("the interpreter told of problems in another form")
    return [_problem(each) for each in found]


def _problem(told: Any) -> Problem:
    texts, places = (told[:3], told[3:]) if type(told) is list else ([], [])
    if (
        len(texts) != 3
        or len(places) != 4
        or any(type(text) is not str for text in texts)
        or any(place is not None and type(place) is not int for place in places)
        or texts[0] not in ("error", "warning")
    ):
        raise GuestProtocolError("the interpreter told of a problem in another form")
    line, column, end_line, end_column = (place if (place or 0) > 0 else None for place in places)
    return Problem(
        severity=cast("Any", texts[0]),
        kind=texts[1][:_MAX_TEXT],
        message=texts[2][:_MAX_TEXT],
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
    )


def _parsed(scratch: Session, code: str, dialect: Dialect) -> list[Problem]:
    """Have an interpreter compile what it shall not run, for it comes after a return."""
    error = scratch.run("return\n" + code, dialect="return", check=False).error
    if error is None and dialect != "return":
        error = scratch.run(
            "compile(source, '<code>', 'exec')\nNone", inputs={"source": code}, check=False
        ).error
        if isinstance(error, GuestError) and "'return'" not in error.message:
            return []  # an await, which the lines of a run may have
        return [] if error is None else [_raised(error, 0)]
    return [] if error is None else [_raised(error, 1)]


def _raised(error: SandboxError, before: int) -> Problem:
    if not isinstance(error, GuestError):
        raise error
    lines = _PLACE.findall(error.traceback[-2000:])
    is_syntax = error.type_name in ("SyntaxError", "IndentationError")
    message = error.message if is_syntax else f"{_UNFIT} ({error.type_name})"
    return Problem(
        kind=error.type_name if is_syntax else "SyntaxError",
        message=message[:_MAX_TEXT],
        line=max(1, int(lines[-1][:9]) - before) if lines else None,
    )
