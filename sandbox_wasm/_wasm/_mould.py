"""A state that many instances begin in, and are put back to for the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .._locks import RLock
from .._state import GuestState

if TYPE_CHECKING:
    from ._engine import EngineFamily
    from ._instance import Instance
    from ._memory import GuestMemory


class Mould:
    """What the instances of a pool begin with.

    An instance that was begun in it is put back to it when its session is over, by one copy
    of the pages that may differ, and rests until another session wants the same.

    Args:
        state: The state, which never changes.

    Attributes:
        state: The same.

        is_open: Whether further sessions may want it.
    """

    def __init__(self, state: GuestState) -> None:
        self.state = state
        self.is_open = True
        self._lock = RLock()  # the collector may close it while a reference is made
        self._references: dict[EngineFamily, Instance] = {}

    def reference(self, family: EngineFamily, make: Callable[[], Instance]) -> GuestMemory | None:
        """Return the memory of an instance in this state that never runs guest code.

        None after `close`: nobody would give it back any more.

        Args:
            make: Makes one, of that family.
        """
        with self._lock:
            references = self._references
            if self.is_open and family not in references:
                references[family] = made = make()
                if references is not self._references:  # the collector has closed it meanwhile
                    made.part()
            found = self._references.get(family)
            return None if found is None else found.memory

    def close(self) -> None:
        """Keep nothing for further sessions; those that go on are freed when they end."""
        with self._lock:
            self.is_open = False
            references, self._references = self._references, {}
        for family, instance in references.items():
            family.drop(self)
            # Its memory goes with the last who copies from it, on whichever thread.
            instance.part()
