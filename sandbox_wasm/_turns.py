"""Who is next: a number of places, and a queue that is fair to those who wait for one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum

from ._errors import ConfigError, PoolClosed, PoolFull
from ._locks import RLock
from ._thread import LOOK_SECONDS, ring

# A run that waits for another of its pool must not hold its place when it is over.
NESTED_LOOK_SECONDS = 0.05

IsOver = Callable[[], bool]


class TurnState(Enum):
    """Where a turn is in its life."""

    NEW = "new"
    WAITING = "waiting"
    HELD = "held"
    OVER = "over"


class Turn:
    """One claim to a place.

    Args:
        submitter: On whose behalf; those of None are all one.

        ready: Called when it has the place, by whoever makes way; so it returns at once and
            does not raise. If it returns False, the place goes to the next. Called again
            if Ctrl-C came meanwhile. None for one that somebody waits for, see
            `Turns.wait`.

        awaited: Whether somebody waits, who is to be sent away when there are no more
            places; *ready* is called then, too. Default: if it is None.

    Attributes:
        state: Only `TurnState.HELD` is a place.

    Raises:
        ConfigError: The submitter can be no key.
    """

    __slots__ = ("_turns", "awaited", "ready", "state", "submitter")

    def __init__(
        self,
        submitter: Hashable = None,
        ready: Callable[[], bool] | None = None,
        awaited: bool | None = None,
    ) -> None:
        try:
            hash(submitter)
        except TypeError:
            kind = type(submitter).__name__
            raise ConfigError(f"a submitter must be hashable, got {kind}") from None
        self.submitter = submitter
        self.awaited = ready is None if awaited is None else awaited
        self.ready = _accept if ready is None else ready
        self.state = TurnState.NEW
        self._turns: Turns | None = None

    def end(self) -> None:
        """Give back the place, or stop waiting for one; the second time nothing happens."""
        if self._turns is not None:
            self._turns._end(self)


@dataclass(frozen=True, slots=True)
class TurnCounts:
    """How it goes: now, and since the beginning.

    Args:
        held, waiting: How many there are of each just now.

        granted: How many have ever had a place.

        refused: How many found the queue full.
    """

    held: int
    waiting: int
    granted: int
    refused: int


class Turns:
    """Places, and who waits for them.

    Those of one submitter are served in the order in which they came, and submitters take
    turns. A submitter may wait as often as there is still room for others: the more the
    queue is filled, the less each can have of it, and a newcomer finds room. Those without
    a name may fill all of it.

    Args:
        places: How many there are.

        max_waiting: How many may wait.
    """

    def __init__(self, places: int, max_waiting: int) -> None:
        self._places = places
        self._max_waiting = max_waiting
        self._lock = RLock()  # signal handlers may come back to it
        self._queues: OrderedDict[Hashable, deque[Turn]] = OrderedDict()
        self._held = self._waiting = self._granted = self._refused = 0
        self._owed: deque[Turn] = deque()  # have their place, and are to be told
        self._closed = False
        self._empty = threading.Condition(self._lock)

    def ask(self, turn: Turn) -> None:
        """Let *turn* have a place, at once if there is one, else when it is its turn.

        Raises:
            PoolFull: Too many wait.
            PoolClosed: After `close`.
        """
        with self._lock:
            if self._closed:
                raise PoolClosed("the pool is shut down")
            turn._turns = self
            if self._held >= self._places:
                self._queue(turn)
                return
            self._grant(turn)
        self._offer()

    def wait(
        self,
        turn: Turn,
        timeout: float | None,
        around: Callable[[], IsOver | None] = lambda: None,
    ) -> None:
        """Return when *turn* has a place.

        Args:
            timeout: Seconds, or None.

            around: Returns what tells that a run is over whose host function this is.

        Raises:
            PoolFull: Too many wait, or it has taken longer, or than that run.
            PoolClosed: After `close`, or meanwhile.
        """
        bell = threading.Lock()
        bell.acquire()
        turn.ready = lambda: _ring(bell)
        self.ask(turn)
        end = None if timeout is None else time.monotonic() + timeout
        is_over = None if turn.state is TurnState.HELD else around()
        look = LOOK_SECONDS if is_over is None else NESTED_LOOK_SECONDS
        while True:
            rest = look if end is None else end - time.monotonic()
            if bell.acquire(timeout=min(max(0.0, rest), look)):
                break
            if turn.state is not TurnState.WAITING:  # who made way was interrupted before it told
                break
            if end is not None and rest <= 0:
                raise too_late(timeout)
            if is_over is not None and is_over():
                raise nested()
        self._check_held(turn)

    async def wait_async(self, turn: Turn, timeout: float | None) -> None:
        """Do the same while the event loop goes on."""
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[None] = loop.create_future()
        turn.ready = lambda: _tell(loop, granted)
        self.ask(turn)
        try:
            await asyncio.wait_for(granted, timeout)
        except asyncio.TimeoutError:
            raise too_late(timeout) from None
        self._check_held(turn)

    def _check_held(self, turn: Turn) -> None:
        if turn.state is not TurnState.HELD:
            raise PoolClosed("the pool was shut down")

    def _queue(self, turn: Turn) -> None:
        queue = self._queues.get(turn.submitter, ())
        room = self._max_waiting - self._waiting
        if room <= 0 or (turn.submitter is not None and len(queue) >= room):
            self._refused += 1
            raise PoolFull(
                f"{self._places} sessions are leased and {self._waiting} wait for one"
                + (f", {len(queue)} of this submitter" if turn.submitter is not None else "")
            )
        state, first = TurnState.WAITING, deque([turn])
        # One call from here on, and at the end: Ctrl-C finds all of this done, or nothing.
        turn.state = state
        self._waiting += 1
        if turn.submitter not in self._queues:
            self._queues[turn.submitter] = first
        else:
            self._queues[turn.submitter].append(turn)

    def _grant(self, turn: Turn) -> None:
        turn.state = TurnState.HELD
        self._held += 1
        self._granted += 1
        self._owed.append(turn)

    def _offer(self) -> None:
        """Tell those that have a place; also of whom Ctrl-C kept somebody from telling."""
        with contextlib.suppress(IndexError):  # another thread is as far
            while self._owed:
                turn = self._owed[0]
                if not turn.ready():
                    self._leave(turn)
                with contextlib.suppress(ValueError):
                    self._owed.remove(turn)

    def _end(self, turn: Turn) -> None:
        try:
            self._leave(turn)
        finally:
            self._offer()

    def _leave(self, turn: Turn) -> None:
        """Take *turn* out; who is next has its place then."""
        with self._lock:
            was, turn.state = turn.state, TurnState.OVER
            turn.ready = _accept  # the other may hold whoever holds this
            if was is TurnState.WAITING:
                queue = self._queues[turn.submitter]
                queue.remove(turn)
                self._waiting -= 1
                if not queue:
                    del self._queues[turn.submitter]
            elif was is TurnState.HELD:
                self._held -= 1
                self._next()
            if not self._held and not self._waiting:
                self._empty.notify_all()

    def _next(self) -> None:
        if not self._queues:
            return
        submitter, queue = self._queues.popitem(last=False)
        turn = queue.popleft()
        self._waiting -= 1
        if queue:
            self._queues[submitter] = queue  # behind the others
        self._grant(turn)

    def close(self) -> None:
        """Take no more, and send away who waits; turns that nobody stands for go on waiting."""
        with self._lock:
            self._closed = True
            waiting = [turn for queue in self._queues.values() for turn in queue if turn.awaited]
            told = [turn.ready for turn in waiting]
            for turn in waiting:  # now: who is sent away may make way for another of them
                self._leave(turn)
        for tell in told:
            tell()

    @property
    def is_closed(self) -> bool:
        """Whether no more are taken."""
        return self._closed

    def drain(self, timeout: float | None = None) -> bool:
        """Wait until nobody has a place or waits for one; return whether that came."""
        with self._lock:
            return self._empty.wait_for(lambda: not self._held and not self._waiting, timeout)

    def counts(self) -> TurnCounts:
        """Return how it goes."""
        with self._lock:
            return TurnCounts(self._held, self._waiting, self._granted, self._refused)


def _accept() -> bool:
    return True


def too_late(timeout: float | None) -> PoolFull:
    """Return the error of who has waited for so many seconds."""
    return PoolFull(f"no session became free within {timeout} seconds")


def nested() -> PoolFull:
    """Return the error of a host function that has waited for a place until its run was over."""
    return PoolFull("no session became free while the run lasted that asked for one")


def _ring(bell: threading.Lock) -> bool:
    ring(bell)
    return True


def _tell(loop: asyncio.AbstractEventLoop, granted: asyncio.Future[None]) -> bool:
    def tell() -> None:
        if not granted.done():
            granted.set_result(None)

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:  # the loop was closed: nobody waits any more
        return False
    return True
