"""What it costs to keep the state of a session: checkpoints, snapshots, forks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from sandbox_wasm import GuestCrash, Session, Snapshot

from ._measure import Figure, timed

SMALL_WORK = """
L = list(range(1000))
def f(a): return a + 1
class C: pass
d = {k: str(k) for k in range(200)}
"""
# snapshot, restore, fork, in milliseconds
TARGETS = {"cpython": (1.0, 2.5, 3.0), "micropython": (1.0, 1.0, 1.5)}


def states(interpreter: str, repeat: int) -> Iterator[Figure]:
    """Yield the figures of one interpreter."""
    with Session(interpreter, checkpoints=False) as session:
        session.run("x = 0")

        def runs() -> None:
            for _ in range(200):
                session.run("x += 1")

        yield timed("run in a session without checkpoints", "µs", runs, per=200, repeat=repeat)
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


def lost(interpreter: str, repeat: int) -> Figure:
    """Time a run that loses its guest, until the session has gone back."""
    with Session(interpreter) as session:

        def die() -> None:
            lane = session._lane
            if lane is not None:
                lane._kill()

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
