"""Errors, sorted by whose doing they are.

    SandboxError
    ├── ConfigError             the caller's arguments
    ├── GuestError              guest code raised
    ├── LimitExceeded           the host's accounting stopped the guest
    │   ├── FuelExhausted
    │   ├── WallTimeExceeded
    │   ├── MemoryExceeded
    │   ├── OutputExceeded
    │   ├── HostCallsExceeded
    │   └── FilesExceeded
    ├── Interrupted             the owner stopped the guest
    ├── GuestCrash              the guest trapped, and no limit was the cause
    ├── GuestProtocolError      the guest broke the protocol of the boundary
    ├── MountError              what a run changed in a mount could not be stored
    ├── HostFunctionError       a host function failed in a way that ends the run
    ├── Suspended               a host call is left open, to be answered later
    ├── RowError                one row of `map_rows` failed, for one of these reasons
    ├── SessionClosed           by its owner
    │   └── PoolClosed          a pool was shut down
    ├── PoolFull                more wanted a session of a pool than it has and may wait
    ├── HostExhausted           the machine has no more threads or open files to give
    ├── SessionBroken           by a fault; its state is lost
    ├── ArtifactError           an interpreter is missing, damaged or refused
    └── SnapshotError           a snapshot is damaged or does not fit

Every class survives `pickle` and `copy`: ``args`` mirrors the signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._continuation import Continuation
    from ._result import Result


class SandboxError(Exception):
    """The root of all errors of this library.

    Attributes:
        result: What the run gave before it ended (output and usage), or None
            if no run had started. Its own ``error`` is None.

        state: What became of the session: ``"kept"`` if it goes on with its
            variables, ``"rolled back"`` if it goes on as it was before the run,
            ``"broken"`` if it does not go on. None if no run had started.
    """

    result: Result | None = None
    state: str | None = None

    @property
    def stdout(self) -> str:
        """Text that guest code had written to its standard output."""
        return self.result.stdout if self.result is not None else ""

    @property
    def stderr(self) -> str:
        """Text that guest code had written to its standard error."""
        return self.result.stderr if self.result is not None else ""


class ConfigError(SandboxError, ValueError):
    """An argument of the caller is of the wrong type, out of range or unknown."""


class GuestError(SandboxError):
    """Guest code raised an exception and did not catch it.

    The three texts come from guest code: show them as untrusted text.

    Attributes:
        type_name: Name of the exception's class, such as ``"ZeroDivisionError"``.

        message: The exception as text, without the class.

        traceback: The whole traceback as the guest's interpreter formats it.
            User code appears as ``"<sandbox>"``.
    """

    def __init__(self, type_name: str, message: str = "", traceback: str = "") -> None:
        super().__init__(type_name, message, traceback)
        self.type_name = type_name
        self.message = message
        self.traceback = traceback

    def __str__(self) -> str:
        return f"{self.type_name}: {self.message}" if self.message else self.type_name


class LimitExceeded(SandboxError):
    """The host stopped guest code for crossing a limit.

    Only host-side accounting raises this. Guest code that raises a
    ``TimeoutError`` of its own produces a `GuestError`, so a limit cannot be
    imitated from inside.

    Attributes:
        limit: The `Limits` field that was crossed; one that begins with ``session_``
            is used up, and the session runs nothing any more.

        allowed: The value of that field.
    """

    limit: str = ""

    def __init__(self, allowed: float, limit: str = "") -> None:
        super().__init__(*((allowed, limit) if limit else (allowed,)))
        self.allowed = allowed
        self.limit = limit or self.limit

    def __str__(self) -> str:
        return f"guest exceeded {self.limit}={self.allowed}"


class FuelExhausted(LimitExceeded):
    """Guest code executed more instructions than `Limits.fuel` allows."""

    limit = "fuel"


class WallTimeExceeded(LimitExceeded):
    """A run took longer than `Limits.wall_seconds` allows."""

    limit = "wall_seconds"


class MemoryExceeded(LimitExceeded):
    """What the host must hold for the guest does not fit `Limits.memory_bytes`.

    Guest code that allocates too much gets a ``MemoryError`` of its own, which
    it may catch; uncaught it is a `GuestError`.
    """

    limit = "memory_bytes"


class OutputExceeded(LimitExceeded):
    """The value of a run is larger than `Limits.result_bytes` allows.

    Text beyond `Limits.output_bytes` is no error: it is dropped, and
    `Result.truncated` says so. Text beyond `Limits.session_output_bytes` is one.
    """

    limit = "result_bytes"


class HostCallsExceeded(LimitExceeded):
    """A run made more host calls than `Limits.host_calls` allows."""

    limit = "host_calls"


class FilesExceeded(LimitExceeded):
    """What the session's owner gives it does not fit `Limits.file_bytes` or `Limits.file_count`.

    Guest code that writes too much gets an ``OSError`` of its own, which it may catch;
    uncaught it is a `GuestError`.
    """

    limit = "file_bytes"


class Interrupted(SandboxError):
    """`Session.interrupt` stopped the run."""

    def __str__(self) -> str:
        return "the run was interrupted"


class GuestCrash(SandboxError):
    """The guest trapped, and no limit was the cause.

    Attributes:
        trap: The kind of trap, such as ``"stack overflow"``.
    """

    def __init__(self, trap: str) -> None:
        super().__init__(trap)
        self.trap = trap

    def __str__(self) -> str:
        return f"the guest crashed: {self.trap}"


class GuestProtocolError(SandboxError):
    """The guest broke the protocol of the boundary; its session is broken."""


class MountError(SandboxError):
    """A run succeeded, and what it changed in a mount could not be stored, or in part only.

    Attributes:
        guest_path: The mount.

        reason: Of the host's system, such as ``"NOSPC"``.
    """

    def __init__(self, guest_path: str, reason: str) -> None:
        super().__init__(guest_path, reason)
        self.guest_path = guest_path
        self.reason = reason

    def __str__(self) -> str:
        return f"what the run changed in the mount {self.guest_path!r} is not stored: {self.reason}"


class HostFunctionError(SandboxError):
    """A host function failed in a way that ends the run.

    ``__cause__`` is what it raised, if that was not `EndRun`.

    Attributes:
        name: The host function.

        reason: What it gave to `EndRun`.
    """

    def __init__(self, name: str, reason: str = "") -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        text = f"host function {self.name!r} ended the run"
        return f"{text}: {self.reason}" if self.reason else text


class EndRun(BaseException):
    """What a host function raises to end the run: its caller gets `HostFunctionError`.

    It is no `Exception`, so that a function's own handlers let it pass. Guest code neither
    sees nor catches it; variables stay as they were at the call.

    Args:
        reason: For the caller of the run; guest code does not get it.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class FinalAnswer(BaseException):
    """What a host function raises to end the run well, with that value; see `Result.is_final`.

    Otherwise as `EndRun`.

    Args:
        value: The value of the run, as it is: nothing checks it.
    """

    size = 0  # bytes of the call that it was raised in

    def __init__(self, value: Any = None) -> None:
        super().__init__(value)
        self.value = value


