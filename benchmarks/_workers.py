"""Figures of sessions in worker processes, beside sessions on threads."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Literal, cast

from sandbox_wasm import Session
from sandbox_wasm.interpreters._base import Guest
from sandbox_wasm.interpreters._remote import RemoteGuest

from ._measure import Effort, Figure, timed
from ._work import WORK, runs

ECHO = "import os\nwhile data := os.read(0, 65536): os.write(0, data)"


def workers(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield the figures of one interpreter."""
    repeat, many, calls = effort.repeat, effort.of(200), effort.of(2000)
    yield handover(effort)
    yield waits("worker: run in a session", interpreter, "process", repeat * 20, 180)
    yield fresh(interpreter, repeat * 4)
    functions = {"add": lambda a, b: a + b}
    with Session(interpreter, functions=functions, isolation="process") as session:
        session.run("x = 0\ndef calls(n):\n    for i in range(n): add(i, 1)")
        name = "worker: run after run, with their checkpoints"
        one_after_another = runs(session, "x += 1", many)
        yield timed(name, "µs", one_after_another, per=many, repeat=repeat)
        yield timed(
            "worker: host call without type hints",
            "µs",
            lambda: session.run(f"calls({calls})"),
            per=calls,
            repeat=repeat,
        )
        yield back(session, repeat * 2)
        with Session(interpreter) as other:
            for name, (source, call) in WORK.items():
                for each in (session, other):
                    each.run(source)
                title = f"worker: {name}, elapsed time against a thread"
                yield elapsed(title, session, other, call, min(10, repeat))


def handover(effort: Effort) -> Figure:
    """Time the way to another process and back: what no run or host call can be quicker than."""
    many = effort.of(200)
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen([sys.executable, "-c", ECHO], stdin=theirs) as process:

        def there_and_back() -> None:
            for _ in range(many):
                ours.sendall(b"as many bytes as a small request")
                ours.recv(65_536)

        name = "worker: bare hand-over to a process and back"
        figure = timed(name, "µs", there_and_back, per=many, repeat=effort.repeat)
        process.kill()
    return figure


def waits(
    name: str,
    interpreter: str,
    isolation: Literal["thread", "process"],
    repeat: int,
    target: float,
) -> Figure:
    """Time what a caller waits for a run, who has something else to do in between.

    Checkpoints are taken then, once the result is handed over.
    """
    taken = []
    with Session(interpreter, isolation=isolation) as session:
        session.run("x = 0")
        for _ in range(repeat):
            session._check_open().ask(_settle)
            began = time.perf_counter()
            session.run("x += 1")
            taken.append((time.perf_counter() - began) * 1e6)
    return Figure(name, "µs", min(taken), statistics.median(taken), target)


def _settle(guest: Guest) -> None:
    """Wait until the checkpoint is there: a thread has taken it before it comes to this."""
    if isinstance(guest, RemoteGuest):
        guest._settle()


def fresh(interpreter: str, repeat: int) -> Figure:
    """Time what lies between asking for a session and its first result."""
    taken = []
    for _ in range(repeat):
        time.sleep(0.02)  # the next worker is made ready meanwhile, as between users
        began = time.perf_counter()
        session = Session(interpreter, isolation="process")
        session.run("1 + 1")
        taken.append((time.perf_counter() - began) * 1e3)
        session.close()
    best, median = min(taken), statistics.median(taken)
    return Figure("worker: fresh session and first result", "ms", best, median, 4)


def back(session: Session, repeat: int) -> Figure:
    """Time from the death of the worker to the first result of the one that takes over."""
    taken = []
    for n in range(repeat):
        session.run(f"kept = {n}")
        session._check_open().ask(_settle)
        time.sleep(0.02)  # the next worker is made ready meanwhile
        # No public name ends a worker at once.
        guest = cast("RemoteGuest", session._lane._keeper.guest)  # type: ignore[union-attr]
        began = time.perf_counter()
        os.kill(guest._child.pid, signal.SIGKILL)
        session.run("kept = None", check=False)
        if session.run("kept").value != n:
            raise RuntimeError("the session did not go back to where it was")
        taken.append((time.perf_counter() - began) * 1e3)
    best, median = min(taken), statistics.median(taken)
    return Figure("worker: killed, and back with the first result", "ms", best, median, 10)


def elapsed(name: str, ours: Session, theirs: Session, code: str, repeat: int) -> Figure:
    """Compare elapsed time of the same work, taking turns."""
    pairs = []
    for _ in range(repeat):
        pair = []
        for session in (ours, theirs):
            began = time.perf_counter()
            session.run(code)
            pair.append(time.perf_counter() - began)
        pairs.append(pair)
    best = min(a for a, _ in pairs) / min(b for _, b in pairs)
    return Figure(name, "×", best, statistics.median(a / b for a, b in pairs), None)
