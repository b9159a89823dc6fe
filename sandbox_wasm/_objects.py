"""Host objects that guest code has by reference, and host exceptions that it knows by name.

A reference is a random token and the name that guest code knows the class by. What the token
stands for is in a table of the session, so that it is worth nothing in another one: not in a
fork, and not in a session that goes on from a snapshot.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ._decode import StaleReference
from ._result import GuestObject

MAX_OBJECTS = 10_000
_TOKEN_BYTES = 16


class HostException:
    """An exception class that guest code can catch by name.

    Args:
        name: What guest code calls it.

        base: The name of its base there: a builtin, or one that was declared before.

        kind: The class.
    """

    __slots__ = ("base", "kind", "name")

    def __init__(self, name: str, base: str, kind: type[Exception]) -> None:
        self.name = name
        self.base = base
        self.kind = kind


class Objects:
    """The host objects that one session has handed out."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[Any, str]] = {}
        self._tokens: dict[int, str] = {}  # by identity: the objects live as long as this
        self._for_good: set[str] = set()
        self._before = 0

    def begin(self) -> None:
        """Note what there is when a run begins."""
        self._before = len(self._objects)

    def undo(self) -> None:
        """Forget what was handed out since then: the guest has gone back to before."""
        for token in list(self._objects)[self._before :]:
            if token not in self._for_good:
                value, _ = self._objects.pop(token)
                del self._tokens[id(value)]

    def clear(self) -> None:
        """Forget all; nobody can use one any more."""
        self._objects.clear()
        self._tokens.clear()
        self._for_good.clear()
        self._before = 0

    def refer(
        self, value: Any, classes: Mapping[type, str], *, for_good: bool = False
    ) -> list[str] | None:
        """Return the reference to *value*; None if its class is none that is handed out.

        Args:
            for_good: It is the session's owner who hands it out, for a run that may have to
                wait for the end of another: `undo` does not take it back.

        Raises:
            RuntimeError: There are too many.
        """
        name = next((classes[kind] for kind in type(value).__mro__ if kind in classes), None)
        if name is None:
            return None
        token = self._tokens.get(id(value))
        if token is None:
            if len(self._objects) >= MAX_OBJECTS:
                raise RuntimeError(f"the session holds {MAX_OBJECTS} host objects, and no more")
            token = os.urandom(_TOKEN_BYTES).hex()
            self._objects[token] = value, name
            self._tokens[id(value)] = token
        if for_good:
            self._for_good.add(token)
        return [token, name]

    def resolve(self, told: list[Any]) -> Any:
        """Return the object that guest code refers to.

        Raises:
            StaleReference: There is none.
        """
        found = self._objects.get(told[0])
        if found is None:
            raise StaleReference
        return found[0]

    def describe(self, told: list[Any]) -> Any:
        """Return the object that is in a run's value, or what stands for one that is gone."""
        found = self._objects.get(told[0])
        return GuestObject("HostObject", f"<host object {told[1]}>") if found is None else found[0]
