"""When a run is to end, and with how much insistence: for whoever watches over it.

A run that must end is asked to, in stages: an exception in guest code; unwinding past every
handler; a trap, after which the guest is gone; and if even that has no effect, because a host
function does not return, it is left, and its thread ends by itself.

Without a host function in the way, what is late is the machine: it has not come to end a thread or
a process yet. Then there is more patience, because a run that is left costs its session.
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
from ._thread import LOOK_SECONDS

# Seconds from one stage to the next. What catches everything is over within 50 ms all the same.
_ABORT_AFTER = 0.035
_KILL_AFTER = 0.165
_LEAVE_AFTER = 0.1

# The same, when no code is in the way that need ever end.
_PATIENCE = 2.0

# For a machine that was asleep, and for a guest whose code is to be compiled first.
_START_SECONDS = 120.0

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

    __slots__ = (
        "_begun", "_ends", "_hurries", "_keeper", "_ledger", "_since", "_stages", "_wall", "job",
    )  # fmt: skip

    def __init__(self, ends: Ends, job: Job, keeper: Keeper, ledger: Ledger, wall: float) -> None:
        self._ends = ends
        self.job = job
        self._keeper = keeper
        self._ledger = ledger
        self._wall = wall
        self._begun = time.perf_counter()
        self._since = 0.0  # when the last stage was come to
        self._stages: Sequence[tuple[float, Callable[[], None]]] | None = None
        self._hurries = False

    def first(self) -> float:
        """Return after how many seconds to look for the first time."""
        return min(self._wall, LOOK_SECONDS) if self._ledger.reason is None else 0.001

    def hurry(self) -> None:
        """Have no more patience."""
        if not self._hurries:
            self._hurries = True
            self._stages = ((0.0, self._ends.kill_guest),)

    def look(self) -> float | None:
        """Do what is due; return the seconds until the next look.

        None: there is no need for one. The run is through, or has to be left.
        """
        job, ledger, wall = self.job, self._ledger, self._wall
        if job.done:
            return None
        if job.ended and not ledger.is_calling:  # the answer is under way
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
        if self._stages is None:
            ends = self._ends
            self._stages = (
                (0.0, ends.interrupt_guest),
                (_ABORT_AFTER, ends.abort_guest),
                (_KILL_AFTER, ends.kill_guest),
            )
        # From when a stage was come to: a machine that has kept us waiting has kept the guest
        # waiting as well, perhaps, and it has its time until the next.
        self._since = self._since or now
        rest = self._since + self._patience() - now
        if rest <= 0:
            if not self._stages:
                self._leave()
                return None
            (_, act), *self._stages = self._stages
            act()
            self._since = now
            rest = self._patience()
        guest = self._keeper.guest
        if guest is not None and guest.remind():
            rest = min(rest, _REMIND_SECONDS)
        return max(0.001, min(rest, _KILL_AFTER))  # for patience may end

    def _patience(self) -> float:
        """Return for how many seconds from the last stage to wait with the next."""
        stages, job = self._stages, self.job
        if stages:
            # Before its run has begun, a guest is about to be made or to be kept, and will not
            # begin with it any more.
            is_soon = job.started or self._hurries or len(stages) > 1
            return stages[0][0] if is_soon else _PATIENCE
        return _LEAVE_AFTER if self._hurries or self._ledger.is_calling else _PATIENCE

    def _leave(self) -> None:
        is_calling = self._ledger.is_calling
        what = "a host function did not return" if is_calling else "an earlier run did not end"
        self._keeper.broken = f"{what} in time"
        self.job.state = "broken"


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
