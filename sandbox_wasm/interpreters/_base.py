"""The seam between a session and an interpreter.

A session sees a `Guest`; the guest sees the session as its `HostSide`. What lies
between is the interpreter's own affair: it may be in this process or in a worker.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from .._filesystem import FileSystem
from .._state import GuestState

Mode = Literal["run", "prelude", "call", "map", "names", "environment", "final", "return"]


class Request:
    """One thing that a guest is asked to do.

    Args:
        mode: ``"run"`` a source; ``"final"`` is one that may call ``final_answer``,
            ``"return"`` one that may return outside functions, ``"prelude"`` one of
            ours, whose fuel is not the user's; ``"call"`` a global function with
            arguments; ``"map"`` it over a list; ``"names"`` make the host functions
            known; ``"environment"`` add to the environment variables.

        source: The source, or the name of the function, in UTF-8.

        inputs: A value as `_values.encode` makes it, or None.

        lines: Pass output on at each newline instead of when the buffer is full.

        fuel: Instructions that it may use, if that is fewer than any request may.
    """

    __slots__ = ("fuel", "inputs", "lines", "mode", "source")

    def __init__(
        self,
        mode: Mode,
        source: bytes = b"",
        inputs: bytes | None = None,
        lines: bool = False,
        fuel: int | None = None,
    ) -> None:
        self.mode = mode
        self.source = source
        self.inputs = inputs
        self.lines = lines
        self.fuel = fuel


class Answer(NamedTuple):
    """What came of a request.

    Args:
        status: ``"ok"``, ``"error"`` (the value is the encoded list of type name,
            message and traceback) or ``"aborted"`` (unwound at the host's wish).

        value: A plain value, or one that is still encoded.

        encoded: The value as bytes for `_values.decode`; None if *value* is it.
    """

    status: Literal["ok", "error", "aborted"]
    value: None | bool | int | float | str = None
    encoded: bytes | None = None


class HostSide(Protocol):
    """What a guest may ask of its session, on the session's thread.

    If a method raises, the guest is stopped, and `fail` is told why: no exception
    passes through the guest.
    """

    @property
    def is_over(self) -> bool:
        """Whether the run is to end: a guest that is not entered yet need not be."""

    def output(self, stream: int, data: bytes) -> bool:
        """Take output; return False if no more is wanted."""

    def call(self, name: bytes, args: bytes) -> tuple[int, bytes]:
        """Make a host call; return the reply's status (0 value, 1 exception) and bytes."""

    def clock(self, monotonic: bool) -> int:
        """Return the time in nanoseconds."""

    def sleep(self, nanoseconds: int) -> None:
        """Wait; return early if the run is to end."""

    def random(self, length: int) -> bytes:
        """Return random bytes."""

    def fail(self, error: BaseException) -> None:
        """Keep *error*: it ends the run."""

    @property
    def files(self) -> FileSystem:
        """What guest code finds at which path."""

    @property
    def result_bytes(self) -> int:
        """The largest value that the host takes."""

    @property
    def host_call_bytes(self) -> int:
        """The largest arguments of a host call that the host takes."""


class Guest(Protocol):
    """One interpreter instance with its state.

    ``request`` and ``close`` are for the thread that owns the guest, one at a
    time; ``interrupt``, ``remind`` and ``kill`` for any thread, while a request runs.
    """

    @property
    def memory_bytes(self) -> int:
        """Linear memory in use beyond what the interpreter starts with."""

    @property
    def fuel_used(self) -> int | None:
        """Instructions of the last request, if they are metered."""

    @property
    def cpu_seconds(self) -> float:
        """Processor time of its process, if that is another than this one."""

    def request(self, request: Request) -> Answer:
        """Serve one request.

        Raises:
            GuestCrash, FuelExhausted: It trapped, and must not be entered again.
            GuestProtocolError: What it answered makes no sense; likewise.
            OutputExceeded, MemoryExceeded: The value or the request is too
                large; the guest goes on.
        """

    @property
    def is_killed(self) -> bool:
        """Whether `kill` has ended it, even if it had answered just before."""

    def is_alive(self) -> bool:
        """Whether it is there still, as far as can be told without asking it."""

    def is_sound(self) -> bool:
        """Whether it may be entered; else its state must go on in another guest.

        An application may have taken away what turns a fault of the guest into a trap.
        """

    def capture(self, into: GuestState | None = None, most: int | None = None) -> GuestState:
        """Return what the guest is now, to go on from with `Interpreter.start`.

        Of the thread that owns the guest, after a request that has not raised that the
        guest is gone. The data does not change when the guest does.

        Args:
            into: An earlier state that is not needed any more: its room may be used.
                Without, the guest takes the time to find the least that is to be kept.

            most: Bytes that its data may have; None for as many as there are.

        Raises:
            OSError, MemoryError: There is no way to know what has changed, or no room.
        """

    def interrupt(self, abort: bool) -> None:
        """Ask for an exception in guest code, or to unwind past all handlers."""

    def remind(self) -> bool:
        """Make the guest look again for an `interrupt`; False once it has seen it."""

    def kill(self) -> None:
        """Make the guest trap at once."""

    def close(self) -> None:
        """Let go of the instance and its memory."""
