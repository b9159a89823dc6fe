"""Who is next: a number of places, and a queue that is fair to those who wait for one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum

from ._checks import shown
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

        queue: In which it waits, or has waited.

    Raises:
        ConfigError: The submitter can be no key.
    """

    __slots__ = ("_turns", "awaited", "queue", "ready", "state", "submitter")

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
        self.queue: _Queue | None = None
        self._turns: Turns | None = None

    def end(self) -> None:
        """Give back the place, or stop waiting for one; the second time nothing happens."""
        if self._turns is not None:
            try:
                self._turns._end(self)
            except MemoryError:  # by now there is some again, and the place would be nobody's
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


class _Queue:
    """The turns of one submitter that wait."""

    __slots__ = ("submitter", "turns")

    def __init__(self, submitter: Hashable) -> None:
        self.submitter = submitter
        self.turns: deque[Turn] = deque()


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
        self._queues: dict[Hashable, _Queue] = {}
        self._order: deque[_Queue] = deque()
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
            PoolFull: Too many wait, or it has taken longer, or than that run; its turn is over.
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
                turn.end()  # here, and by the caller again if that is interrupted
                raise too_late(timeout)
            if is_over is not None and is_over():
                turn.end()
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

    # Ctrl-C finds a step that changes who is where done, or not begun: below a comment that says
    # so is one call, the last, and no submitter is asked for its hash. A queue in which nobody
    # waits does no harm. Who is interrupted between two steps takes all of them again (`_surely`).

    def _queue(self, turn: Turn) -> None:
        queue, submitter = self._queues.get(turn.submitter), turn.submitter
        waiting = 0 if queue is None else len(queue.turns)
        room = self._max_waiting - self._waiting
        if room <= 0 or (submitter is not None and waiting >= room):
            self._refused += 1
            raise PoolFull(
                f"{self._places} sessions are leased and {self._waiting} wait for one"
                + (f", {waiting} of this submitter" if submitter is not None else "")
            )
        if queue is None:
            queue = _Queue(submitter)
            self._order.append(queue)
            self._queues[submitter] = queue
        state = TurnState.WAITING
        # All of it or nothing.
        turn.queue = queue
        turn.state = state
        self._waiting += 1
        queue.turns.append(turn)

    def _unqueue(self, turn: Turn, queue: _Queue) -> None:
        state, at = TurnState.OVER, queue.turns.index(turn)
        # All of it or nothing.
        turn.state = state
        self._waiting -= 1
        del queue.turns[at]
        if not queue.turns:
            self._drop(queue)

    def _drop(self, queue: _Queue) -> None:
        if self._queues.get(queue.submitter) is queue:
            del self._queues[queue.submitter]
        self._order.remove(queue)

    def _grant(self, turn: Turn, queue: _Queue | None = None) -> None:
        """Let *turn* have a place; it is the first of *queue* if it has waited."""
        state = TurnState.HELD
        # All of it or nothing.
        turn.state = state
        if queue is not None:
            del queue.turns[0]
            self._waiting -= 1
        self._held += 1
        self._granted += 1
        self._owed.append(turn)

    def _next(self) -> None:
        """Let those who are next have the places that there are."""
        while self._order:
            queue = self._order[0]
            if not queue.turns:
                self._drop(queue)
            elif self._held < self._places:
                self._grant(queue.turns[0], queue)
                if queue.turns:
                    self._order.rotate(-1)  # behind the others
            else:
                return

    def _offer(self) -> None:
        """Tell those that have a place, or were sent away."""
        with contextlib.suppress(IndexError):  # another thread is as far
            while self._owed:
                turn = self._owed[0]
                tell, turn.ready = turn.ready, _accept  # once: it may make way for others
                try:
                    is_wanted = tell()
                except BaseException:  # Ctrl-C: once more
                    turn.ready = tell
                    self._owed.append(turn)
                    raise
                if not is_wanted:
                    self._leave(turn)
                with contextlib.suppress(ValueError):
                    self._owed.remove(turn)

    def _end(self, turn: Turn) -> None:
        _surely(lambda: self._make_way(turn))

    def _make_way(self, turn: Turn) -> None:
        self._leave(turn)
        self._offer()

    def _leave(self, turn: Turn) -> None:
        """Take *turn* out; who is next has its place then."""
        with self._lock:
            if turn.state is TurnState.WAITING and turn.queue is not None:
                self._unqueue(turn, turn.queue)
            held, state = turn.state is TurnState.HELD, TurnState.OVER
            # All of it or nothing.
            turn.state = state
            self._held -= held
            turn.ready = _accept  # the other may hold whoever holds this
            self._next()
            if not self._held and not self._waiting:
                self._empty.notify_all()

    def close(self) -> None:
        """Take no more, and send away who waits; turns that nobody stands for go on waiting."""
        _surely(self._send_away)

    def _send_away(self) -> None:
        with self._lock:
            self._closed = True
            # All of them first: who is told may make way for another of them.
            for queue in list(self._order):
                for turn in [turn for turn in queue.turns if turn.awaited]:
                    self._owed.append(turn)
                    self._unqueue(turn, queue)
        self._offer()

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


def _surely(work: Callable[[], None]) -> None:
    """Do *work*; again if it is interrupted, from the beginning, which is where it can go on."""
    try:
        work()
    except BaseException:
        work()
        raise


def _accept() -> bool:
    return True


def too_late(timeout: float | None) -> PoolFull:
    """Return the error of who has waited for so many seconds."""
    return PoolFull(f"no session became free within {shown(timeout)} seconds")


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
