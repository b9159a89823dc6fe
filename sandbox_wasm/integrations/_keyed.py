"""Sessions by key, for frameworks that say whose run it is and never that it is over."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable

from .. import ConfigError, SessionClosed
from ._tool import CodeTool


class ToolsByKey:
    """A tool for each key, with a session of its own; the number of them is bounded.

    Where one more is needed than there may be, the one is closed that was used the longest
    ago; and each that was not used for a while. Its key begins anew when it comes again.

    Args:
        tool: What each is `another` of.

        max_sessions: How many there are at most.

        idle_seconds: How long one is kept that is not used.
    """

    def __init__(self, tool: CodeTool, max_sessions: int, idle_seconds: float) -> None:
        if max_sessions < 1 or idle_seconds <= 0:
            raise ConfigError(
                "max_sessions and idle_seconds must be positive, "
                f"got {max_sessions} and {idle_seconds}"
            )
        self._tool = tool
        self._max = max_sessions
        self._idle = idle_seconds
        self._lock = threading.Lock()
        self._tools: OrderedDict[Hashable, tuple[CodeTool, float]] | None = OrderedDict()

    def __getitem__(self, key: Hashable) -> CodeTool:
        """The tool for *key*.

        Raises:
            SessionClosed: This is closed.
        """
        now = time.monotonic()
        over: list[CodeTool] = []
        with self._lock:
            if self._tools is None:
                raise SessionClosed("the tool is closed")
            tool, _ = self._tools.pop(key, (None, now))
            while self._tools:
                oldest, (each, used) = next(iter(self._tools.items()))
                if now - used < self._idle and len(self._tools) < self._max:
                    break
                del self._tools[oldest]
                over.append(each)
            if tool is None:
                tool = self._tool.another()
            self._tools[key] = tool, now
        for each in over:
            each.close()
        return tool

    def __len__(self) -> int:
        return 0 if self._tools is None else len(self._tools)

    def forget(self, key: Hashable) -> None:
        """Close the session of *key*, if there is one."""
        with self._lock:
            tool, _ = (None, 0) if self._tools is None else self._tools.pop(key, (None, 0))
        if tool is not None:
            tool.close()

    def close(self) -> None:
        """Close all of them, for good."""
        with self._lock:
            tools, self._tools = self._tools or OrderedDict(), None
        for tool, _ in tools.values():
            tool.close()
