"""One program on its way through a pool: from who wants it run to the thread that does."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from ._deadline import Deadline
from ._errors import PoolClosed, PoolFull
from ._job import conclude
from ._lease import Lease
from ._lifecycle import settle
from ._locks import RLock
from ._result import Result
from ._thread import LOOK_SECONDS, start_thread
from ._turns import NESTED_LOOK_SECONDS, IsOver, Turn, TurnState, nested, too_late
from ._watchdog import Watchdog

_ASK_AGAIN_SECONDS = 0.05


class Stage(Enum):
    """Where a program is."""

    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    BEGUN = "begun"
    TOLD = "told"


class Program:
    """A run in a session of its own.

    Args:
        open_lease: Returns that session, on the thread that is to serve it.

        turn: Its place, which is given back at the end.

        watchdog: Watches over it.

        code, options: Of `Session.run`.

        told: Called once, when there is a result or an error; on any thread.

        may_begin: Asked when it is about to; False if nobody wants it any more.

    Attributes:
        seconds: What it has taken of a processor, or altogether if it has called the host.

        loop: Runs the coroutines of its host functions.
    """

    def __init__(
        self,
        open_lease: Callable[[Program], Lease],
        turn: Turn,
        watchdog: Watchdog,
        code: str,
        options: dict[str, Any],
        told: Callable[[], None],
        may_begin: Callable[[], bool] | None = None,
    ) -> None:
        self._open_lease = open_lease
        self.turn = turn
        self._watchdog = watchdog
        self._code = code
        self._options = options
        self._told = told
        self._may_begin = may_begin
        self.context = contextvars.copy_context()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.seconds = 0.0
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._lock = RLock()  # signal handlers may come back to it
        self._stage = Stage.WAITING
        self._lease: Lease | None = None
        self._watched: _Run | None = None
        self._reason: BaseException | None = None  # for which it is to end
        self._teller: str | None = None  # "thread", or "watchdog" for what was left

    # ---- for whoever wants it

    def wait(
        self, bell: threading.Lock, timeout: float | None, around: Callable[[], IsOver | None]
    ) -> None:
        """Return when it was told.

        Args:
            bell: Released by then.

            timeout: Seconds until it has its place, or None.

            around: As for `Turns.wait`.

        Raises:
            PoolFull: It has taken longer, or than the run around it, and never begins.
        """
        end = None if timeout is None else time.monotonic() + timeout
        is_over = None if self.turn.state is TurnState.HELD else around()
        look = LOOK_SECONDS if is_over is None else NESTED_LOOK_SECONDS
        while True:
            rest = look if end is None else min(look, end - time.monotonic())
            try:
                if bell.acquire(timeout=max(0.0, rest)):
                    return
            except BaseException as error:  # Ctrl-C, or an exception sent to this thread
                # Nobody rings again for one that was told: the bell may have been heard.
                if self.withdraw() or self._stage is Stage.TOLD:
                    raise
                self.end(error)
            if end is not None and time.monotonic() >= end:
                self.check_place(too_late(timeout))
                end = None
            if is_over is not None and is_over():
                self.check_place(nested())

    async def wait_async(self, waiter: asyncio.Future[None], timeout: float | None) -> None:
        """Do the same while the event loop goes on; cancelled, it interrupts the guest."""
        try:
            if timeout is not None and not (await asyncio.wait([waiter], timeout=timeout))[0]:
                self.check_place(too_late(timeout))
            await asyncio.shield(waiter)
        except asyncio.CancelledError:
            if not self.withdraw():
                while not waiter.done():  # however often this is cancelled
                    self.interrupt()
                    with contextlib.suppress(asyncio.CancelledError):
                        # Again, for a run that had not begun when it was first asked.
                        await asyncio.wait([waiter], timeout=_ASK_AGAIN_SECONDS)
            raise

    def check_place(self, error: PoolFull) -> None:
        """Raise *error* if it has no place yet; it never begins then."""
        if self.turn.state is not TurnState.HELD and self.withdraw():
            raise error

    def outcome(self) -> Result:
        """Return what came of it, or raise it; once."""
        result, error = self.take()
        try:
            if error is not None or result is None:
                raise error or PoolClosed("the pool was shut down")
            return result
        finally:
            del result, error  # see `_lifecycle.settle`

    def take(self) -> tuple[Result | None, BaseException | None]:
        """Return what came of it, which is an error or a result; once."""
        result = self._result
        # A Ctrl-C that came when the run was over, and not told yet, did not end it.
        error = self._error if self._reason is None else self._reason
        self._result = self._error = self._reason = None  # their tracebacks hold this
        return result, error

    def withdraw(self) -> bool:
        """Have it never begin; return False if it has."""
        with self._lock:
            if self._stage is Stage.WAITING:
                self._stage = Stage.WITHDRAWN
            is_withdrawn = self._stage is Stage.WITHDRAWN
        if is_withdrawn:  # also if it was before: that may have been interrupted
            self.turn.end()
        return is_withdrawn

    def end(self, error: BaseException) -> None:
        """End it for that reason; asked again, without patience."""
        with self._lock:
            again, self._reason = self._reason is not None, error
            lease, watched = self._lease, self._watched
        lane = None if lease is None else lease._lane
        if lane is not None and watched is not None:
            lane.ledger.end(error, over=True)
            if again:
                watched.deadline.hurry()
            self._watchdog.ring()

    def interrupt(self) -> None:
        """Interrupt it, if it runs."""
        lease = self._lease
        if lease is not None:
            lease.interrupt()

    # ---- for its thread

    def perform(self) -> None:
        """Run it, and tell what came of it."""
        if not self._begin():
            return
        lease = result = error = None
        try:
            lease = self._open_lease(self)
            self._lease = lease
            if lease._lane is not None:
                lease._lane.ledger.loop = self.loop
            result = lease.run(self._code, **self._options)
        except BaseException as failure:
            error = failure
        if lease is None:
            self.turn.end()
        try:
            self._tell(result, error)  # whoever waits goes on, while this is cleared away
        finally:  # also if a callback of a future ends its thread
            del error, result  # see `_lifecycle.settle`
            if lease is not None:
                try:
                    lease.end()
                finally:
                    if lease.is_served_here:
                        self.turn.end()

    def _begin(self) -> bool:
        """Return whether it is to be run, or whether that cannot be done is to be told."""
        with self._lock:
            if self._stage is not Stage.WAITING:
                return False
            self._stage = Stage.BEGUN
        if self._may_begin is None or self._may_begin():
            return True
        self._stage = Stage.WITHDRAWN
        self.turn.end()
        return False

    def fail(self, error: BaseException) -> None:
        """Tell that it cannot be run, or was left in the middle."""
        if self._begin() or self._stage is Stage.BEGUN:
            self.turn.end()
            self._tell(None, error)

    def _tell(self, result: Result | None, error: BaseException | None) -> None:
        with self._lock:
            is_told, self._stage = self._stage is Stage.TOLD, Stage.TOLD
        self._lease = None
        if not is_told:
            self._result, self._error = result, error
            # They may hold this, which would be garbage that only the collector finds.
            told, self._told, self._may_begin = self._told, _nobody, None
            told()

    # ---- `_deadline.Server`

    def watch(self, deadline: Deadline) -> None:
        """Have the watchdog look at it."""
        watched = _Run(deadline, self._leave)
        with self._lock:
            self._watched = watched
            reason, lease = self._reason, self._lease
        if reason is not None and lease is not None and lease._lane is not None:
            lease._lane.ledger.end(reason, over=True)
        self._watchdog.add(watched)

    def claim(self) -> bool:
        """Return whether its thread is to tell what came of it."""
        lease = self._lease
        with self._lock:
            self._teller = self._teller or "thread"
            watched, self._watched = self._watched, None
        if watched is not None and lease is not None and lease._lane is not None:
            self._watchdog.discard(watched)
            job = watched.deadline.job
            is_alone = not lease._lane.ledger.host_calls
            self.seconds = job.cpu_seconds if is_alone else job.ended - job.started
        return self._teller == "thread"

    def release(self) -> None:
        """Have it looked at now."""
        self._watchdog.ring()

    def _leave(self) -> None:
        """Tell that it did not end; on a thread of its own."""
        watched, lease = self._watched, self._lease
        if watched is None or lease is None or lease._lane is None:
            return
        with self._lock:
            self._teller = self._teller or "watchdog"
            if self._teller != "watchdog":
                return
        try:
            result, reason = conclude(watched.deadline.job, lease._lane.ledger)
            outcome = settle(result, reason, bool(self._options.get("check", True)))
        except BaseException as error:
            self._tell(None, error)
        else:
            self._tell(outcome, None)


class _Run:
    """A run as a watchdog has it.

    Args:
        deadline: Its.

        leave: Called if it cannot be ended.
    """

    __slots__ = ("_leave", "at", "deadline")

    def __init__(self, deadline: Deadline, leave: Callable[[], None]) -> None:
        self.deadline = deadline
        self._leave = leave
        self.at = time.perf_counter() + deadline.first()

    def look(self) -> float | None:
        """See `_watchdog.Watched`."""
        again = self.deadline.look()
        if again is None and not self.deadline.job.done:
            start_thread(self._leave)  # who is told may take their time
        return again


def _nobody() -> None:
    """Tell nobody."""
