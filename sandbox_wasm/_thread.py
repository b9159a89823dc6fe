"""Threads with the stack that a guest needs, handed on from one who needs one to the next.

Starting a thread takes longer than most runs, and keeping one for each session that
idles takes its memory. So a thread that has done its errand waits a moment for another.
"""

from __future__ import annotations

import contextvars
import functools
import os
import sys
import threading
from collections.abc import Callable

from ._errors import HostExhausted
from ._locks import RLock

# Twice the wasm stack: the rest is for the engine and for host functions, which
# are called from the guest's depth.
STACK_BYTES = 4 << 20

# How many threads wait, and for how long: enough for a busy server's turnover.
_SPARE = 16
_IDLE_SECONDS = 2.0

# How long to wait for a lock at a time: a signal that comes just before a wait begins does not
# end it; the next look does.
LOOK_SECONDS = 0.5


class Errand:
    """What a thread is to do.

    Attributes:
        ident: Of the thread, while it does it.
    """

    __slots__ = ("_done", "_target", "ident")

    def __init__(self, target: Callable[[], None]) -> None:
        self._target = [target]  # taken out by one operation, so that one has it
        self._done = threading.Lock()
        self._done.acquire()
        self.ident: int | None = None

    def perform(self) -> None:
        """Do it, on the thread that calls this."""
        # As in a thread of its own: nothing that one errand has set is seen by the next. There may
        # be no memory for that: then it has not begun.
        run = contextvars.Context().run
        try:
            self.ident = threading.get_ident()
            _current.errand = self
            target = self._target.pop()  # which may hold whoever holds this
        except IndexError:
            target = _nothing
        try:
            run(target)
        finally:
            self.ident = _current.errand = None
            ring(self._done)

    def cancel(self) -> bool:
        """Have it never begin; return False if it has."""
        try:
            self._target.pop()
        except IndexError:
            return False
        ring(self._done)
        return True

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._done.locked()

    def join(self, timeout: float) -> None:
        """Wait until it has ended, or for *timeout* seconds."""
        if self._done.acquire(timeout=timeout):
            self._done.release()


class _Carrier:
    """A thread that does one errand after another."""

    def __init__(self, errand: Errand) -> None:
        self.errand: Errand | None = errand
        self.bell = threading.Lock()  # held while there is nothing to do
        # The stack size is a setting of the whole process, so it is put back at once.
        thread = threading.Thread(target=self._work, name="sandbox-wasm", daemon=True)
        with _lock:
            before = threading.stack_size(STACK_BYTES)
            try:
                thread.start()
            except RuntimeError as error:
                raise HostExhausted("the machine has no more threads to give") from error
            finally:
                threading.stack_size(before)

    def _work(self) -> None:
        try:
            self._perform_all()
        finally:
            # Also when somebody has sent it an exception: nobody may wait for it then.
            with _lock:
                if self in _idle:
                    _idle.remove(self)
                errand, self.errand = self.errand, None
            if errand is not None and errand.is_alive():
                try:
                    _Carrier(errand)
                except (HostExhausted, MemoryError):
                    errand.perform()

    def _perform_all(self) -> None:
        while True:
            is_late = not self.bell.acquire(timeout=_IDLE_SECONDS)
            with _lock:
                errand = self.errand  # and it stays, until it was performed
                if is_late and errand is None:
                    if self in _idle:  # before anybody else gets the lock
                        _idle.remove(self)
                    return
            if errand is not None:
                errand.perform()
                del errand
                with _lock:
                    self.errand = None
                    if len(_idle) == _SPARE:
                        return
                    _idle.append(self)


_current = threading.local()
_idle: list[_Carrier] = []
_lock = RLock()  # signal handlers may come back to it


def start_thread(target: Callable[[], None] | Errand) -> Errand:
    """Run *target* on a thread of that kind, which does not hold the exit of the process.

    Args:
        target: An errand for whoever has to know it even if this is interrupted.

    Raises:
        HostExhausted: There can be no more threads, or the interpreter is shutting down: one
            that was started then would never run, nor let go whoever waits for it.
    """
    if sys.is_finalizing():
        raise HostExhausted("the interpreter is shutting down")
    errand = target if isinstance(target, Errand) else Errand(target)
    with _lock:
        carrier = _idle.pop() if _idle else None
        if carrier is not None:
            carrier.errand = errand
    if carrier is None:
        _Carrier(errand)
    else:
        ring(carrier.bell)  # it may have seen by itself what it is to do, and done it
    return errand


@functools.cache
def is_main_interpreter() -> bool:
    """Whether this is the process's first interpreter of Python, and not one within it.

    Another cannot end while threads wait in it, and Python ends the process then.
    """
    if sys.implementation.name != "cpython":
        return True
    import ctypes

    api = ctypes.pythonapi
    api.PyInterpreterState_Get.restype = api.PyInterpreterState_Main.restype = ctypes.c_void_p
    return bool(api.PyInterpreterState_Get() == api.PyInterpreterState_Main())


def _nothing() -> None:
    """What is left of an errand that was taken back."""


def ring(bell: threading.Lock) -> None:
    """Release a lock that somebody waits for, or that was released already."""
    try:  # noqa: SIM105 - `contextlib.suppress` takes longer than the rest
        bell.release()
    except RuntimeError:
        pass


def current() -> object:
    """Return what tells this errand, or thread, from all others."""
    return getattr(_current, "errand", None) or threading.get_ident()


def current_errand() -> Errand:
    """Return the errand that this thread does.

    Raises:
        RuntimeError: It is none of `start_thread`.
    """
    errand: Errand | None = getattr(_current, "errand", None)
    if errand is None:
        raise RuntimeError("this thread has no stack for a guest")
    return errand


def _after_fork() -> None:
    global _lock
    _lock = RLock()
    _idle.clear()  # they are the parent's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
