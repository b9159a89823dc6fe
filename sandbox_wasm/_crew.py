"""The threads of a pool: as many awake as get on with the work, and no more.

Work that is short is bound by the interpreter's lock. Then two threads take turns with it,
and each turn wakes a sleeping thread, which can take longer than the work; so one of them
does everything, one piece after another, while the others sleep. Work that is long runs
without the lock, on as many threads as there are places. Which it is, is measured: by what
the last pieces took of a processor, and by whether one of them stands still, which a
watchdog sees.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import logging
import threading
from collections import deque
from typing import Protocol

from ._errors import HostExhausted
from ._locks import RLock
from ._thread import ring, start_thread
from ._watchdog import Watchdog

_log = logging.getLogger("sandbox_wasm")

# Seconds of work from which on a second thread is worth being woken, which takes some 50 µs,
# as does handing over the interpreter's lock.
_SHORT = 0.00025
# What one piece counts for at most, so that one long among many short ones is soon forgotten.
_LONG = 0.002

# For how long a thread waits for more.
_IDLE_SECONDS = 1.0


class Work(Protocol):
    """One piece.

    Attributes:
        seconds: What it has taken, once it was performed.
    """

    seconds: float

    def perform(self) -> None:
        """Do it; raises nothing."""

    def fail(self, error: BaseException) -> None:
        """Take it that it was not done, unless it has told already what came of it."""


class _Worker:
    """One thread.

    Attributes:
        bell: Held while it is to sleep.

        work: What it does.

        seen: What it did when the watchdog last looked.

        stands: Whether it does the same since then.
    """

    __slots__ = ("bell", "seen", "stands", "work")

    def __init__(self) -> None:
        self.bell = threading.Lock()
        self.bell.acquire()
        self.work: Work | None = None
        self.seen: Work | None = None
        self.stands = False


class Crew:
    """Does pieces of work in the order in which they come.

    Args:
        is_short: Whether work may be short; else there is a thread for each piece.

    Attributes:
        watchdog: Of this crew.
    """

    def __init__(self, is_short: bool) -> None:
        self._may_be_short = is_short
        self._lock = RLock()  # signal handlers may come back to it
        self._queue: deque[Work] = deque()
        self._awake: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._standing = 0
        self._pace = 0.0  # seconds that a piece takes, lately
        self.watchdog = Watchdog(self._look)

    def put(self, work: Work) -> None:
        """Have it done.

        Raises:
            HostExhausted: There can be no more threads, and there is none.
        """
        with self._lock:
            self._queue.append(work)
            try:
                self._wake(1)
            except HostExhausted:
                if not self._awake:
                    self._queue.remove(work)
                    raise
            is_left = len(self._queue) > 0 and self._is_short
        if is_left:
            with contextlib.suppress(HostExhausted):  # who is awake goes on
                self.watchdog.tick()

    @property
    def _is_short(self) -> bool:
        return self._may_be_short and self._pace < _SHORT

    def _wake(self, count: int) -> None:
        """Wake that many, as far as they are of use."""
        if self._is_short:
            count = min(count, 1 - len(self._awake) + self._standing)
        for _ in range(count):
            if self._idle:
                worker = self._idle[-1]
                ring(worker.bell)
                self._idle.pop()  # only now: Ctrl-C must not leave one out of it that sleeps
            else:
                worker = _Worker()
                start_thread(functools.partial(self._work, worker))
            # Last of all: a signal handler that raises must not leave one here that sleeps.
            self._awake.add(worker)

    def _work(self, worker: _Worker) -> None:
        try:
            self._work_off(worker)
        except BaseException as error:  # somebody has sent this thread one
            _log.exception("a thread of a pool was ended; others go on")
            with self._lock:
                is_replaced = self._replace(worker)
            if worker.work is not None:
                worker.work.fail(error)
            if not is_replaced:
                self._work(_Worker())

    def _replace(self, worker: _Worker) -> bool:
        """Have it no more among those who work; return whether others do what waits."""
        self._awake.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        self._standing -= worker.stands
        with contextlib.suppress(HostExhausted):
            if self._queue:
                self._wake(1)
        return bool(self._awake or not self._queue)

    def _work_off(self, worker: _Worker) -> None:
        while True:
            with self._lock:
                work = self._next(worker)
            if work is None:
                if not worker.bell.acquire(timeout=_IDLE_SECONDS):
                    with self._lock:
                        if worker in self._idle:
                            self._idle.remove(worker)
                            return
                    worker.bell.acquire()  # it rings just now
                continue
            # As in a thread of its own: nothing that one piece has set is seen by the next.
            try:
                contextvars.Context().run(work.perform)
            except BaseException as error:
                _log.exception("a piece of work failed that tells its failures itself")
                work.fail(error)
            del work

    def _next(self, worker: _Worker) -> Work | None:
        """Return what is next for *worker*; None if it is to sleep."""
        self._awake.add(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        done = worker.work
        if done is not None:
            seconds = _LONG if worker.stands else min(done.seconds, _LONG)
            self._pace += (seconds - self._pace) / 8
            self._standing -= worker.stands
            worker.stands = False
            worker.work = worker.seen = None
        others = len(self._awake) - 1 - self._standing
        if self._queue and not (self._is_short and others > 0):
            worker.work = self._queue.popleft()
            return worker.work
        self._awake.discard(worker)
        self._idle.append(worker)
        return None

    def _look(self) -> bool:
        """See who stands still, and have others go on; return whether anything waits."""
        with self._lock:
            for worker in self._awake:
                if worker.work is None or worker.work is not worker.seen:
                    worker.seen = worker.work
                elif not worker.stands:
                    worker.stands = True
                    self._standing += 1
                    self._pace = _LONG
            waiting = len(self._queue)
            if waiting:
                with contextlib.suppress(HostExhausted):  # who is awake goes on
                    self._wake(max(0, waiting + self._standing - len(self._awake)))
            return waiting > 0
