"""What many sandboxes cost: through a pool, in warm sessions, and idle."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from sandbox_wasm import Session, SessionPool

from ._measure import Effort, Figure, private_bytes, timed
from ._processes import processes
from ._work import runs

_THREADS = 2
# Microseconds for each: 3,000 sandboxes a second on MicroPython, 2,500 on CPython.
_FRESH = {"micropython": 333.0, "cpython": 400.0}
# Some tenths of a second.
_LONG = "n = 0\nfor i in range({}): n += i\nn"
# What a thousand idle sessions may have, in GB.
_IDLE = {"micropython": 0.8, "cpython": 1.5}


def pools(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield the figures of one interpreter; if the process is kept to one core, on all as well."""
    yield from _busy(interpreter, effort, "")
    cores = set(range(os.cpu_count() or 1))
    given = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else cores
    if given != cores:
        _keep_to(cores)
        yield from _busy(interpreter, effort, f", {len(cores)} cores")
    if len(cores) >= _THREADS:
        yield from processes(interpreter, effort)
        yield _side_by_side(interpreter, effort)
    if given != cores:
        _keep_to(given)
    yield from idle(interpreter, effort)


def _keep_to(cores: set[int]) -> None:
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread), cores)


def _busy(interpreter: str, effort: Effort, where: str) -> Iterator[Figure]:
    most, repeat = _FRESH[interpreter], effort.repeat
    many, often = effort.of(100), effort.of(500)
    with SessionPool(interpreter, size=_THREADS + 2, checkpoints=False) as pool:
        names = f"pool: fresh sandbox with a run, {_THREADS} threads{where}"
        work = _threads(lambda: pool.run("1 + 1"), many)
        yield timed(names, "µs", work, per=_THREADS * many, repeat=repeat, target=most)

        def submitted() -> None:
            for future in [pool.submit("1 + 1") for _ in range(many)]:
                future.result()

        name = f"pool: fresh sandbox with a run, submitted{where}"
        yield timed(name, "µs", submitted, per=many, repeat=repeat, target=most)

        async def gathered() -> None:
            await asyncio.gather(*(pool.arun("1 + 1") for _ in range(many)))

        name = f"pool: fresh sandbox with a run, asyncio{where}"
        yield timed(name, "µs", lambda: asyncio.run(gathered()), per=many, repeat=repeat)
    sessions = [Session(interpreter, checkpoints=False) for _ in range(_THREADS)]
    works = [runs(session, "1 + 1", often) for session in sessions]
    yield timed(
        f"run in warm sessions without checkpoints, {_THREADS} threads{where}",
        "µs",
        lambda: _together(works),
        per=_THREADS * often,
        repeat=repeat,
        target=50,
    )
    for session in sessions:
        session.close()


def _side_by_side(interpreter: str, effort: Effort) -> Figure:
    """Return how much longer two runs take that only calculate than one does."""
    pairs, code = [], _LONG.format(effort.of(2_000_000))
    with SessionPool(interpreter, size=_THREADS, checkpoints=False) as pool:
        for _ in range(effort.repeat):
            taken = []
            for count in (1, _THREADS):
                began = time.perf_counter()
                for future in [pool.submit(code) for _ in range(count)]:
                    future.result()
                taken.append(time.perf_counter() - began)
            pairs.append(taken[1] / taken[0])
    name = f"pool: {_THREADS} long runs, {_THREADS} cores, against one"
    return Figure(name, "×", min(pairs), statistics.median(pairs), 1.2)


def _together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _threads(work: Callable[[], object], count: int) -> Callable[[], None]:
    def repeatedly() -> None:
        for _ in range(count):
            work()

    return lambda: _together([repeatedly] * _THREADS)


def idle(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield what sessions have that nobody uses: memory, scaled to a thousand, and threads.

    In a process of its own: here they would have what earlier ones have left, uncounted.
    """
    live, rest = effort.live, 4 * effort.share
    code = f"from benchmarks import _pools; _pools.hold({interpreter!r}, {live}, {rest})"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    used, threads = json.loads(done.stdout)
    name, most = f"memory of 1000 idle sessions, of {live}", _IDLE[interpreter]
    yield Figure(name, "GB", used / live / 1e6, used / live / 1e6, most)
    yield Figure(f"threads of {live} idle sessions", "", threads, threads)


def hold(interpreter: str, live: int, rest: float) -> None:
    """Print how many bytes and how many threads so many idle sessions add to this process.

    Args:
        rest: Seconds in which they are left alone, so that their threads can end.
    """
    with Session(interpreter) as first:
        first.run("x = 1")  # what all sessions share is there from now on
    began, threads = private_bytes(), threading.active_count()
    sessions = []
    for _ in range(live):
        session = Session(interpreter)
        session.run("x = 1")
        sessions.append(session)
    time.sleep(rest)
    used = private_bytes() - began
    print(json.dumps([used, max(0, threading.active_count() - threads)]))
    for session in sessions:
        session.close()
