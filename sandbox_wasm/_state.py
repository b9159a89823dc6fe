"""What a guest is between two requests, as data."""

from __future__ import annotations

from collections.abc import Sequence


class GuestState:
    """A guest as it is while nothing runs in it.

    Another instance of the same artifact goes on from here. Linear memory is stored as
    what may differ from the artifact's own image.

    Args:
        size: Bytes of linear memory.

        stack_pointer: The one mutable global that an interpreter has.

        ranges: Begin and end of each part of memory that is stored, in bytes, in
            rising order.

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

    def load(self) -> GuestState:
        """Return the state with its data at hand; one of a worker process may be elsewhere.

        Raises:
            SnapshotError: The worker ended before it was kept.
        """
        return self


# For a capture that need not be as small as it can be, and has no earlier one to replace.
NO_ROOM = GuestState(0, 0, (), b"")
