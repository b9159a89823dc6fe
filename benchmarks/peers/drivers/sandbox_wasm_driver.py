"""The driver of this library: python sandbox_wasm_driver.py INTERPRETER ISOLATION."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from _driver import CALLS, MEMORY, SECONDS, Live, Peer, serve

import sandbox_wasm
from sandbox_wasm import Limits, Session, SessionPool, Snapshot


class OurLive(Live):
    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, code: str) -> str:
        return self._session.run(code).stdout

    def value(self, expression: str) -> Any:
        return self._session.run(expression).value

    def calls(self, count: int) -> None:
        self.run(f"for i in range({count}): add(i, 1)")

    def close(self) -> None:
        self._session.close()

    def snapshot(self) -> bytes:
        return self._session.snapshot().to_bytes()

    def fork(self) -> Live:
        made = OurLive(self._session.fork())
        made.run("x = 1")
        return made


class Ours(Peer):
    def __init__(self, interpreter: str, isolation: Any) -> None:
        self._options: dict[str, Any] = {"interpreter": interpreter, "isolation": isolation}
        self._pool: SessionPool | None = None
        words = "".join(f", {name}={value!r}" for name, value in self._options.items())
        self.cold = (
            f"from sandbox_wasm import Session\n"
            f"with Session({words[2:]}) as s:\n    print(s.run('1 + 1').value)"
        )

    def version(self) -> str:
        return sandbox_wasm.__version__

    def fresh(self) -> tuple[object, Callable[[], None]]:
        session = Session(**self._options)
        return session.run("1 + 1").value, session.close

    def sandbox(self) -> None:
        # What the documentation says to use for many short runs of many people.
        if self._pool is None:
            self._pool = SessionPool(size=4, **self._options)
        self._pool.run("1 + 1")

    def open(self, seconds: float = SECONDS) -> OurLive:
        limits = Limits(wall_seconds=seconds, memory_bytes=MEMORY, host_calls=CALLS)
        add = {"add": lambda a, b: a + b}
        return OurLive(Session(functions=add, limits=limits, **self._options))

    def default(self) -> OurLive:
        return OurLive(Session(functions={"add": lambda a, b: a + b}, **self._options))

    def restore(self, snapshot: bytes) -> OurLive:
        isolation = self._options["isolation"]
        add = {"add": lambda a, b: a + b}
        kept = Snapshot.from_bytes(snapshot)
        return OurLive(Session.restore(kept, functions=add, isolation=isolation))


if __name__ == "__main__":
    serve(Ours(sys.argv[1], sys.argv[2]))
