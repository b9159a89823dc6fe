"""Runs in warm sessions, in a process on each core: what a whole machine gets done."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence

from sandbox_wasm import Session

from ._measure import Effort, Figure, timed
from ._work import runs

_TARGET = 50.0  # microseconds: 20,000 runs a second


def processes(interpreter: str, effort: Effort) -> Figure:
    """Return the time of a run when each core has a process of its own, by the rate of all."""
    cores = _cores()
    often = effort.of(1000)
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_started(interpreter, core, often)) for core in cores]
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
            f"run in warm sessions without checkpoints, a process on each of {len(cores)} cores",
            "µs",
            all_at_once,
            per=len(cores) * often,
            repeat=effort.repeat,
            target=_TARGET,
        )


def _cores() -> Sequence[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return range(os.cpu_count() or 1)


def _started(interpreter: str, core: int, often: int) -> subprocess.Popen[str]:
    code = f"from benchmarks import _processes; _processes.serve({interpreter!r}, {core}, {often})"
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)


def _hear(worker: subprocess.Popen[str]) -> None:
    """Wait until a worker says that it is ready, or has done what it was told."""
    assert worker.stdout is not None
    if not worker.stdout.readline():
        raise RuntimeError("a process that was to be measured has ended")


def serve(interpreter: str, core: int, often: int) -> None:
    """Do so many runs on that core for each line on stdin, and answer each with a line."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    with Session(interpreter, checkpoints=False) as session:
        work = runs(session, "1 + 1", often)
        session.run("1 + 1")
        print("ready", flush=True)
        for _ in sys.stdin:
            work()
            print("done", flush=True)
