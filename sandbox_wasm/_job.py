"""One request on its way through a lane, and what comes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from ._account import NOTHING, Charged
from ._changes import NO_CHANGES
from ._errors import (
    FinalAnswer,
    FuelExhausted,
    GuestError,
    GuestProtocolError,
    MemoryExceeded,
    OutputExceeded,
    SandboxError,
    SessionBroken,
    SnapshotError,
    Suspended,
)
from ._journal import Journal
from ._ledger import Ledger
from ._objects import Objects
from ._result import Result, Usage
from ._state import GuestState
from ._values import ValueTooLarge, ValueUnfit, decode
from .interpreters._base import Answer, Guest, Request

# Ends of a run after which the guest is whole.
HARMLESS = (GuestError, OutputExceeded, MemoryExceeded)


class Suspension(NamedTuple):
    """A run that waits for the answer of a host call, as data.

    Args:
        state, mark: The guest before the run, and what belongs to it on the host's side.

        request: The run.

        journal: What the run asked and was answered before the call that is open.

        told: Characters of output that were told.

        turn: Which run of its session it was; 0 for one that comes from elsewhere.

        functions: Names of the host functions that guest code knew.

        charged: What its session was charged with for it.
    """

    state: GuestState
    mark: Any
    request: Request
    journal: Journal
    told: int
    turn: int
    functions: tuple[str, ...]
    charged: Charged = NOTHING

    def check_untouched(self, turn: int, ledger: Ledger) -> None:
        """Raise `SnapshotError` if its session has done something since, which would be undone.

        Args:
            turn: How many runs there were in the session.

            ledger: That session's.
        """
        what = None
        if self.turn and self.turn != turn:
            what = "has run other code"
        elif self.turn and not ledger.is_as(self.mark[2]):
            what = "has been given other files"
        if what:
            raise SnapshotError(
                f"the session {what} since the run was suspended, which resuming would undo: "
                "resume before, or store the run and resume it elsewhere"
            )


class Job:
    """One request, from the caller who waits for it to the thread that has the guest.

    In place of a request it may be a function, which is called with the guest.

    Attributes:
        started, ended: When the guest was entered and left; 0 until then.

        wake: Held until the caller has something to look at.

        taken, done: True once the thread has it, and once it is through with it.

        asked: True once guest code was asked to end.

        value: What came of it.

        error: What went wrong.

        memory_bytes, fuel, cpu_seconds, result_bytes: What the guest has used.

        checkpoint_bytes: What is kept of its state.

        state: What became of the session's guest, as `SandboxError.state` says it.

        again: The suspended run that this one goes through again, or None.

        suspension: What this run was when it was suspended, or None.

        turn: Which run of the session it is; 0 for what is no run.
    """

    __slots__ = (
        "again", "asked", "checkpoint_bytes", "cpu_seconds", "done", "ended", "error", "fuel",
        "memory_bytes", "request", "result_bytes", "started", "state", "suspension", "taken",
        "turn", "value", "wake",
    )  # fmt: skip

    def __init__(
        self,
        request: Request | Callable[[Guest], Any],
        again: Suspension | None = None,
        turn: int = 0,
    ) -> None:
        self.request = request
        self.turn = turn
        self.again = again
        self.suspension: Suspension | None = None
        self.wake: Any = threading.Lock()
        self.wake.acquire()
        self.started = 0.0
        self.ended = 0.0
        self.taken = False
        self.done = False
        self.asked = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.memory_bytes = self.result_bytes = self.checkpoint_bytes = 0
        self.cpu_seconds = 0.0
        self.fuel: int | None = None
        self.state = "kept"


def conclude(job: Job, ledger: Ledger) -> tuple[Result, BaseException | None]:
    """Return what came of a job, and what ended it before its time."""
    fault, job.error = job.error, None  # whose traceback has frames that have the job
    error = ledger.reason or fault
    value, is_final = job.value, isinstance(error, FinalAnswer)
    if isinstance(error, FinalAnswer):
        value, job.result_bytes, error = error.value, error.size, fault
        if not job.done:
            error = SessionBroken("the run did not end with its final answer")
    tree = ledger.files.tree
    seconds = max(0.0, job.ended - job.started - ledger.excuse(job.ended)) if job.started else 0.0
    # The code of a prelude is ours, but for what guest code has made of the names in it.
    is_ours = isinstance(job.request, Request) and job.request.mode == "prelude"
    usage = Usage(
        runs=0 if is_ours else 1,
        seconds=seconds,
        cpu_seconds=job.cpu_seconds,
        fuel=None if is_ours else job.fuel,
        peak_memory_bytes=job.memory_bytes,
        checkpoint_bytes=job.checkpoint_bytes,
        host_calls=ledger.host_calls,
        host_call_bytes=ledger.call_bytes,
        output_bytes=ledger.output_bytes,
        result_bytes=job.result_bytes,
        file_bytes=tree.used,
        file_count=tree.count,
    )
    ledger.account.add(usage, ledger.charged)
    if isinstance(error, FuelExhausted):
        error = ledger.account.starved(error)
    if job.done:  # else what was left behind may be at the files still
        error = ledger.files.settle(error is None) or error
    if isinstance(error, SandboxError):
        error.state = job.state
    if isinstance(error, Suspended):
        error.suspension = job.suspension
    result = Result(
        value=value if error is None else None,
        is_final=is_final and error is None,
        stdout=ledger.text(1),
        stderr=ledger.text(2),
        truncated=ledger.truncated,
        usage=usage,
        files=ledger.files.end() if job.done else NO_CHANGES,
    )
    return result, error


def check(answer: Answer, is_ending: bool) -> None:
    """Raise what *answer* says, if it is not a value.

    Args:
        is_ending: Whether somebody has asked the guest to unwind.
    """
    if answer.status == "error":
        raise _guest_error(answer)
    if answer.status == "aborted" and not is_ending:
        raise GuestProtocolError("guest was unwound, and nobody had asked for it")


def size_of(answer: Answer) -> int:
    """Return how many bytes the value of an answer took, if it was no number."""
    if answer.encoded is not None:
        return len(answer.encoded)
    text = answer.value
    if not isinstance(text, str):
        return 0
    return len(text) if text.isascii() else len(text.encode())


def value_of(answer: Answer, max_bytes: int, objects: Objects) -> Any:
    """Return the value of a good answer as Python data.

    Raises:
        GuestProtocolError: It is not one.
        GuestError: It is one that the host does not take.
        OutputExceeded: It is larger than *max_bytes* allows.
    """
    if answer.encoded is None:
        return answer.value
    try:
        # Eight bytes for each value is what tables of small numbers have.
        return decode(
            answer.encoded,
            max_bytes=max_bytes,
            max_nodes=max(200_000, max_bytes // 8),
            resolve=objects.describe,
        )
    except ValueTooLarge:
        raise OutputExceeded(max_bytes) from None
    except ValueUnfit as error:
        raise GuestError("ValueError", str(error)) from None


def _guest_error(answer: Answer) -> GuestError:
    if answer.encoded is None:
        return GuestError(str(answer.value or "Exception"))
    texts = decode(answer.encoded, max_bytes=len(answer.encoded))
    if not (isinstance(texts, list) and len(texts) == 3 and all(type(t) is str for t in texts)):
        raise GuestProtocolError("guest answered with an error of another shape")
    return GuestError(*texts)
