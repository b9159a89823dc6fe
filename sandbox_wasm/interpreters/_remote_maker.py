"""What makes the guests of a session in worker processes."""

from __future__ import annotations

import os

from .._errors import SessionBroken, SnapshotError
from .._limits import Limits
from .._locks import RLock
from .._state import GuestState
from . import _zygote
from ._base import Guest, HostSide
from ._remote import RemoteGuest
from ._store import HeldState, Original, Store
from ._zygote import Child


class RemoteMaker:
    """Makes the guests of one session, each in a worker process.

    Args:
        name: Of the interpreter, as the manifest has it.

        limits: What each run may use.

        original: Of the state that guests are mostly asked to go on from, if that is shared.

    Raises:
        ArtifactError: The interpreter is missing or damaged.
        SessionBroken: No process can be started.
    """

    def __init__(self, name: str, limits: Limits, original: Original | None = None) -> None:
        self._name = name
        self._limits = limits
        self._original = original
        self._lock = RLock()  # signal handlers may come back to it
        self._child: Child | None = None
        self._made = self._get()  # compiles, if that was never done
        try:
            self._store = Store(self._made.base_bytes + limits.memory_bytes)
        except OSError as error:
            raise SessionBroken(f"no worker process can be had: {error.strerror}") from error

    def _get(self) -> _zygote.Zygote:
        return _zygote.get(self._name, self._limits.fuel is not None)

    def _zygote(self) -> _zygote.Zygote:
        # Only if it is gone is anybody waited for: whoever starts another may be interrupted by
        # a signal handler that waits for this.
        if not self._made.is_alive():
            self._made = self._get()
        return self._made

    def start(self, host: HostSide, state: GuestState | None = None) -> Guest:
        """Return a new guest, on the thread that is to own it.

        Raises:
            SnapshotError: The state does not fit the limits, or not together.
        """
        store, original, told, handle = self._store, self._original, None, -1
        if state is not None:
            if original is not None and original.state is state:
                told, handle = original.told, self._open(original)
            if handle < 0:
                if not (isinstance(state, HeldState) and state.store is store):
                    store.put(state.load())
                told = store.told
                if told is None:
                    raise SnapshotError("the worker process ended before its state was kept")
        child = None
        try:
            child = self._zygote().fork()
            self._making(child)
            return RemoteGuest(child, host, self._limits, store, told, handle)
        except BaseException:
            if child is not None:
                self._making(None)  # before its descriptor is another's
                child.kill()
                child.close()
            raise
        finally:
            self._making(None)
            if handle >= 0:
                os.close(handle)

    def _making(self, child: Child | None) -> None:
        """Have `kill` end that one."""
        with self._lock:
            self._child = child

    def _open(self, original: Original) -> int:
        try:
            return original.open()
        except OSError as error:
            raise SessionBroken(f"no worker process can be had: {error.strerror}") from error

    def kill(self) -> None:
        """End a worker that is being made; from any thread."""
        with self._lock:
            if self._child is not None:
                self._child.kill()

    def discard(self) -> None:
        """Let go of what a guest would have been made of; none will be."""
        self._store.close()
