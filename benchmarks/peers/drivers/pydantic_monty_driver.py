"""The driver of pydantic-monty: a pool of worker processes, checked out for each session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pydantic_monty
from _driver import CALLS, MEMORY, SECONDS, Live, Peer, serve
from pydantic_monty import CollectString, Monty


class MontyLive(Live):
    def __init__(self, checkout: Any) -> None:
        self._checkout = checkout
        self._session = checkout.__enter__()
        self._functions = {"add": lambda a, b: a + b}

    def run(self, code: str) -> str:
        printed = CollectString()
        self._session.feed_run(code, print_callback=printed, external_lookup=self._functions)
        return str(printed.output)

    def value(self, expression: str) -> Any:
        return self._session.feed_run(expression, external_lookup=self._functions)

    def calls(self, count: int) -> None:
        self.value(f"for i in range({count}): add(i, 1)")

    def close(self) -> None:
        self._checkout.__exit__(None, None, None)

    def snapshot(self) -> bytes:
        kept: bytes = self._session.dump()
        return kept


class MontyPeer(Peer):
    cold = (
        "from pydantic_monty import Monty\n"
        "with Monty() as pool, pool.checkout() as s:\n    print(s.feed_run('1 + 1'))"
    )

    def version(self) -> str:
        return str(pydantic_monty.__version__)

    def start(self) -> None:
        # Each live session holds a worker; the default of one for each core would make
        # them wait for one another.
        self._pool = Monty(max_processes=200).__enter__()

    def fresh(self) -> tuple[object, Callable[[], None]]:
        checkout = self._pool.checkout()
        session = checkout.__enter__()
        return session.feed_run("1 + 1"), lambda: checkout.__exit__(None, None, None)

    def open(self, seconds: float = SECONDS) -> MontyLive:
        limits = {
            "max_feed_duration_secs": seconds,
            "max_total_sleep_secs": seconds,
            "max_memory": MEMORY,
            "max_suspensions": CALLS,
        }
        return MontyLive(self._pool.checkout(limits=limits))

    def default(self) -> MontyLive:
        return MontyLive(self._pool.checkout())

    def restore(self, snapshot: bytes) -> MontyLive:
        made = MontyLive(self._pool.checkout())
        made._session.load_session(snapshot)
        return made


if __name__ == "__main__":
    serve(MontyPeer())
