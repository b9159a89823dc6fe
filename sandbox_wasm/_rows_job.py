"""What a worker does of `map_rows`: one batch of rows, in a session of its own.

A `Job` and the rows are plain data, and `run_batch` can be imported, so that any
`concurrent.futures.Executor` may have them, in this process or elsewhere. Each batch
begins with the state that the code has left, whoever ran which batch before: the
results depend on neither the executor nor on what was interrupted and done again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from . import _arguments, _prelude
from ._errors import (
    ArtifactError,
    ConfigError,
    GuestError,
    GuestProtocolError,
    Interrupted,
    OutputExceeded,
    SandboxError,
    SessionClosed,
)
from ._lifecycle import settle
from ._limits import Limits
from ._locks import RLock
from ._result import GuestObject
from ._session import Session
from ._snapshot import Snapshot
from ._snapshots import seed_anew
from ._values import encode
from .interpreters._base import Request

Errors = list[tuple[int, SandboxError]]
EXPRESSION = "_sandbox_expression"
# Values that one batch may bring back, in crossings; what comes after is run anew.
_CROSSINGS = 4
_NO_ROW_S_FAULT = (ArtifactError, Interrupted, SessionClosed)


@dataclass(frozen=True, eq=False)
class Spec:
    """What there is to do with each row; can be pickled.

    Args:
        key: Another for each call of `map_rows`.

        code: Defines the function, or is an expression.

        function: Its name.

        interpreter, options: For `Session`.

        stop: Leave the rows after the first that fails.

        tell: Bring back what guest code has written.
    """

    key: str
    code: str
    function: str
    interpreter: str
    options: Mapping[str, Any]
    stop: bool
    tell: bool

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(slots=True)
class Outcome:
    """What became of the first rows of a batch: of all, or of one at least.

    Args:
        results: One for each row; None for those that failed.

        errors: Which of them failed, counted from 0, and why.

        output: What guest code has written: pairs of stream and text.
    """

    results: list[Any] = field(default_factory=list)
    errors: Errors = field(default_factory=list)
    output: list[tuple[str, str]] = field(default_factory=list)


class Job:
    """A `Spec` in one process, with the state in which each batch begins.

    Pickled, it is the spec; the processes that get it make the state once for all
    batches, too. With a pool, sessions are leased, and the code runs in each.
    """

    def __init__(self, spec: Spec, pool: Any = None) -> None:
        self.spec = spec
        self.limits: Limits = spec.options.get("limits") or Limits()
        self._pool = pool
        self._beginning = RLock()
        self._origin: tuple[Snapshot, str] | None = None
        self._lock = RLock()
        self._active: set[Session] = set()
        self._cancelled = False

    def __reduce__(self) -> tuple[Callable[[Spec], Job], tuple[Spec]]:
        return _received, (self.spec,)

    def cancel(self) -> None:
        """End the batches that this process runs, and begin no more."""
        with self._lock:
            self._cancelled = True
            active = list(self._active)
        for session in active:
            session._close(wait=False)

    @contextmanager
    def session(self) -> Iterator[tuple[Session, str]]:
        """A session in which the code has run, and the function's name.

        Raises:
            ConfigError: The code neither is an expression nor defines the function.
            SandboxError: As `Session.run` does, for the code.
        """
        if self._pool is not None:
            with self._kept(self._pool.lease(submitter=self.spec.key)) as session:
                yield session, self._define(session)
            return
        with self._beginning:  # the others wait for what they need as well
            if self._origin is None:
                self._origin = self._begin()
        origin, name = self._origin
        options = {key: value for key, value in self.spec.options.items() if key != "files"}
        with self._open(snapshot=origin, **options) as session:
            if options.get("seed") is None:
                seed_anew(session._check_open())
            yield session, name

    def _open(self, **options: Any) -> AbstractContextManager[Session]:
        # A run that fails is not gone on from: there is another session for what is left.
        return self._kept(Session(self.spec.interpreter, checkpoints=False, **options))

    @contextmanager
    def _kept(self, session: Session) -> Iterator[Session]:
        """Close the session in the end, or when everything is to end."""
        with session:
            with self._lock:
                if self._cancelled:
                    raise Interrupted
                self._active.add(session)
            try:
                yield session
            finally:
                with self._lock:
                    self._active.discard(session)

    def _begin(self) -> tuple[Snapshot, str]:
        with self._open(**self.spec.options) as session:
            name = self._define(session)
            return session.snapshot(), name

    def _define(self, session: Session) -> str:
        """Run the code; return the name of the function that it has defined."""
        spec = self.spec
        # On a machine that is very busy it may take its time; without it nothing goes on.
        settle(*session._check_open().run(Request("prelude", _prelude.rows()), None, None), True)
        if session.call("_sandbox_is_expression", spec.code.strip()):
            return EXPRESSION
        session.run(spec.code)
        if session.run(f"callable(globals().get({spec.function!r}))").value is not True:
            raise ConfigError(
                f"the code must define a function {spec.function}(row), or be one expression "
                "in which row is the row"
            )
        return spec.function


@functools.lru_cache(maxsize=2)
def _received(spec: Spec) -> Job:
    return Job(spec)


def run_batch(job: Job, rows: list[Any]) -> Outcome:
    """Return what becomes of *rows*, or of the first of them.

    What cannot be done for all of them in one crossing is done in parts: halves of what
    is too large, and row by row what ends a run, so that it is known which row does.

    Raises:
        SandboxError: The code itself cannot run, or the session was closed.
    """
    return _Batch(job, rows).run()


class _Batch:
    """Rows on their way through one session, and another where it is lost."""

    def __init__(self, job: Job, rows: list[Any]) -> None:
        self._job = job
        self._rows = rows
        self._room = job.limits.result_bytes * _CROSSINGS
        self._told = job.limits.output_bytes
        self._outcome = Outcome()

    def run(self) -> Outcome:
        parts = [(0, len(self._rows))]  # still to do, the first at the end
        while parts and self._room > 0:
            with self._job.session() as (session, name):
                while parts and self._room > 0:
                    start, end = parts.pop()
                    try:
                        self._cross(session, name, start, end)
                    except _NO_ROW_S_FAULT:
                        raise
                    except SandboxError as error:
                        parts += reversed(self._cut(start, end, error))
                        if not isinstance(error, ConfigError):
                            break  # what the run has left behind is not for other rows
                    if self._outcome.errors and self._job.spec.stop:
                        return self._outcome
        return self._outcome

    def _cut(self, start: int, end: int, error: SandboxError) -> list[tuple[int, int]]:
        """Return the parts in which to do again what has ended with *error*."""
        if end - start == 1:
            self._tell(error.stdout, error.stderr)
            self._outcome.errors.append((start, bare(error)))
            self._outcome.results.append(None)
            return []
        if isinstance(error, (ConfigError, OutputExceeded)):
            middle = (start + end) // 2
            return [(start, middle), (middle, end)]
        return [(row, row + 1) for row in range(start, end)]

    def _cross(self, session: Session, name: str, start: int, end: int) -> None:
        stop, rows = self._job.spec.stop, self._rows
        whole = len(rows) == end - start
        arguments = [[name, rows if whole else rows[start:end], stop], {}]
        payload = _arguments.data(arguments, self._job.limits.input_bytes, "the rows")
        result = session._perform(session._check_open(), "call", b"_sandbox_map_rows", payload)
        results, errors = _checked(result.value, end - start, stop)
        outcome = self._outcome
        for index in _strange(results):
            kind = type(results[index]).__name__
            if isinstance(results[index], GuestObject):
                kind = results[index].type_name
            text = f"{kind}: what is not data cannot leave the sandbox"
            errors.append((index, GuestError("TypeError", text)))
            results[index] = None
        errors.sort(key=lambda pair: pair[0])
        if stop and errors:
            del results[errors[0][0] + 1 :], errors[1:]
        if not whole:
            self._room -= len(encode(results, max_bytes=1 << 31))
        outcome.results += results
        outcome.errors += [(start + index, error) for index, error in errors]
        self._tell(result.stdout, result.stderr)

    def _tell(self, *texts: str) -> None:
        for stream, text in zip(("stdout", "stderr"), texts, strict=True):
            if text and self._job.spec.tell and self._told > 0:
                self._outcome.output.append((stream, text[: self._told]))
                self._told -= len(text)


def _checked(
    value: Any, count: int, stop: bool
) -> tuple[list[Any], list[tuple[int, SandboxError]]]:
    """Return what the guest answered, if it has the right shape: its code may have changed it."""
    try:
        results, told = value
        errors: Errors = []
        last = -1
        for index, *texts in told:
            if type(index) is not int or not last < index < count or len(texts) != 3:
                raise ValueError
            if not all(type(text) is str for text in texts):
                raise ValueError
            last = index
            errors.append((index, GuestError(*texts)))
        expected = last + 1 if stop and errors else count
        if type(results) is not list or len(results) != expected:
            raise ValueError
    except (TypeError, ValueError):
        raise GuestProtocolError("guest code has changed what maps its rows") from None
    return results, errors


def _strange(results: list[Any]) -> list[int]:
    """Return which results are or have what is no data; looks at a level at a time."""
    level = results
    while level:
        kinds = set(map(type, level))
        if GuestObject in kinds:
            return [index for index, result in enumerate(results) if _has_object(result)]
        deeper: list[Any] = []
        if kinds & _CONTAINERS:
            for box in level:
                if type(box) is dict:
                    deeper.extend(box.values())
                    if set(map(type, box)) - _TEXT:
                        deeper.extend(box)
                elif type(box) in _CONTAINERS:
                    deeper.extend(box)
        level = deeper
    return []


def _has_object(result: Any) -> bool:
    try:
        encode(result, max_bytes=1 << 31)
    except TypeError:
        return True
    return False


_TEXT = {str}
_CONTAINERS = {dict, list, tuple, set, frozenset}


def bare(error: SandboxError) -> SandboxError:
    """Return *error* without what holds on to the run: its result, causes and frames."""
    error.result = None
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
