"""The driver of pyeryx: one `Sandbox` that makes each run a fresh guest, or a `Session`."""

from __future__ import annotations

import ast
from typing import Any

import eryx
from _driver import SECONDS, Live, Peer, serve

ADD = [{"name": "add", "fn": lambda a, b: a + b, "description": "Adds."}]


class EryxLive(Live):
    def __init__(self, session: Any) -> None:
        self._session = session

    def run(self, code: str) -> str:
        printed = self._session.execute(code).stdout
        return printed.decode() if isinstance(printed, bytes) else str(printed)

    def value(self, expression: str) -> Any:
        # Its own way out for values is JSON, which has no tuples: `repr` loses nothing.
        return ast.literal_eval(self.run(f"print(repr({expression}))"))

    def calls(self, count: int) -> None:
        self._session.execute(f"for i in range({count}): await add(a=i, b=1)")

    def snapshot(self) -> bytes:
        kept: bytes = self._session.snapshot_state()
        return kept


class Eryx(Peer):
    cold = "import eryx\nprint(eryx.Sandbox().execute('result = 1 + 1').result)"

    def version(self) -> str:
        return str(eryx.__version__)

    def start(self) -> None:
        self._sandbox = eryx.Sandbox()

    def fresh(self) -> tuple[object, None]:
        return self._sandbox.execute("result = 1 + 1").result, None

    def open(self, seconds: float = SECONDS) -> EryxLive:
        return EryxLive(eryx.Session(execution_timeout_ms=int(seconds * 1000), callbacks=ADD))

    def default(self) -> EryxLive:
        return EryxLive(eryx.Session(callbacks=ADD))

    def restore(self, snapshot: bytes) -> EryxLive:
        made = self.default()
        made._session.restore_state(snapshot)
        return made


if __name__ == "__main__":
    serve(Eryx())
