"""The session, as the guest of a worker sees it: at the other end of a socket."""

from __future__ import annotations

import os
import threading
from typing import Any

from ._errors import ArtifactError, SandboxError
from ._limits import Limits
from .interpreters import _wire as wire
from .interpreters._base import Answer, Guest
from .interpreters._remote_files import RemoteFiles

_HOLD_BYTES = 8192  # output that waits for the next frame


class HostLink:
    """The session, as the guest of a worker sees it (`HostSide`)."""

    _link: wire.Link  # from `connect`

    def __init__(self) -> None:
        self.limits = Limits()
        self._lock = threading.Lock()
        self.guest: Guest | None = None
        self._number = 0
        self._wished = wire.GO_ON
        self._lines = False
        self._written = 0
        self.files = RemoteFiles(lambda name, args: self._ask(wire.FILE, name, args))

    def connect(self, link: wire.Link, limits: Limits, guest: Guest) -> None:
        """Be the session at the other end of *link*, which *guest* belongs to."""
        self._link = link
        self.limits = limits
        self.guest = guest

    def begin(self, number: int, lines: bool) -> None:
        """Take part in the request of that number from now on."""
        with self._lock:
            self._number = number
            self._wished = wire.GO_ON
        self._lines = lines
        self._written = 0

    def wish(self, wish: int, number: int) -> None:
        """Have the request of that number end, if it is the one that goes on."""
        with self._lock:
            # Once softly: a second exception would hit the handlers of the first.
            if number == self._number and wish > self._wished and self.guest is not None:
                self._wished = wish
                self.guest.interrupt(abort=wish == wire.ABORT)

    @property
    def result_bytes(self) -> int:
        return self.limits.result_bytes

    @property
    def host_call_bytes(self) -> int:
        return self.limits.host_call_bytes

    @property
    def is_over(self) -> bool:
        return self._wished != wire.GO_ON

    def remind(self) -> bool:
        """Make the guest look again for a wish; False once it has seen it."""
        with self._lock:
            guest = self.guest
            return self._wished != wire.GO_ON and guest is not None and guest.remind()

    def output(self, stream: int, data: bytes) -> bool:
        held = self._link.hold(wire.OUTPUT, stream, data)
        if self._lines or held >= _HOLD_BYTES:
            self._link.flush()
        self._written += len(data)
        return self._written <= self.limits.output_bytes

    def call(self, name: bytes, args: bytes) -> tuple[int, bytes]:
        status, reply = self._ask(wire.CALL, name, args)
        return status, reply

    def clock(self, monotonic: bool) -> int:
        (now,) = self._ask(wire.CLOCK, monotonic)
        return int(now)

    def sleep(self, nanoseconds: int) -> None:
        self._ask(wire.SLEEP, nanoseconds)

    def random(self, length: int) -> bytes:
        (data,) = self._ask(wire.RANDOM, length)
        return bytes(data)

    def fail(self, error: BaseException) -> None:
        """Tell what the guest did; it must not go on, and nothing else runs here."""
        self.tell(error, 0)
        os._exit(0)

    def tell(self, error: BaseException, memory: int, fuel: int | None = None) -> None:
        """Answer a request with an error."""
        which = next((n for n, kind in enumerate(wire.ERRORS) if isinstance(error, kind)), 0)
        text = str(error.args[0]) if isinstance(error, SandboxError) else type(error).__name__
        if fuel is None and self.limits.fuel is not None:
            fuel = 0
        self._link.send(wire.ERROR, memory, fuel, which, text[:200])

    def answer(self, answer: Answer, memory: int, fuel: int | None) -> None:
        """Answer a request."""
        status = wire.STATUSES.index(answer.status)
        self._link.send(wire.ANSWER, memory, fuel, status, answer.value, answer.encoded)

    def _ask(self, operation: int, *values: Any) -> tuple[Any, ...]:
        self._link.send(operation, *values)
        _, (wish, *reply) = self._link.receive()
        if wish:
            self.wish(wish, self._number)
        return tuple(reply)


class Nobody(HostLink):
    """Stands for a session in a run that is thrown away."""

    def output(self, stream: int, data: bytes) -> bool:
        return True

    def _ask(self, operation: int, *values: Any) -> tuple[Any, ...]:
        if operation == wire.RANDOM:
            return (bytes(values[0]),)
        if operation != wire.CLOCK:
            raise ArtifactError(f"the interpreter asks for {operation} in its first run")
        return (0,)

    def fail(self, error: BaseException) -> None:
        """Let it be: the guest is stopped, and that is told."""
