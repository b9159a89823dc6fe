"""What a guest is between two requests, as data."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

PAGE = 4096  # parts of memory are stored by these
_MEMORY = 1 << 32


class GuestState:
    """A guest as it is while nothing runs in it.

    Another instance of the same artifact goes on from here. Linear memory is stored as
    what may differ from the artifact's own image.

    Args:
        size: Bytes of linear memory.

        stack_pointer: The one mutable global that an interpreter has.

        ranges: Begin and end of each part of memory that is stored, in bytes, in
            rising order and by whole pages.

        data: The parts, one after another.
    """

    __slots__ = ("data", "ranges", "size", "stack_pointer")

    def __init__(
        self,
        size: int,
        stack_pointer: int,
        ranges: Sequence[tuple[int, int]],
        data: bytes | bytearray | memoryview,
    ) -> None:
        self.size = size
        self.stack_pointer = stack_pointer
        self.ranges = ranges
        self.data = data

    @property
    def stored_bytes(self) -> int:
        """Bytes of memory that are stored."""
        return len(self.data)

    @property
    def is_whole(self) -> bool:
        """Whether it fits together; nothing is trusted that a worker or a file says of one."""
        ends = [0, *itertools.chain.from_iterable(self.ranges), self.size]
        return (
            0 < self.size <= _MEMORY
            and 0 <= self.stack_pointer < _MEMORY
            and all(a <= b and not b % PAGE for a, b in itertools.pairwise(ends))
            and len(self.data) == sum([end - begin for begin, end in self.ranges])
        )

    def load(self) -> GuestState:
        """Return the state with its data at hand; one of a worker process may be elsewhere.

        Raises:
            SnapshotError: The worker ended before it was kept.
        """
        return self


# For a capture that need not be as small as it can be, and has no earlier one to replace.
NO_ROOM = GuestState(0, 0, (), b"")
