"""How a pool is doing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatistics:
    """A pool at one moment.

    Args:
        size: How many sessions may be leased at a time.

        leased: How many are. Those whose host function does not return count until it does.

        waiting: How many wait for one, what was submitted and has not begun included.

        ready: How many sessions were made ahead and are nobody's yet.

        leases: How many there have been since the pool was made.

        refused: How often `PoolFull` was raised because too many waited.
    """

    size: int
    leased: int
    waiting: int
    ready: int
    leases: int
    refused: int
