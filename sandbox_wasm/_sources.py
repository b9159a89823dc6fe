"""Where a session's time and randomness come from: the machine, or the caller.

Given a seed and a clock, two sessions that run the same code with the same inputs print and
return the same, on any machine. Nothing else of a guest differs from run to run: hashes,
addresses and the order of files depend on what it did alone.
"""

from __future__ import annotations

import hashlib
import math
import os
import time

from ._errors import ConfigError

Seed = int | str | bytes

# Guest clocks go in steps of a millisecond: a finer one helps to time what other code on
# the machine does.
TICK_NS = 1_000_000
_LATEST = 253_402_300_799.0  # the last second of the year 9999


class Sources:
    """Time and randomness of one session.

    Args:
        seed: From which all randomness follows; None for the machine's.

        clock: Seconds since the epoch at which the session's time begins. It goes on by a
            millisecond with each look at it and by the length of each sleep, which does
            not wait. None for the machine's time.

    Attributes:
        is_drawn: Whether randomness was ever asked for.

    Raises:
        ConfigError: A seed or a time of another type, or out of range.
    """

    def __init__(self, seed: Seed | None = None, clock: float | None = None) -> None:
        self._key = None if seed is None else _key(seed)
        self._blocks = self._forks = 0
        self.is_drawn = False
        self._now: int | None = None
        self._begun = 0
        if clock is not None:
            if isinstance(clock, bool) or not isinstance(clock, (int, float)):
                raise ConfigError(f"clock must be a number, got {type(clock).__name__}")
            if not 0 <= clock <= _LATEST or math.isnan(clock):
                raise ConfigError(f"clock must be from 0 to {_LATEST:.0f}, got {clock}")
            self._begun = self._now = int(clock * 1e9) // TICK_NS * TICK_NS

    def follow(self, origin: Sources, fresh: bool) -> None:
        """Go on from where another session's sources are.

        Args:
            fresh: Whether randomness is this session's own. From a seed, it follows from
                that and from how many forks there were.
        """
        self._key, self._blocks = origin._key, origin._blocks
        self._now, self._begun = origin._now, origin._begun
        if fresh and origin._key is not None:
            origin._forks += 1
            label = origin._blocks.to_bytes(8, "little") + origin._forks.to_bytes(8, "little")
            self._key = hashlib.sha256(origin._key + b"fork" + label).digest()

    def mark(self) -> tuple[int, int | None]:
        """Return where time and randomness have come to, for `reset`."""
        return self._blocks, self._now

    def reset(self, mark: tuple[int, int | None]) -> None:
        """Go back to where they were."""
        self._blocks, self._now = mark

    def random(self, length: int) -> bytes:
        """Return that many bytes."""
        self.is_drawn = True
        if self._key is None:
            return os.urandom(length)
        self._blocks += 1
        block = self._key + self._blocks.to_bytes(8, "little")
        return hashlib.shake_256(block).digest(length)

    def clock(self, monotonic: bool) -> int:
        """Return the time in nanoseconds."""
        if self._now is None:
            now = time.monotonic_ns() if monotonic else time.time_ns()
            return now - now % TICK_NS
        self._now += TICK_NS
        return self._now - self._begun if monotonic else self._now

    def skip(self, nanoseconds: int) -> bool:
        """Let a sleep pass, if it needs no waiting; else return False."""
        if self._now is None:
            return False
        self._now = min(self._now + max(0, nanoseconds), int(_LATEST * 1e9))
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
