"""The driver of the CPython that runs it: no sandbox, what the others are compared with."""

from __future__ import annotations

import sys
from typing import Any

from _driver import SECONDS, Live, Peer, serve


class NativeLive(Live):
    def __init__(self) -> None:
        self._space: dict[str, Any] = {"add": lambda a, b: a + b}

    def run(self, code: str) -> str:
        exec(code, self._space)  # our own source: this is the host, for comparison
        return ""

    def value(self, expression: str) -> Any:
        return eval(expression, self._space)

    def calls(self, count: int) -> None:
        self.run(f"for i in range({count}): add(i, 1)")


class Native(Peer):
    cold = "print(1 + 1)"

    def version(self) -> str:
        return sys.version.split()[0]

    def open(self, seconds: float = SECONDS) -> NativeLive:
        return NativeLive()


if __name__ == "__main__":
    serve(Native())
