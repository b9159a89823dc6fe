"""Runs that are waited for by a thread instead of by their caller."""

from __future__ import annotations

import concurrent.futures
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ._errors import SessionClosed
from ._locks import RLock
from ._thread import Errand, start_thread

T = TypeVar("T")


class Background:
    """Works off what is put in, in order, on one thread at a time, and on none if idle."""

    def __init__(self) -> None:
        self._queue: deque[Callable[[], None]] = deque()
        self._lock = RLock()  # signal handlers may come back to it
        self._working = False
        self._closed = False

    def put(self, function: Callable[[], T]) -> concurrent.futures.Future[T]:
        """Return a future of what *function* returns.

        Raises:
            SessionClosed: This is closed.
            HostExhausted: There can be no more threads.
        """
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        with self._lock:
            if self._closed:
                raise SessionClosed("the session is closed")
            if not self._working:
                self._working, errand = True, Errand(self._work_off)
                try:
                    start_thread(errand)
                except BaseException:
                    self._working = not errand.cancel()
                    raise
            self._queue.append(
                partial(_perform, future, function)
            )  # last: what is not told of by a future is not done
        return future

    def close(self) -> None:
        """Take no more; what was put in before is done."""
        self._closed = True

    def _work_off(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._working = False
                    return
                work = self._queue.popleft()
            work()
            del work  # it holds a session, which nobody else may have any more


def _perform(future: concurrent.futures.Future[T], function: Callable[[], T]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)
            del future  # which has the error, whose traceback has this frame
