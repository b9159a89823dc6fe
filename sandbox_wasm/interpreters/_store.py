"""Memory that a worker keeps its guest's state in, and that outlives the worker.

The session's process makes it, and each of the session's workers maps it, one after
another. So a checkpoint crosses no socket, and is not copied until a worker goes on
from it. The session believes nothing of what lies in it: it is guest memory.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from array import array
from collections.abc import Callable, Sequence

from .._errors import SnapshotError
from .._state import GuestState

_PAGE = 4096


class Store:
    """Room for one state.

    Args:
        size: Bytes of it.

    Attributes:
        handle: Descriptor to map it by.

        told: What the worker said of the state that it holds: size of linear memory,
            stack pointer, `packed` ranges, bytes of data. None if it holds none.

        stored_bytes: Bytes of data that it held when that was told last.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.told: tuple[int, int, bytes, int] | None = None
        self.stored_bytes = 0
        self.handle = -1
        self.handle = _make(size)

    def put(self, state: GuestState) -> None:
        """Keep *state*.

        Raises:
            SnapshotError: There is no room for it.
        """
        if len(state.data) > self.size:
            raise SnapshotError("the state is larger than the limits allow")
        self.told = None
        view, at = memoryview(state.data), 0
        while at < len(view):
            at += os.pwrite(self.handle, view[at : at + (1 << 24)], at)
        self.told = state.size, state.stack_pointer, packed(state.ranges), len(view)
        self.stored_bytes = len(view)

    def get(self) -> GuestState:
        """Return a copy of what it holds.

        Raises:
            SnapshotError: It holds no state.
        """
        if self.told is None:
            raise SnapshotError("the worker process has not kept its state")
        size, stack_pointer, ranges, length = self.told
        parts, at = [], 0
        while at < length and (part := os.pread(self.handle, length - at, at)):
            parts.append(part)
            at += len(part)
        return GuestState(size, stack_pointer, unpacked(ranges), b"".join(parts))

    def close(self) -> None:
        """Give it back to the system."""
        handle, self.handle = self.handle, -1
        if handle >= 0:
            os.close(handle)

    __del__ = close


class HeldState(GuestState):
    """A state that lies in a `Store`, or is on its way there; `load` copies it out.

    Args:
        store: Where.

        settle: Waits until it is there.
    """

    __slots__ = ("_settle", "store")

    def __init__(self, store: Store, settle: Callable[[], None]) -> None:
        super().__init__(0, 0, (), b"")
        self.store = store
        self._settle = settle

    @property
    def stored_bytes(self) -> int:
        return self.store.stored_bytes

    def load(self) -> GuestState:
        self._settle()
        state = self.store.get()
        _check(state)
        return state


def _check(state: GuestState) -> None:
    """Raise `SnapshotError` if what a worker told of its state makes no sense."""
    ends = [0, *itertools.chain.from_iterable(state.ranges), state.size]
    if (
        not (0 < state.size <= 1 << 32 and 0 <= state.stack_pointer < 1 << 32)
        or any(a > b or b % _PAGE for a, b in itertools.pairwise(ends))
        or sum(end - begin for begin, end in state.ranges) != len(state.data)
    ):
        raise SnapshotError("the state of the worker process does not fit together")


def packed(ranges: Sequence[tuple[int, int]]) -> bytes:
    """Return ranges as bytes: native words, for another process of the same machine."""
    return array("Q", list(itertools.chain.from_iterable(ranges))).tobytes()


def unpacked(data: bytes) -> list[tuple[int, int]]:
    """Return the ranges that `packed` was given; of any bytes, some that may make no sense."""
    words = array("Q", data[: len(data) // 16 * 16])
    return list(zip(words[::2], words[1::2], strict=True))


def _make(size: int) -> int:
    if sys.platform != "linux":
        handle, name = tempfile.mkstemp(prefix="sandbox-wasm-")
        os.unlink(name)
    else:
        handle = os.memfd_create("sandbox-wasm", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(handle, size)
        if sys.platform == "linux":
            import fcntl

            seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
            fcntl.fcntl(handle, fcntl.F_ADD_SEALS, seals)  # no worker can cut it for the next
    except BaseException:
        os.close(handle)
        raise
    return handle
