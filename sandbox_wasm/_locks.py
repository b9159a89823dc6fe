"""Locks for `with` that Ctrl-C does not leave locked.

From Python 3.14 on, what a signal's handler raises may come out between the call of
``__enter__`` and the block, where nobody calls ``__exit__``: the lock would stay locked, and the
thread of a session would wait for it for ever. A method in Python that undoes the locking closes
the gap, because nothing can be raised between its end and the block. ``__exit__`` stays the one in
C: one in Python could be interrupted before it does anything.

Besides, in Python 3.13 and 3.14 a loop with a condition in a block of ``with`` has jumps at which
the same can happen. So loops that hold such a lock stand in a function of their own, which the
block calls.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:

    class _Plain:
        """What type checkers do not know of the lock: who has it, and that it has subclasses."""

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...
        def release(self) -> None: ...
        def _is_owned(self) -> bool: ...
        def __exit__(self, *error: object) -> None: ...

else:
    from _thread import RLock as _Plain


class _Safe(_Plain):
    def __enter__(self) -> bool:
        try:
            return self.acquire()
        except BaseException:
            if self._is_owned():
                self.release()
            raise


if TYPE_CHECKING or sys.version_info >= (3, 14):
    _Base = _Safe
else:  # the one in C is safe, and one in Python is not before 3.11
    _Base = _Plain
if TYPE_CHECKING:
    RLock = threading.RLock
elif sys.version_info < (3, 14):
    RLock = _Plain  # what `threading.RLock` returns
else:
    RLock = _Safe


class Mutex(_Base):
    """A lock that its own thread must not have twice: `check` tells a signal's handler so."""

    def check(self) -> None:
        """Raise RuntimeError if this thread has it."""
        if self._is_owned():
            raise RuntimeError("a signal handler cannot run code in a session that is being run")

    def is_mine(self) -> bool:
        """Return whether this thread has it."""
        return self._is_owned()
