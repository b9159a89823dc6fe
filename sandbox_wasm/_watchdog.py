"""One thread that does what is due: for runs whose callers are not their watchdogs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from ._locks import RLock
from ._thread import ring, start_thread

_log = logging.getLogger("sandbox_wasm")

# Without anything to watch, after which the thread ends.
_IDLE_SECONDS = 1.0

# For how long it sleeps at most: on Windows no lock is waited for longer than seven weeks.
_MOST_SECONDS = 3600.0

# How often it looks whether work stands still, while there is any that waits; and after how
# many looks at which none did it does not look for that any more.
TICK_SECONDS = 0.005
_QUIET_TICKS = 10


class Watched(Protocol):
    """What is watched.

    Attributes:
        at: When it is to be looked at, of `time.perf_counter`.
    """

    at: float

    def look(self) -> float | None:
        """Do what is due; return the seconds until the next look, or None for no more."""


class Watchdog:
    """Looks at things when they are due, on a thread that is there while there are any.

    Args:
        tick: Called every 5 ms after `tick` was; returns whether it need be called again.
    """

    def __init__(self, tick: Callable[[], bool]) -> None:
        self._tick = tick
        self._lock = RLock()  # signal handlers may come back to it
        self._watched: set[Watched] = set()
        self._bell = threading.Lock()
        self._bell.acquire()
        self._works = False
        self._until = 0.0  # when it wakes by itself
        self._ticks = 0  # how many are left

    def add(self, watched: Watched) -> None:
        """Watch over that from now on.

        Raises:
            HostExhausted: There can be no more threads: nobody does.
        """
        with self._lock:
            self._start()
            self._watched.add(watched)
            is_late = self._until > watched.at
        if is_late:
            self.ring()

    def discard(self, watched: Watched) -> None:
        """Watch no more over it."""
        with self._lock:
            self._watched.discard(watched)
            # It sleeps until that was due, and would be there until then.
            is_late = not self._watched and self._until > time.perf_counter() + _rest()
        if is_late:
            self.ring()

    def tick(self) -> None:
        """Look for a while whether work stands still; raises as `add` does."""
        with self._lock:
            was_quiet, self._ticks = not self._ticks, _QUIET_TICKS
            self._start()
        if was_quiet:
            self.ring()

    def ring(self) -> None:
        """Look at everything now."""
        ring(self._bell)

    def _start(self) -> None:
        if not self._works:
            self._works = True
            try:
                start_thread(self._work)
            except BaseException:
                self._works = False
                raise

    def _work(self) -> None:
        while self._works:
            try:
                self._watch()
            except BaseException:  # somebody has sent this thread an exception
                _log.exception("a watchdog was ended, and is begun anew")

    def _watch(self) -> None:
        has_rung, idle_since = True, 0.0
        while True:
            self._look_at_all(has_rung)
            if self._ticks:
                is_wanted = self._tick()
                with self._lock:
                    self._ticks = _QUIET_TICKS if is_wanted else self._ticks - 1
            now = time.perf_counter()
            with self._lock:
                idle_since = 0.0 if self._watched or self._ticks else idle_since or now
                if idle_since and now - idle_since > _IDLE_SECONDS:
                    self._works, self._until = False, 0.0
                    return
                rest = now + _rest()
                self._until = min((each.at for each in self._watched), default=rest)
                if self._ticks:
                    self._until = min(self._until, now + TICK_SECONDS)
                self._until = min(self._until, now + _MOST_SECONDS)
                timeout = max(0.0, self._until - now)
            has_rung = self._bell.acquire(timeout=timeout)

    def _look_at_all(self, has_rung: bool) -> None:
        now = time.perf_counter()
        with self._lock:
            watched = list(self._watched)
        for each in watched:
            if has_rung or each.at <= now:
                self._look(each)

    def _look(self, watched: Watched) -> None:
        try:
            again = watched.look()
            if again is None:
                self.discard(watched)
            else:
                watched.at = time.perf_counter() + again
        except Exception:  # no room, for instance: whatever it is, the others are watched on
            _log.exception("what is due could not be done, and is tried again")
            watched.at = time.perf_counter() + TICK_SECONDS


def _rest() -> float:
    """Return for how long it sleeps when there is nothing to watch."""
    return _IDLE_SECONDS + 0.1
