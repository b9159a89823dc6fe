"""Memory that a worker keeps its guest's state in, and that outlives the worker.

The session's process makes it, and each of the session's workers maps it, one after
another. So a checkpoint crosses no socket, and is not copied until a worker goes on
from it. The session believes nothing of what lies in it: it is guest memory.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable

from .._errors import SnapshotError
from .._locks import RLock
from .._state import GuestState, Pristine
from . import _wire as wire

# Of a state that lies somewhere: size of linear memory, stack pointer, ranges as
# `_wire.packed` has them, bytes of data.
Told = tuple[int, int, bytes, int]


class Store:
    """Room for one state.

    Args:
        size: Bytes of it.

    Attributes:
        handle: Descriptor to map it by.

        told: What the worker said of the state that it holds; None if it holds none.

        stored_bytes: Bytes of data that it held when that was told last.
    """

    handle = -1

    def __init__(self, size: int) -> None:
        self.size = size
        self.told: Told | None = None
        self.stored_bytes = 0
        self.handle = _make(size)

    def put(self, state: GuestState) -> None:
        """Keep *state*.

        Raises:
            SnapshotError: There is no room for it.
        """
        if len(state.data) > self.size:
            raise SnapshotError("the state is larger than the limits allow")
        self.told = None
        _write(self.handle, state)
        self.told = _told(state)
        self.stored_bytes = len(state.data)

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
        return GuestState(size, stack_pointer, wire.unpacked(ranges), b"".join(parts))

    def close(self) -> None:
        """Give it back to the system."""
        handle, self.handle = self.handle, -1
        if handle >= 0:
            os.close(handle)

    __del__ = close


class Original:
    """A state that many workers begin with: written once, and by none of them.

    Where the system cannot keep them from it, it is not shared.

    Args:
        state: The state, which never changes.

    Attributes:
        state: The same.

        told: As of a `Store`.
    """

    def __init__(self, state: GuestState) -> None:
        self.state = state
        self.told = _told(state)
        self._lock = RLock()  # signal handlers may come back to it
        self._handle = -1
        if sys.platform == "linux" and len(state.data):
            self._handle = _make(len(state.data), state)

    def open(self) -> int:
        """Return a descriptor to map it by, for the caller to close; -1 if there is none."""
        with self._lock:
            return os.dup(self._handle) if self._handle >= 0 else -1

    def close(self) -> None:
        """Give it back to the system; workers that go on have what they need."""
        with self._lock:
            handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    __del__ = close


class HeldState(GuestState):
    """A state that lies in a `Store`, or is on its way there; `load` copies it out.

    Args:
        store: Where.

        settle: Waits until it is there.

        pristine: As of a `GuestState`.
    """

    __slots__ = ("_settle", "store")

    def __init__(
        self, store: Store, settle: Callable[[], None], pristine: Pristine | None = None
    ) -> None:
        super().__init__(0, 0, (), b"", pristine)
        self.store = store
        self._settle = settle

    @property
    def stored_bytes(self) -> int:
        return self.store.stored_bytes

    def load(self) -> GuestState:
        self._settle()
        state = self.store.get()
        if not state.is_whole:
            raise SnapshotError("the state of the worker process does not fit together")
        state.pristine = self.pristine
        return state


def _told(state: GuestState) -> Told:
    return state.size, state.stack_pointer, wire.packed(state.ranges), len(state.data)


def _write(handle: int, state: GuestState) -> None:
    view, at = memoryview(state.data), 0
    while at < len(view):
        at += os.pwrite(handle, view[at : at + (1 << 24)], at)


def _make(size: int, state: GuestState | None = None) -> int:
    """Return a descriptor of so many bytes; with *state* they are that, and stay it."""
    if sys.platform != "linux":
        handle, name = tempfile.mkstemp(prefix="sandbox-wasm-")
        os.unlink(name)
    else:
        handle = os.memfd_create("sandbox-wasm", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(handle, size)
        if state is not None:
            _write(handle, state)
        if sys.platform == "linux":
            import fcntl

            # No worker can cut it for the next, or write to what is others' as well.
            seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
            seals |= 0 if state is None else fcntl.F_SEAL_WRITE
            fcntl.fcntl(handle, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(handle)
        raise
    return handle
