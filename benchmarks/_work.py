"""Work that is done in a sandbox and outside: source, and the expression that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox_wasm import Session, SessionPool

FIB = "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
LOOP = "def loop():\n    s = 0\n    for i in range(300_000):\n        s += i & 7\n    return s\n"
TEXT = """
def text():
    counts = {}
    for i in range(20_000):
        word = "w" + str(i % 500)
        counts[word] = counts.get(word, 0) + len(word.upper())
    return sorted(counts.items())[:3]
"""
WORK = {
    "fib(25)": (FIB, "fib(25)"),
    "loop": (LOOP, "loop()"),
    "strings and dicts": (TEXT, "text()"),
}


def runs(sandbox: Session | SessionPool, code: str, count: int) -> Callable[[], None]:
    """Return what runs *code* so often, one after another."""

    def work() -> None:
        for _ in range(count):
            sandbox.run(code)

    return work
