"""The last state of a session that was whole, to go back to after a trap."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ._errors import SandboxError
from ._ledger import Mark
from ._room import give_back, room
from ._state import NO_ROOM, GuestState
from .interpreters import Interpreter
from .interpreters._base import Guest, HostSide

_log = logging.getLogger("sandbox_wasm")


class Checkpoint:
    """What a session is set back to; on the session's thread alone.

    Args:
        wanted: Whether there is to be one.

        most: Bytes of guest memory that it may have.

        state: What the guest begins with; None for one that starts anew.

        mark: What belongs to it on the host's side.

    Attributes:
        mark: The same, of the state that is kept.

        is_wanted: Whether there is to be one.

        is_usable: Whether there is one, or none is needed to begin anew.
    """

    def __init__(self, wanted: bool, most: int, state: GuestState | None, mark: Mark) -> None:
        self.is_wanted = wanted
        self._most = most
        self.is_usable = wanted
        self._state = state
        self.mark = mark

    @property
    def stored_bytes(self) -> int:
        """Bytes of guest memory that are kept."""
        return 0 if self._state is None else self._state.stored_bytes

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept, because a guest that begins anew is the same."""
        return self.is_usable and self._state is None

    def take(self, guest: Guest, mark: Callable[[], Mark]) -> None:
        """Keep what the guest is now, in place of what was kept.

        Args:
            mark: Returns what belongs to it on the host's side.
        """
        if not self.is_wanted:
            return
        # The room of the old one is used for the new: in between there is none.
        was_usable, self.is_usable = self.is_usable, False
        try:
            self._state = guest.capture(self._state or NO_ROOM, self._most)
            self.mark = mark()
        except Exception as error:
            if was_usable and self.is_wanted:  # else it was said before, or is all the same
                _log.warning("no checkpoint was taken: a trap would break the session (%s)", error)
            self._state = None
            return
        self.is_usable = True

    def take_first(self, guest: Guest, mark: Callable[[], Mark]) -> None:
        """Keep what a guest begins with: one that starts anew would not begin the same."""
        if self._state is None:
            self.take(guest, mark)

    def copy(self) -> tuple[GuestState | None, Mark]:
        """Return what is kept, in room of its own; None if nothing is."""
        if not self.is_usable or self._state is None:
            return None, self.mark
        try:
            return self._state.load().lean(), self.mark
        except (SandboxError, OSError):  # a worker that was to keep it could not
            return None, self.mark

    def replace(self, state: GuestState, mark: Mark) -> None:
        """Keep a state that comes from elsewhere."""
        data = room(len(state.data), None if self._state is None else self._state.data)
        data[:] = state.data
        self._state = GuestState(state.size, state.stack_pointer, list(state.ranges), data)
        self.mark = mark
        self.is_usable = self.is_wanted

    def drop(self) -> None:
        """Free what is kept; nothing is from now on."""
        self.is_wanted = self.is_usable = False
        state, self._state = self._state, None
        if state is not None:
            give_back(state.data)

    def restore(self, interpreter: Interpreter, host: HostSide) -> Guest | None:
        """Return a new guest in that state; None if there is no going back."""
        if not self.is_usable:
            return None
        try:
            return interpreter.start(host, self._state)
        except Exception as error:
            _log.warning("the last checkpoint cannot be restored (%s)", error)
            return None
