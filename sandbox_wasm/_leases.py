"""The sessions that a pool has lent out."""

from __future__ import annotations

import time
from weakref import WeakSet, ref

from ._errors import PoolClosed
from ._lease import Lease, Template
from ._locks import RLock
from ._program import Program
from ._ready import Ready
from ._turns import IsOver, Turn
from ._watchdog import Watchdog


class Leases:
    """Opens sessions for those who have a place, and ends them all.

    Args:
        template: What they begin with.

        checkpoints: As for `Session`.

        ready: How many are made ahead.

        idle_seconds: After which time without demand those are given up.

        lease_seconds: How long somebody may have one.

        watchdog: Takes back those that are kept for longer.

        is_short: Whether a program and its session can be served by one thread.

    Attributes:
        is_short: The same.

        ready: Those that are made ahead.
    """

    def __init__(
        self,
        template: Template,
        checkpoints: bool,
        ready: int,
        idle_seconds: float,
        lease_seconds: float,
        watchdog: Watchdog,
        is_short: bool,
    ) -> None:
        self._lease_seconds = lease_seconds
        self._watchdog = watchdog
        self._template = template
        self._checkpoints = checkpoints
        self._open: WeakSet[Lease] = WeakSet()
        self._lock = RLock()  # signal handlers may come back to it
        self._ended = False
        self.ready = Ready(self._make, ready, idle_seconds)
        self.is_short = is_short

    def _make(self) -> Lease:
        return Lease(self._template, self._checkpoints)

    def open(self, turn: Turn) -> Lease:
        """Return a lease that has the place of *turn*.

        Raises:
            PoolClosed: After `end`.
        """
        return self._own(self.ready.take(), turn)

    def lend(self, turn: Turn) -> Lease:
        """Return one that its owner has to close in time."""
        lease = self.open(turn)
        loan = _Loan(lease, self._lease_seconds)
        lease.returned = lambda: self._watchdog.discard(loan)
        try:
            self._watchdog.add(loan)
        except BaseException:
            lease.end()
            raise
        return lease

    def open_for(self, program: Program) -> Lease:
        """Return one for a program, on the thread that performs it."""
        if not self.is_short:
            return self.open(program.turn)
        return self._own(Lease(self._template, self._checkpoints, program), program.turn)

    def _own(self, lease: Lease, turn: Turn) -> Lease:
        with self._lock:
            if not self._ended:
                lease.holding.turn = turn
                self._open.add(lease)
                return lease
        lease.end()
        raise PoolClosed("the pool was shut down")

    def around(self) -> IsOver | None:
        """Return what tells that a run is over whose host function this thread is in, if any."""
        with self._lock:
            leases = list(self._open)
        for lease in leases:
            over = lease.is_over_here()
            if over is not None:
                return over
        return None

    def end(self) -> None:
        """End those that are open, whoever has them, and open no more."""
        with self._lock:
            self._ended = True
            leases = list(self._open)
        for lease in leases:
            lease._close(wait=False)


class _Loan:
    """A lease that somebody has; one that is dropped is none any more."""

    def __init__(self, lease: Lease, seconds: float) -> None:
        self._lease = ref(lease)
        self._seconds = seconds
        self.at = time.perf_counter() + seconds

    def look(self) -> float | None:
        """See `_watchdog.Watched`."""
        left = self.at - time.perf_counter()
        lease = self._lease()
        if lease is None:
            return None
        if left > 0:
            return left
        lease.take_back(
            f"the pool has taken the session back: it was leased for lease_seconds={self._seconds}"
        )
        return None
