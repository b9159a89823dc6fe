"""What was submitted to a pool, until it is done."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from ._errors import PoolFull
from ._locks import RLock

T = TypeVar("T")
R = TypeVar("R")


class Submissions:
    """The futures of a pool."""

    def __init__(self) -> None:
        self._futures: set[Future[Any]] = set()
        self._lock = RLock()  # signal handlers may come back to it
        self._own = threading.local()

    def add(self, future: Future[T], withdraw: Callable[[], bool]) -> None:
        """Know of one that is to be done.

        Args:
            withdraw: Called if it is cancelled; returns whether it is not to be begun then.
        """
        with self._lock:
            self._futures.add(future)

        def forget(done: Future[T]) -> None:
            self.forget(done)
            if done.cancelled() and withdraw():
                done.set_running_or_notify_cancel()  # who waits for it is told by this

        future.add_done_callback(forget)

    def forget(self, future: Future[Any]) -> None:
        """Know no more of it."""
        with self._lock:
            self._futures.discard(future)

    def begin(self, future: Future[T]) -> bool:
        """Return whether it is to be done, on the thread that does it."""
        self._own.future = future
        return future.set_running_or_notify_cancel()

    def end(self, future: Future[Any], result: object, error: BaseException | None) -> None:
        """Tell what came of it."""
        try:
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        except BaseException as failure:  # no memory to tell it, or for who is called then
            if not future.done():
                future.set_exception(failure)
            del future  # which has the error, whose traceback has this frame
            raise
        finally:
            self._own.future = None

    def cancel(self) -> None:
        """Cancel what has not begun."""
        for future in self._pending():
            future.cancel()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all is done; of what runs on this thread nobody can wait for the end."""
        own = getattr(self._own, "future", None)
        pending = [future for future in self._pending() if future is not own]
        concurrent.futures.wait(pending, timeout)

    def _pending(self) -> list[Future[Any]]:
        with self._lock:
            return list(self._futures)


def in_order(
    submit: Callable[[R], Future[T]], rows: Iterator[R], window: int, end: float | None = None
) -> Iterator[T]:
    """Submit each of *rows*, and yield the results in their order.

    Args:
        submit: May raise `PoolFull`, after which it is asked again when a result is there.

        window: How many are submitted ahead.

        end: Until when to wait, of `time.monotonic`; ``TimeoutError`` then. None for ever.
    """
    futures: deque[Future[T]] = deque()
    refused: list[R] = []
    failure: list[BaseException] = []

    def fill() -> None:
        while len(futures) < window and not failure:
            try:
                row = refused.pop() if refused else next(rows)
            except StopIteration:
                return
            except BaseException as error:  # told in its place, after what came before
                failure.append(error)
                return
            try:
                futures.append(submit(row))
            except PoolFull as error:
                if not futures:
                    failure.append(error)
                refused.append(row)  # there is room again when one of ours is done
                return
            except BaseException as error:
                failure.append(error)

    def results() -> Iterator[T]:
        try:
            while futures:
                result = futures[0].result(None if end is None else end - time.monotonic())
                futures.popleft()
                fill()
                yield result
                del result
            if failure:
                raise failure[0]
        finally:
            for future in futures:
                future.cancel()

    fill()
    if failure and not futures:
        raise failure[0]
    return results()