class Suspend(BaseException):
    """What a host function raises to leave its call open, to be answered later.

    The run ends with `Suspended`, which carries the payload to whoever waits for it. It is
    no `Exception`, so that a function's own handlers let it pass. Guest code neither
    sees nor catches it.

    Args:
        payload: What whoever answers must know: data that can cross, see `Session.run`.
    """

    def __init__(self, payload: Any = None) -> None:
        super().__init__(payload)
        self.payload = payload


class Suspended(SandboxError):
    """A host call was left open: the run can be resumed, later and elsewhere.

    Attributes:
        name: The host function.

        payload: What it gave to `Suspend`; for a function that needs approval or always
            suspends, a dict of ``function``, ``args`` and ``kwargs``.

        continuation: What resumes the run.
    """

    continuation: Continuation
    suspension: Any = None  # what the continuation is made of

    def __init__(self, name: str, payload: Any = None) -> None:
        super().__init__(name, payload)
        self.name = name
        self.payload = payload

    def __reduce__(self) -> tuple[Any, ...]:
        # What its continuation is made of goes with that.
        state = {key: value for key, value in vars(self).items() if key != "suspension"}
        return type(self), self.args, state

    def __str__(self) -> str:
        return f"the run waits for the answer of {self.name!r}"


class RowError(SandboxError):
    """What `map_rows` was to make of one row failed.

    Attributes:
        row_number: Which row, counted from 1.

        error: What was wrong: a `GuestError` if guest code raised, and so on.

        row: The row itself.
    """

    def __init__(self, row_number: int, error: SandboxError, row: Any = None) -> None:
        super().__init__(row_number, error, row)
        self.row_number = row_number
        self.error = error
        self.row = row

    def __str__(self) -> str:
        kind = "" if isinstance(self.error, GuestError) else f"{type(self.error).__name__}: "
        return f"row {self.row_number}: {kind}{self.error}"


class SessionClosed(SandboxError):
    """The session was closed by its owner."""


class PoolClosed(SessionClosed, RuntimeError):
    """The pool was shut down by its owner."""


class PoolFull(SandboxError):
    """A pool had no session to lease: too many wait already, or none became free in time."""


class HostExhausted(SandboxError, RuntimeError):
    """The machine has no more threads, or no more open files, to give, and one is needed.

    Nothing was begun, and nothing is lost: a session goes on as it is once there are some
    again.
    """


class SessionBroken(SandboxError):
    """A fault took the guest: an earlier run's, or the end of its worker process.

    The session cannot go on, unless *state* is ``"rolled back"``.
    """


class ArtifactError(SandboxError):
    """An interpreter's artifact is missing, damaged or not what it must be."""


class SnapshotError(SandboxError):
    """A snapshot is damaged, or does not fit this session."""


# Tracebacks and pickles name them as their users do, wherever they are defined.
for _kind in list(globals().values()):
    if isinstance(_kind, type) and _kind.__module__ == __name__:
        _kind.__module__ = __name__.rpartition(".")[0]
