"""What a guest is between two requests, as data."""

from __future__ import annotations

import itertools
import operator
import re
import struct
from collections.abc import Callable, Iterator, Sequence

PAGE = 4096  # what was written to is known by these
# What is left out of a state at rest is left out by these. Half of it would save a tenth of the
# bytes and take an eighth longer; twice as much would cost a sixth more bytes.
PART = 128
_MEMORY = 1 << 32
_PARTS = struct.Struct(f"{PART}s" * (PAGE // PART))  # of a page
_ALL = b"\1" * (PAGE // PART)
_UNLIKE = re.compile(b"\1+")
_ZEROES = bytes(PAGE)

Ranges = Sequence[tuple[int, int]]
Pristine = Callable[[Ranges], "list[bytes] | None"]


class GuestState:
    """A guest as it is while nothing runs in it.

    Another instance of the same artifact goes on from here. Linear memory is stored as
    what may differ from the artifact's own image.

    Args:
        size: Bytes of linear memory.

        stack_pointer: The one mutable global that an interpreter has.

        ranges: Begin and end of each part of memory that is stored, in bytes, in
            rising order and by multiples of `PART`.

        data: The parts, one after another.

        pristine: Returns of each of such ranges what every instance begins with there, as far
            as its memory goes, or None if that cannot be had; None if nobody knows.
    """

    __slots__ = ("data", "pristine", "ranges", "size", "stack_pointer")

    def __init__(
        self,
        size: int,
        stack_pointer: int,
        ranges: Ranges,
        data: bytes | bytearray | memoryview,
        pristine: Pristine | None = None,
    ) -> None:
        self.size = size
        self.stack_pointer = stack_pointer
        self.ranges = ranges
        self.data = data
        self.pristine = pristine

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
            and all(a <= b and not b % PART for a, b in itertools.pairwise(ends))
            and len(self.data) == sum([end - begin for begin, end in self.ranges])
        )

    def load(self) -> GuestState:
        """Return the state with its data at hand; one of a worker process may be elsewhere.

        Raises:
            SnapshotError: The worker ended before it was kept.
        """
        return self

    def own_parts(self) -> tuple[Ranges, list[memoryview]]:
        """Return ranges, and what lies in them, without what every instance begins with.

        That is left out if it is known, by `PART`. There are no more ranges than memory has
        pages, so that whoever reads a state need not take more.
        """
        rest = memoryview(self.data)
        before = None if self.pristine is None else self.pristine(self.ranges)
        if before is None:
            return tuple(self.ranges), [rest]
        ranges: list[tuple[int, int]] = []
        parts: list[memoryview] = []
        for (begin, end), first in zip(self.ranges, before, strict=True):
            now, rest = rest[: end - begin], rest[end - begin :]
            for a, b in _unlike(now, first):
                ranges.append((begin + a, begin + b))
                parts.append(now[a:b])
        if len(ranges) > self.size // PAGE:
            return tuple(self.ranges), [memoryview(self.data)]
        return ranges, parts

    def lean(self) -> GuestState:
        """Return a copy with nothing but its `own_parts`."""
        ranges, parts = self.own_parts()
        return GuestState(self.size, self.stack_pointer, ranges, b"".join(parts))


def _unlike(now: memoryview, first: bytes) -> Iterator[tuple[int, int]]:
    """Yield begin and end of what differs, and of what lies beyond *first*.

    Where there was nothing all of it is said to, because little of it is nothing still.
    """
    flags: list[bytes] = []
    for at in range(0, len(first) // PAGE * PAGE, PAGE):
        if first[at : at + PAGE] == _ZEROES:
            flags.append(_ALL)
        else:
            parts = _PARTS.unpack_from(now, at), _PARTS.unpack_from(first, at)
            flags.append(bytes(map(operator.ne, *parts)))
    flags.append(b"\1" * (len(now) // PART - len(flags) * len(_ALL)))
    for found in _UNLIKE.finditer(b"".join(flags)):
        yield found.start() * PART, found.end() * PART


# For a capture that need not be as small as it can be, and has no earlier one to replace.
NO_ROOM = GuestState(0, 0, (), b"")
