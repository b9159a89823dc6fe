"""Whether the process still catches faults the way the engine needs it.

The engine turns a guest's bad access, ``unreachable`` and division by zero into traps by
handlers of SIGSEGV, SIGILL and SIGFPE. Where an application has put its own in their place
since (``faulthandler.enable()``, a crash reporter), the next trap would kill the process.
So the handlers are looked at before each request, which takes 1.3 µs; once they are
another's, guests run on code that checks instead of faulting.
"""

from __future__ import annotations

import ctypes
import functools
import signal
import sys

# struct sigaction is 152 bytes on 64-bit Linux.
_BYTES = 192


class FaultHandlers:
    """The process's handlers of the signals that a trap makes."""

    def __init__(self) -> None:
        self._expected: list[int] | None = None
        # The handler is the first word of what the calls fill in. Of the mask the C library
        # fills in eight bytes, and what follows is whatever lay on its stack: compared
        # whole, no two are the same.
        self._handlers: list[ctypes.c_size_t] = []
        self._calls: list[functools.partial[int]] = []
        # macOS delivers faults by Mach exceptions, Windows by vectored handlers: there an
        # application's signal handlers do not stand in the way.
        if sys.platform.startswith("linux"):
            look_up = ctypes.PyDLL(None).sigaction
            for number in (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE):
                buffer = ctypes.create_string_buffer(_BYTES)
                pointer = ctypes.c_void_p(ctypes.addressof(buffer))
                self._handlers.append(ctypes.c_size_t.from_buffer(buffer))
                self._calls.append(functools.partial(look_up, int(number), None, pointer))

    def _now(self) -> list[int]:
        for call in self._calls:
            call()
        return [handler.value for handler in self._handlers]

    def expect(self) -> None:
        """Take the handlers as they are for the engine's, which has just installed them."""
        if self._expected is None:
            self._expected = self._now()

    def are_ours(self) -> bool:
        """Return whether they still are; True while there is no engine yet."""
        return self._expected is None or self._now() == self._expected


handlers = FaultHandlers()
