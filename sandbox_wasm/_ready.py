"""Sessions of a pool that are made before somebody asks."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue

from ._errors import HostExhausted
from ._lease import Lease
from ._locks import RLock
from ._thread import start_thread


class Ready:
    """Makes sessions, some of them ahead, on a thread that ends when nobody asks for long.

    Args:
        make: Makes one.

        count: How many are to be ready.

        idle_seconds: After which time without `take` they are given up.
    """

    def __init__(self, make: Callable[[], Lease], count: int, idle_seconds: float) -> None:
        self._make = make
        self._count = count
        self._idle_seconds = idle_seconds
        self._lock = RLock()  # signal handlers may come back to it
        self._made: deque[Lease] = deque()
        self._bell: SimpleQueue[bool] | None = None  # of the thread; True if it is to go on
        self._closed = False
        if count:
            self._refill()

    def __len__(self) -> int:
        return len(self._made)

    def take(self) -> Lease:
        """Return a session that nobody has used, made ahead or now.

        Raises:
            SessionBroken, ArtifactError: It cannot be made.
        """
        while self._count:
            with self._lock:
                lease = self._made.popleft() if self._made else None
            self._refill()
            if lease is None:
                break
            if lease.is_alive:
                return lease
            lease._close(wait=False)
        return self._make()

    def _refill(self) -> None:
        with self._lock:
            if self._closed:
                return
            if self._bell is None:
                bell: SimpleQueue[bool] = SimpleQueue()
                try:
                    start_thread(lambda: self._work(bell))
                except HostExhausted:  # who asks makes it
                    return
                self._bell = bell
            self._bell.put(True)

    def _work(self, bell: SimpleQueue[bool]) -> None:
        try:
            with contextlib.suppress(Empty):
                while bell.get(timeout=self._idle_seconds):
                    self._fill()
        finally:  # whatever ends it: the next who asks begins another
            self._give_up(bell)

    def _fill(self) -> None:
        while len(self._made) < self._count and not self._closed:
            try:
                lease = self._make()
            except Exception:  # no room, for instance: who asks is told
                return
            with self._lock:
                self._made.append(lease)
            del lease  # which is another's soon, who may drop it

    def _give_up(self, bell: SimpleQueue[bool]) -> None:
        with self._lock:
            if self._bell is bell:
                self._bell = None
            made, self._made = self._made, deque()
        for lease in made:
            lease._close(wait=False)

    def close(self) -> None:
        """Make no more ahead, and give up those that are ready."""
        with self._lock:
            self._closed = True
            bell = self._bell
        if bell is not None:
            bell.put(False)
            self._give_up(bell)
