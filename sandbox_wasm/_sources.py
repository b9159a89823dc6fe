"""Where a session's time and randomness come from: the machine, or the caller.

Given a seed and a clock, two sessions that run the same code with the same inputs print and
return the same, on any machine. Nothing else of a guest differs from run to run: hashes,
addresses and the order of files depend on what it did alone.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import NamedTuple

from ._checks import check_number
from ._errors import ConfigError, SnapshotError
from ._journal import ASKED_BYTES, Journal, Kind

Seed = int | str | bytes

# Guest clocks go in steps of a millisecond: a finer one helps to time what other code on
# the machine does.
TICK_NS = 1_000_000
_REAL, _MONOTONIC = bytes(ASKED_BYTES), b"\1".ljust(ASKED_BYTES, b"\0")
LATEST = 9_000_000_000  # seconds: in the year 2255, before 63 bits of nanoseconds are full
END = LATEST * 10**9  # where every clock of a guest stands still: what is stored has room for it


class SourcesState(NamedTuple):
    """Where time and randomness of a session have come to.

    Args:
        blocks: How often randomness was drawn from the seed.

        now: The time in nanoseconds, if it is the caller's; else None.

        monotonic: What guest code knows as `time.monotonic`, in nanoseconds.
    """

    blocks: int
    now: int | None
    monotonic: int


class Sources:
    """Time and randomness of one session.

    Args:
        seed: From which all randomness follows; None for the machine's.

        clock: Seconds since the epoch at which the session's time begins. It goes on by a
            millisecond with each look at it and by the length of each sleep, which does
            not wait. None for the machine's time.

    Attributes:
        is_drawn: Whether randomness was ever asked for.

        journal: Of the run that goes on, which has its answers; None for one that is not to
            be suspended.

    Raises:
        ConfigError: A seed or a time of another type, or out of range.
    """

    def __init__(self, seed: Seed | None = None, clock: float | None = None) -> None:
        self._key = None if seed is None else _key(seed)
        self._blocks = self._forks = 0
        self.is_drawn = False
        self._now: int | None = None
        self._begun = 0
        # What the machine's monotonic clock lacks: another one, somewhere, was further.
        self._lead = 0
        self.journal: Journal | None = None
        if clock is not None:
            check_number("clock", clock, 0, LATEST, fraction=True)
            self._begun = self._now = int(clock * 1e9) // TICK_NS * TICK_NS

    def follow(self, origin: Sources, fresh: bool) -> None:
        """Go on from where another session's sources are.

        Args:
            fresh: Whether randomness is this session's own. From a seed, it follows from
                that and from how many forks there were.
        """
        self._key, self._blocks = origin._key, origin._blocks
        self._now, self._begun, self._lead = origin._now, origin._begun, origin._lead
        if fresh and origin._key is not None:
            origin._forks += 1
            label = origin._blocks.to_bytes(8, "little") + origin._forks.to_bytes(8, "little")
            self._key = hashlib.sha256(origin._key + b"fork" + label).digest()

    def salt(self) -> int:
        """Return a number that guest code cannot guess; the same for the same seed."""
        data = os.urandom(8) if self._key is None else hashlib.sha256(self._key + b"salt").digest()
        return int.from_bytes(data[:8], "little")

    def mark(self) -> SourcesState:
        """Return where time and randomness have come to, for `reset`."""
        if self._now is None:
            return SourcesState(self._blocks, None, min(time.monotonic_ns() + self._lead, END))
        return SourcesState(self._blocks, self._now, min(self._now - self._begun, END))

    def reset(self, state: SourcesState) -> None:
        """Go back to where they were."""
        self._blocks, self._now, _ = state

    def go_on(self, state: SourcesState) -> None:
        """Go on from where another session's were: time does not go back, nothing is drawn twice.

        Both where the seed and the clock are the same as that session's; else, as far as
        they tell.
        """
        self._blocks = state.blocks
        if self._now is None:
            self._keep_up(state.monotonic)
        else:
            self._now = max(self._now, state.now or 0)
            self._begun = self._now - state.monotonic

    def random(self, length: int) -> bytes:
        """Return that many bytes."""
        self.is_drawn = True
        journal = self.journal
        if journal is None:
            return self._random(length)
        asked = length.to_bytes(ASKED_BYTES, "little")
        known = journal.known(Kind.RANDOM, asked)
        if known is None:
            data = self._random(length)
            journal.note(Kind.RANDOM, 0, asked, data)
            return data
        self._blocks += self._key is not None
        if len(known[1]) != length:
            raise SnapshotError("the journal of the run is damaged")
        return known[1]

    def _random(self, length: int) -> bytes:
        if self._key is None:
            return os.urandom(length)
        self._blocks += 1
        block = self._key + self._blocks.to_bytes(8, "little")
        return hashlib.shake_256(block).digest(length)

    def clock(self, monotonic: bool) -> int:
        """Return the time in nanoseconds."""
        journal = self.journal
        if journal is None:
            return self.look(monotonic)
        asked = _MONOTONIC if monotonic else _REAL
        known = journal.known(Kind.CLOCK, asked)
        if known is None:
            now = self.look(monotonic)
            journal.note(Kind.CLOCK, 0, asked, now.to_bytes(8, "little"))
            return now
        now = int.from_bytes(known[1], "little")
        if now > END:
            raise SnapshotError("the journal of the run is damaged")
        if self._now is not None:
            self._now = min(self._now + TICK_NS, END)
        elif monotonic:
            self._keep_up(now)
        return now

    def look(self, monotonic: bool) -> int:
        """Return the time for what is no part of a run; see `clock`."""
        if self._now is None:
            now = time.monotonic_ns() + self._lead if monotonic else time.time_ns()
            return min(now - now % TICK_NS, END)
        self._now = min(self._now + TICK_NS, END)
        return min(self._now - self._begun, END) if monotonic else self._now

    def _keep_up(self, monotonic: int) -> None:
        """Let no monotonic time before that one come any more."""
        self._lead = max(self._lead, monotonic - time.monotonic_ns())

    def skip(self, nanoseconds: int) -> bool:
        """Let a sleep pass, if it needs no waiting; else return False."""
        if self._now is None:
            return False
        self._now = min(self._now + max(0, nanoseconds), END)
        return True


def _key(seed: object) -> bytes:
    if isinstance(seed, int) and not isinstance(seed, bool):
        data = b"i" + hex(seed).encode()
    elif isinstance(seed, str):
        data = b"s" + seed.encode("utf-8", "surrogatepass")
    elif isinstance(seed, bytes):
        data = b"b" + seed
    else:
        raise ConfigError(f"seed must be an int, a str or bytes, got {type(seed).__name__}")
    return hashlib.sha256(data).digest()
