"""Runs that are waited for by a thread instead of by their caller."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from ._errors import SessionClosed
from ._locks import RLock
from ._thread import Errand, start_thread

T = TypeVar("T")


class Background:
    """Works off what is put in, in order, on one thread at a time, and on none if idle."""

    def __init__(self) -> None:
        self._queue: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lock = RLock()  # signal handlers may come back to it
        self._errand: Errand | None = None  # who works it off
        self._closed = False

    def put(self, function: Callable[[], T]) -> Future[T]:
        """Return a future of what *function* returns.

        Raises:
            SessionClosed: This is closed.
            HostExhausted: There can be no more threads.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise SessionClosed("the session is closed")
            if self._errand is None or not self._errand.is_alive():
                errand = self._errand = Errand(self._work_off)
                try:
                    start_thread(errand)
                except BaseException:
                    errand.cancel()
                    raise
            # Last: what is not told of by a future is not done.
            self._queue.append((future, function))
        return future

    def close(self) -> None:
        """Take no more; what was put in before is done."""
        self._closed = True

    def _work_off(self) -> None:
        future: Future[Any] | None = None
        try:
            while True:
                with self._lock:
                    if not self._queue:
                        self._errand = None
                        return
                    future, function = self._queue.popleft()
                if future.set_running_or_notify_cancel():
                    _perform(future, function)
                del function  # it holds a session, which nobody else may have any more
                future = None
        except BaseException as error:
            # No memory, or an exception that somebody has sent to this thread: nobody is to wait
            # for what is not done any more.
            with self._lock:
                self._errand = None
                left = [future, *(each for each, _ in self._queue)]
                self._queue.clear()
            for each in left:
                if each is not None and not each.done():
                    each.set_exception(error)
            del future, left, each  # they have the error, whose traceback has this frame
            raise


def _perform(future: Future[T], function: Callable[[], T]) -> None:
    try:
        result = function()
    except BaseException as error:
        future.set_exception(error)
        del future  # which has the error, whose traceback has this frame
    else:
        future.set_result(result)
