"""What it costs to keep the state of a session: checkpoints, snapshots, forks."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

from sandbox_wasm import Continuation, GuestCrash, Session, Snapshot, Suspended

from ._measure import Effort, Figure, timed
from ._work import runs

SMALL_WORK = """
L = list(range(1000))
def f(a): return a + 1
class C: pass
d = {k: str(k) for k in range(200)}
"""
FIB = "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)"
# Runs that wait at their end, by what they do before.
BEFORE = {
    "that computes": f"{FIB}\nfib(21)\nask(1)",
    "with 3000 host calls": "for n in range(3000): step(n)\nask(1)",
}
# snapshot, restore, fork, in milliseconds
TARGETS = {"cpython": (1.0, 2.5, 3.0), "micropython": (1.0, 1.0, 1.5)}


def states(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield the figures of one interpreter."""
    repeat, many = effort.repeat, effort.of(200)
    with Session(interpreter, checkpoints=False) as session:
        session.run("x = 0")
        name, work = "run after run, without checkpoints", runs(session, "x += 1", many)
        yield timed(name, "µs", work, per=many, repeat=repeat)
    with Session(interpreter) as session:
        session.run(SMALL_WORK)
        snapshot = session.snapshot()
        data = snapshot.to_bytes()
        restore, fork = [], []
        for _ in range(repeat):
            restore.append(_opened(lambda: Session.restore(snapshot)))
            fork.append(_opened(session.fork))
        most = TARGETS[interpreter]
        yield timed("snapshot", "ms", session.snapshot, repeat=repeat, target=most[0])
        yield _figure("restore", restore, most[1])
        yield _figure("fork", fork, most[2])
        name = f"snapshot to {len(data) >> 10} KB of bytes"
        yield timed(name, "ms", snapshot.to_bytes, repeat=repeat, target=8)
        yield timed("snapshot from bytes", "ms", lambda: Snapshot.from_bytes(data), repeat=repeat)
    yield lost(interpreter, repeat)
    for name, code in BEFORE.items():
        yield replayed(interpreter, f"a run {name}, resumed against run", code, repeat)


def replayed(interpreter: str, name: str, code: str, repeat: int) -> Figure:
    """Compare a run that is gone through again with the same run, answered at once."""
    functions = {"step": lambda n: n}
    pairs = []
    with (
        Session(interpreter, functions={"ask": lambda n: n, **functions}) as straight,
        Session(interpreter, functions=functions) as waiting,
    ):
        waiting.function(lambda n: n, name="ask", suspends=True)
        for _ in range(repeat):
            resume = partial(_left(waiting, code).resume, 1)
            pairs.append((_taken(resume), _taken(lambda: straight.run(code))))
    best = min(a for a, _ in pairs) / min(b for _, b in pairs)
    return Figure(name, "×", best, statistics.median(a / b for a, b in pairs), 1.3)


def _left(session: Session, code: str) -> Continuation:
    try:
        session.run(code)
    except Suspended as waiting:
        return waiting.continuation
    raise AssertionError("the run did not wait")


def _taken(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def lost(interpreter: str, repeat: int) -> Figure:
    """Time a run that loses its guest, until the session has gone back."""
    with Session(interpreter) as session:

        def die() -> None:
            lane = session._lane
            if lane is not None:
                lane.kill_guest()

        session.function(die)
        session.run(SMALL_WORK)
        taken = []
        for _ in range(repeat):
            began = time.perf_counter()
            try:
                session.run("die()\nwhile True: pass")
            except GuestCrash:
                taken.append((time.perf_counter() - began) * 1e3)
        return _figure("a run that loses its guest, and going back", taken, None)


def _opened(open_session: Callable[[], Session]) -> float:
    began = time.perf_counter()
    session = open_session()
    taken = (time.perf_counter() - began) * 1e3
    session.close()
    return taken


def _figure(name: str, taken: list[float], target: float | None) -> Figure:
    return Figure(name, "ms", min(taken), sorted(taken)[len(taken) // 2], target)
