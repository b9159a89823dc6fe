"""What a session remembers of its host calls: how many there were, and which run on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from ._objects import Objects


class Calls:
    """The host calls of one session.

    Attributes:
        objects: What they have handed out.
    """

    def __init__(self) -> None:
        self._made: dict[bytes, int] = {}
        self._running: dict[str, Future[Any]] = {}
        self.objects = Objects()

    def begin(self) -> None:
        """Start with a run that has made none."""
        self._made.clear()
        self.objects.begin()

    def count(self, name: bytes) -> None:
        """Count one more call of a function, made or repeated from a journal."""
        self._made[name] = self._made.get(name, 0) + 1

    def made(self, name: bytes) -> int:
        """Return how often the run has called a function."""
        return self._made.get(name, 0)

    def in_time(
        self,
        name: str,
        function: Callable[..., Any],
        is_async: bool,
        seconds: float,
        args: list[Any],
        kwargs: dict[str, Any],
    ) -> Coroutine[Any, Any, Any]:
        """Return a coroutine that makes a call, and does not wait longer than that for it.

        A plain function runs on a thread of its own. It cannot be stopped: while it goes on
        all the same, the session does not call it again.

        Raises:
            TimeoutError: An earlier call goes on.
        """
        from ._coroutines import await_future, in_time, on_thread

        if is_async:
            return in_time(function(*args, **kwargs), seconds, name)
        before = self._running.get(name)
        if before is not None and not before.done():
            raise TimeoutError(f"{name}() is busy still with a call that took too long")
        future = self._running[name] = on_thread(function, args, kwargs)
        return in_time(await_future(future), seconds, name)
