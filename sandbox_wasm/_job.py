"""One request on its way through a lane, and what comes of it."""

from __future__ import annotations

import threading
from typing import Any

from ._errors import GuestError, GuestProtocolError, MemoryExceeded, OutputExceeded
from ._values import ValueTooLarge, decode
from .interpreters._base import Answer, Request

# Ends of a run after which the guest is whole.
HARMLESS = (GuestError, OutputExceeded, MemoryExceeded)


class Job:
    """One request, from the caller who waits for it to the thread that has the guest.

    Attributes:
        started, ended: When the guest was entered and left; 0 until then.

        wake: Held until the caller has something to look at.

        taken, done: True once the thread has it, and once it is through with it.

        asked: True once guest code was asked to end.

        value: What came of it.

        error: What went wrong.

        memory_bytes, fuel: What the guest has used.

        state: What became of the session's guest, as `SandboxError.state` says it.
    """

    __slots__ = (
        "asked", "done", "ended", "error", "fuel", "memory_bytes", "request", "started", "state",
        "taken", "value", "wake",
    )  # fmt: skip

    def __init__(self, request: Request) -> None:
        self.request = request
        self.wake = threading.Lock()
        self.wake.acquire()
        self.started = 0.0
        self.ended = 0.0
        self.taken = False
        self.done = False
        self.asked = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.memory_bytes = 0
        self.fuel: int | None = None
        self.state = "kept"


def check(answer: Answer, is_ending: bool) -> None:
    """Raise what *answer* says, if it is not a value.

    Args:
        is_ending: Whether somebody has asked the guest to unwind.
    """
    if answer.status == "error":
        raise _guest_error(answer)
    if answer.status == "aborted" and not is_ending:
        raise GuestProtocolError("guest was unwound, and nobody had asked for it")


def value_of(answer: Answer, max_bytes: int) -> Any:
    """Return the value of a good answer as Python data.

    Raises:
        GuestProtocolError: It is not one.
        OutputExceeded: It is larger than *max_bytes* allows.
    """
    if answer.encoded is None:
        return answer.value
    try:
        # Eight bytes for each value is what tables of small numbers have.
        return decode(answer.encoded, max_bytes=max_bytes, max_nodes=max(200_000, max_bytes // 8))
    except ValueTooLarge:
        raise OutputExceeded(max_bytes) from None


def _guest_error(answer: Answer) -> GuestError:
    if answer.encoded is None:
        return GuestError(str(answer.value or "Exception"))
    texts = decode(answer.encoded, max_bytes=len(answer.encoded))
    if not (isinstance(texts, list) and len(texts) == 3 and all(type(t) is str for t in texts)):
        raise GuestProtocolError("guest answered with an error of another shape")
    return GuestError(*texts)
