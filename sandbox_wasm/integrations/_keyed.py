"""Sessions by key, for frameworks that say whose run it is and never that it is over."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from .. import ConfigError, SessionClosed
from ._tool import CodeTool


class Held(Protocol):
    """What holds a session."""

    def close(self) -> None:
        """End it."""


H = TypeVar("H", bound=Held)


class Keyed(Generic[H]):
    """One of *make* for each key; the number of them is bounded.

    Where one more is needed than there may be, the one is closed that was used the longest
    ago; and each that was not used for a while. Its key begins anew when it comes again.

    Args:
        make: Returns another.

        max_sessions: How many there are at most.

        idle_seconds: How long one is kept that is not used.
    """

    def __init__(self, make: Callable[[], H], max_sessions: int, idle_seconds: float) -> None:
        self._make = make
        self._max = max_sessions
        self._idle = idle_seconds
        self._lock = threading.Lock()
        self._is_closed = False
        # The one that was used last is at the end.
        self._kept: OrderedDict[Hashable, tuple[H, float]] = OrderedDict()

    def __getitem__(self, key: Hashable) -> H:
        """That of *key*, made if there is none.

        Raises:
            SessionClosed: This is closed.
        """
        now = time.monotonic()
        over: list[H] = []
        with self._lock:
            if self._is_closed:
                raise SessionClosed("the tool is closed")
            known = self._kept.pop(key, None)
            while self._kept:
                oldest, (each, used) = next(iter(self._kept.items()))
                if now - used < self._idle and len(self._kept) < self._max:
                    break
                del self._kept[oldest]
                over.append(each)
            found = self._make() if known is None else known[0]
            self._kept[key] = found, now
        for each in over:
            each.close()
        return found

    def __len__(self) -> int:
        return len(self._kept)

    def forget(self, key: Hashable) -> None:
        """Close that of *key*, if there is one."""
        with self._lock:
            known = self._kept.pop(key, None)
        if known is not None:
            known[0].close()

    def close(self) -> None:
        """Close all of them, for good."""
        with self._lock:
            self._is_closed = True
        close_all(self._kept)


def close_all(kept: OrderedDict[Hashable, tuple[H, float]]) -> None:
    """Close all that are kept."""
    while kept:
        kept.popitem()[1][0].close()


class ToolsByKey(Keyed[CodeTool]):
    """A tool for each key, with a session of its own.

    Args:
        tool: What each is `another` of.

        max_sessions, idle_seconds: As for `Keyed`.
    """

    def __init__(self, tool: CodeTool, max_sessions: int, idle_seconds: float) -> None:
        if max_sessions < 1 or idle_seconds <= 0:
            raise ConfigError(
                "max_sessions and idle_seconds must be positive, "
                f"got {max_sessions} and {idle_seconds}"
            )
        super().__init__(tool.another, max_sessions, idle_seconds)
