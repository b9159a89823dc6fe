"""When a run is to end, and with how much insistence: for whoever watches over it.

A run that must end is asked to, in stages: an exception in guest code; unwinding past every
handler; a trap, after which the guest is gone; and if even that has no effect, because a host
function does not return, it is left, and its thread ends by itself.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from ._errors import SessionBroken
from ._job import Job
from ._keeper import Keeper
from ._ledger import Ledger

# Seconds after a run was to end. What catches everything is over within 50 ms all the same.
_ABORT_AFTER = 0.035
_KILL_AFTER = 0.2
_LEAVE_AFTER = 0.3

# For a machine that was asleep, and for a guest whose code is to be compiled first.
_START_SECONDS = 120.0

# A signal that comes just before a wait begins does not end it; the next look does.
LOOK_SECONDS = 0.5

# A guest that writes to the byte which makes it look may undo the host's own writing.
_REMIND_SECONDS = 0.002


class Ends(Protocol):
    """How a run can be ended; from any thread."""

    def interrupt_guest(self) -> None:
        """Have guest code get an exception, once."""

    def abort_guest(self) -> None:
        """Have the guest unwind."""

    def kill_guest(self) -> None:
        """Make the guest trap."""


class Deadline:
    """Watches over one run, by looking at it from time to time.

    Args:
        ends: Ends it.

        job: The run.

        keeper, ledger: Its session's.

        wall: Seconds that it may take.
    """

    __slots__ = ("_begun", "_ending", "_ends", "_keeper", "_ledger", "_stages", "_wall", "job")

    def __init__(self, ends: Ends, job: Job, keeper: Keeper, ledger: Ledger, wall: float) -> None:
        self._ends = ends
        self.job = job
        self._keeper = keeper
        self._ledger = ledger
        self._wall = wall
        self._begun = time.perf_counter()
        self._ending = 0.0
        self._stages: Sequence[tuple[float, Callable[[], None]]] | None = None

    def first(self) -> float:
        """Return after how many seconds to look for the first time."""
        return min(self._wall, LOOK_SECONDS) if self._ledger.reason is None else 0.001

    def hurry(self) -> None:
        """Have no more patience."""
        late = time.perf_counter() - self._ending if self._ending else 0.0
        self._stages = ((late, self._ends.kill_guest),)

    def look(self) -> float | None:
        """Do what is due; return the seconds until the next look.

        None: there is no need for one. The run is through, or has to be left.
        """
        job, ledger, keeper, wall = self.job, self._ledger, self._keeper, self._wall
        if job.done:
            return None
        if job.ended:  # no guest code runs any more: the answer is under way
            return LOOK_SECONDS
        now = time.perf_counter()
        if ledger.reason is None:
            # Until the guest is made, the run has not begun.
            end = job.started + wall if job.started else self._begun + _START_SECONDS
            end += ledger.excuse(now)
            if end > now:
                return min(end - now, wall, LOOK_SECONDS)
            ledger.end(
                ledger.account.late(wall)
                if job.started
                else SessionBroken("the interpreter did not start in time")
            )
        self._ending = self._ending or now
        ends, late = self._ends, now - self._ending
        stages = self._stages
        if stages is None:
            stages = (
                (0.0, ends.interrupt_guest),
                (_ABORT_AFTER, ends.abort_guest),
                (_KILL_AFTER, ends.kill_guest),
            )
        if stages and late >= stages[0][0]:
            (due, act), *stages = stages
            act()
            # On a machine that has kept us waiting the guest was kept waiting as well, perhaps:
            # however late this was, it has its time until the next.
            self._ending += late - due
            late = due
        self._stages = stages
        if not stages and late >= _LEAVE_AFTER:
            keeper.broken = "a host function did not return in time"
            job.state = "broken"
            return None
        timeout = (stages[0][0] if stages else _LEAVE_AFTER) - late
        guest = keeper.guest
        if guest is not None and guest.remind():
            timeout = min(timeout, _REMIND_SECONDS)
        return max(0.001, timeout)


class Server(Protocol):
    """Who has a session served by the thread that asks, from its beginning to its end.

    Attributes:
        context: In which runs begin: that of whoever wants them.
    """

    context: contextvars.Context

    def watch(self, deadline: Deadline) -> None:
        """Look at it from now on, on another thread, until `claim`."""

    def claim(self) -> bool:
        """Return whether the run that was watched is to be told; False if it was left."""

    def release(self) -> None:
        """Have the deadline looked at soon: something has happened."""
