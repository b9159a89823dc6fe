"""Runs that are waited for by a thread instead of by their caller."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class Background:
    """Works off what is put in, in order, on one thread that starts with the first."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def put(self, function: Callable[[], T]) -> concurrent.futures.Future[T]:
        """Return a future of what *function* returns.

        Raises:
            RuntimeError: This is closed.
        """
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def work() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function())
                except BaseException as error:
                    future.set_exception(error)

        with self._lock:
            if self._closed:
                raise RuntimeError("closed")
            if self._queue is None:
                self._queue = SimpleQueue()
                threading.Thread(
                    target=_work_off, args=(self._queue,), name="sandbox-wasm-submit", daemon=True
                ).start()
            self._queue.put(work)
        return future

    def close(self) -> None:
        """Let the thread end after what was put in before."""
        with self._lock:
            self._closed = True
            if self._queue is not None:
                self._queue.put(None)


def _work_off(queue: SimpleQueue[Callable[[], None] | None]) -> None:
    while (work := queue.get()) is not None:
        work()
        del work  # it holds a session, which nobody else may have any more
