"""What a run waits for on its session's thread: each wait ends when the run is to end."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ._thread import ring

if TYPE_CHECKING:
    import asyncio

_DAY = 86_400.0  # longer than any run


class Waits:
    """The waits of one session, one at a time."""

    def __init__(self) -> None:
        # Held while nobody is to be woken. An Event would do, were it not left locked
        # by a Ctrl-C that lands within its own methods.
        self._wake = threading.Lock()
        self._bell: threading.Lock | None = None  # likewise, while a coroutine is waited for

    def begin(self) -> None:
        """Begin a run, in which nobody is to be woken yet."""
        self._wake.acquire(blocking=False)

    def ring(self) -> None:
        """End the wait that goes on, and those to come until the next run; from any thread."""
        ring(self._wake)
        bell = self._bell
        if bell is not None:
            ring(bell)

    def sleep(self, nanoseconds: int) -> None:
        """Wait for so long."""
        if self._wake.acquire(timeout=min(nanoseconds / 1e9, _DAY)):
            ring(self._wake)

    def wait_for(
        self,
        coroutine: Coroutine[Any, Any, Any],
        loop: asyncio.AbstractEventLoop | None,
        is_over: Callable[[], bool],
    ) -> Any:
        """Return what *coroutine* returns; cancel it if the run is to end first.

        Args:
            loop: Where it runs; None for one that sessions share.

            is_over: Whether the run is to end; it is so before `ring` tells.

        Raises:
            InterruptedError: The run is to end.
            BaseException: What the coroutine raised.
        """
        # asyncio takes 30 ms to import: this was, with the function.
        from ._coroutines import Raised, start

        bell = threading.Lock()
        bell.acquire()
        self._bell = bell
        future = start(coroutine, loop)
        future.add_done_callback(lambda _: ring(bell))
        if not is_over():
            bell.acquire()
        self._bell = None
        if not future.done():
            future.cancel()
            raise InterruptedError(errno.EINTR, "the run is over")
        result = future.result()
        if isinstance(result, Raised):
            raise result.error
        return result
