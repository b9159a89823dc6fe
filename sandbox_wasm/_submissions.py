"""What was submitted to a pool, until it is done."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from ._errors import PoolFull
from ._locks import RLock
from ._thread import start_thread
from ._turns import Turn, Turns

T = TypeVar("T")
R = TypeVar("R")


class Submissions:
    """Has each piece of work done on a thread of its own, once it has a place.

    Args:
        turns: Says when that is.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._futures: set[Future[Any]] = set()
        self._lock = RLock()  # signal handlers may come back to it
        self._own = threading.local()

    def submit(self, work: Callable[[Turn], T], submitter: Hashable) -> Future[T]:
        """Return a future of what *work* returns.

        Args:
            work: Called with the turn, whose place it gives back.

        Raises:
            PoolFull, PoolClosed: It is not taken.
        """
        future: Future[T] = Future()
        claimed = False

        def claim() -> bool:
            """Whether to do it; if it was cancelled, `concurrent.futures.wait` is told so."""
            nonlocal claimed
            with self._lock:
                if claimed:
                    return False
                claimed = True
                return future.set_running_or_notify_cancel()

        def forget(done: Future[T]) -> None:
            with self._lock:
                self._futures.discard(done)
            if done.cancelled():
                claim()
                turn.end()

        def perform() -> None:
            if not claim():
                turn.end()
                return
            self._own.future = future
            try:
                result = work(turn)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
            self._own.future = None

        def start() -> bool:
            """Have a thread do it; return False if it need not or cannot be done."""
            if future.cancelled():
                return False
            try:
                start_thread(perform)
            except RuntimeError as error:  # there are too many threads
                if claim():
                    future.set_exception(error)
                return False
            return True

        turn = Turn(submitter, start)
        with self._lock:
            self._futures.add(future)
        future.add_done_callback(forget)
        try:
            self._turns.ask(turn)
        except BaseException:
            forget(future)
            raise
        return future

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
