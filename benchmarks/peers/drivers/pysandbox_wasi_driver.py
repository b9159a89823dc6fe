"""The driver of pysandbox-wasi, which is asyncio throughout: so is the timing of it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import time
from collections.abc import Callable
from typing import Any

from _driver import MEMORY, SECONDS, Live, Peer, Work, serve
from pysandbox import PythonRuntime, RuntimeLimits


class WorkerLive(Live):
    def __init__(self, worker: Any) -> None:
        self._worker = worker

    async def run(self, code: str) -> str:
        output = self._worker.result.output
        before = len(output.text)
        await self._worker.call_function("exec(code, globals())", None, code=code)
        return str(output.text[before:])

    async def value(self, expression: str) -> Any:
        return await self._worker.call_function(f"return {expression}", None)

    async def calls(self, count: int) -> None:
        await self._worker.call_function(f"for i in range({count}): await add(i, 1)", None)

    async def close(self) -> None:
        await self._worker.close()


class PysandboxPeer(Peer):
    cold = (
        "import asyncio\nfrom pysandbox import PythonRuntime\n"
        "async def main():\n"
        "    runtime = PythonRuntime()\n"
        "    print((await runtime.execute('print(1 + 1)')).output.text)\n"
        "    await runtime.close()\n"
        "asyncio.run(main())"
    )

    def version(self) -> str:
        return importlib.metadata.version("pysandbox-wasi")

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._runtime = PythonRuntime()

        @self._runtime.rpc.expose  # type: ignore[untyped-decorator]
        def add(context: object, /, a: int, b: int) -> int:
            return a + b

    async def fresh(self) -> tuple[object, None]:
        done = await self._runtime.execute("print(1 + 1)", limits=RuntimeLimits(timeout=SECONDS))
        return int(done.output.text), None

    async def sandbox(self) -> None:
        await self.fresh()

    async def open(self, seconds: float = SECONDS) -> WorkerLive:
        # The time limit is one of a worker's whole life; that of a call leaves it running.
        life = 3600.0 if seconds == SECONDS else seconds
        limits = RuntimeLimits(timeout=life, max_memory_bytes=MEMORY)
        return await self._opened(self._runtime.run("x = 0", limits=limits))

    async def default(self) -> WorkerLive:
        return await self._opened(self._runtime.run("x = 0"))

    async def _opened(self, worker: Any) -> WorkerLive:
        await worker.call_function("return x", None)
        return WorkerLive(worker)

    def once(self, work: Work) -> Any:
        async def do() -> Any:
            return await _awaited(work())

        return self._loop.run_until_complete(do())

    def each(
        self,
        work: Work,
        count: int,
        pause: float = 0.0,
        after: Callable[[Any], Any] | None = None,
        budget: float = 60.0,
    ) -> list[float]:
        async def do() -> list[float]:
            taken: list[float] = []
            end = time.perf_counter() + budget
            while len(taken) < count and (len(taken) < 3 or time.perf_counter() < end):
                began = time.perf_counter()
                value = await work()
                taken.append(time.perf_counter() - began)
                if after is not None:
                    await _awaited(after(value))
                if pause:
                    await asyncio.sleep(pause)
            return taken

        return self._loop.run_until_complete(do())

    def rate(self, work: Work, seconds: float, callers: int) -> int:
        end = time.perf_counter() + seconds

        async def call() -> int:
            done = 0
            while time.perf_counter() < end:
                await work()
                done += 1
            return done

        async def do() -> int:
            return sum(await asyncio.gather(*(call() for _ in range(callers))))

        return self._loop.run_until_complete(do())


async def _awaited(value: Any) -> Any:
    return await value if asyncio.iscoroutine(value) else value


if __name__ == "__main__":
    serve(PysandboxPeer())
