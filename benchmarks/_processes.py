"""Warm and fresh sandboxes in a process on each core: what a whole machine gets done."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

from sandbox_wasm import Session, SessionPool

from ._measure import Effort, Figure, timed
from ._work import runs

_TARGET = 50.0  # microseconds: 20,000 runs a second


def processes(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield the time of a run when each core has a process of its own, by the rate of all."""
    yield _all_at_once(
        "run in warm sessions without checkpoints", "warm", interpreter, effort, 1000, _TARGET
    )
    yield _all_at_once("pool: fresh sandbox with a run", "fresh", interpreter, effort, 200, None)


def _all_at_once(
    name: str, kind: str, interpreter: str, effort: Effort, often: int, target: float | None
) -> Figure:
    cores = _cores()
    often = effort.of(often)
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_started(kind, interpreter, core, often)) for core in cores]
        for worker in workers:
            _hear(worker)

        def all_at_once() -> None:
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write("go\n")
                worker.stdin.flush()
            for worker in workers:
                _hear(worker)

        return timed(
            f"{name}, a process on each of {len(cores)} cores",
            "µs",
            all_at_once,
            per=len(cores) * often,
            repeat=effort.repeat,
            target=target,
        )


def _cores() -> Sequence[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return range(os.cpu_count() or 1)


def _started(kind: str, interpreter: str, core: int, often: int) -> subprocess.Popen[str]:
    arguments = f"{kind!r}, {interpreter!r}, {core}, {often}"
    code = f"from benchmarks import _processes; _processes.serve({arguments})"
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)


def _hear(worker: subprocess.Popen[str]) -> None:
    """Wait until a worker says that it is ready, or has done what it was told."""
    assert worker.stdout is not None
    if not worker.stdout.readline():
        raise RuntimeError("a process that was to be measured has ended")


def serve(kind: str, interpreter: str, core: int, often: int) -> None:
    """Do so many runs on that core for each line on stdin, and answer each with a line.

    Args:
        kind: ``"warm"``: all in one session; ``"fresh"``: each in one of its own, from a pool.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    with contextlib.ExitStack() as stack:
        sandbox: Session | SessionPool
        if kind == "warm":
            sandbox = stack.enter_context(Session(interpreter, checkpoints=False))
        else:
            sandbox = stack.enter_context(SessionPool(interpreter, size=1, checkpoints=False))
        work = runs(sandbox, "1 + 1", often)
        sandbox.run("1 + 1")
        print("ready", flush=True)
        for _ in sys.stdin:
            work()
            print("done", flush=True)
