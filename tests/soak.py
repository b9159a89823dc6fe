"""Thousands of mixed sessions, and what of the process has grown by then.

    python tests/soak.py [--sessions 10000] [--threads 4] [--interpreter NAME] [--isolation WORD]

Sessions on both interpreters, on threads and in worker processes, take turns: they work,
fail, fill their memory, time out, are stopped, killed, interrupted, closed and dropped, use
files, mounts, snapshots and forks, are suspended and resumed, by asyncio and without. A
line every tenth of the way gives memory, threads, descriptors and processes; the exit status
is 1 if any of them is still growing in the second half, or an honest session has failed.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import itertools
import os
import random
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox_wasm import (
    AsyncSession,
    Continuation,
    Limits,
    Mount,
    SandboxError,
    Session,
    SessionClosed,
    Snapshot,
    Suspended,
    available_interpreters,
)

MIB = 1 << 20
NAMES = [interpreter.name for interpreter in available_interpreters()]
ISOLATIONS = ["thread", "process"]
KEY = b"soak"
_libc = ctypes.CDLL(None) if hasattr(ctypes.CDLL(None), "malloc_trim") else None
# An honest session has all the time it wants, on a machine that does other things as well.
LIMITS = Limits(memory_bytes=8 * MIB, output_bytes=64 << 10, wall_seconds=200)
# What may be more at the end than in the middle: the allocator of the process keeps some
# megabytes more or less without any leak, an engine that waits for its next session keeps
# its module's file open and 4 GiB of addresses, and a worker is always ready.
SLACK = {"resident": 24 * MIB, "addresses": 1 << 36, "threads": 2, "descriptors": 16, "children": 3}


def _work(session: Session, pick: random.Random) -> None:
    n = pick.randrange(1000)
    session.run(f"x = {n}\ntable = {{i: str(i) for i in range({n})}}")
    if session.run("print(x)\nx").value != n:
        raise AssertionError("another session's value")
    if session.run("echo(x)").value != n:
        raise AssertionError("another session's host call")


def _fail(session: Session, pick: random.Random) -> None:
    code = pick.choice(["1/0", "def f(): f()\nf()", "raise SystemExit", "(", "import nothing"])
    session.run(code, check=False)


def _fill(session: Session, pick: random.Random) -> None:
    session.run("kept = []\nwhile True: kept.append(bytearray(100000))", check=False)


def _print(session: Session, pick: random.Random) -> None:
    session.run("for i in range(3000): print('x' * 50)", check=False)


def _loop(session: Session, pick: random.Random) -> None:
    session.run("while True: pass", check=False, wall_seconds=0.02)
    session.run("1 + 1")


def _hold(session: Session, pick: random.Random) -> None:
    code = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    session.run(code, check=False, wall_seconds=0.02)


def _stop(session: Session, pick: random.Random) -> None:
    deaf = "import decimal\ndecimal.getcontext().prec = 10**6\ndecimal.Decimal(2).ln()"
    session.run(deaf, check=False, wall_seconds=0.02)


def _kill(session: Session, pick: random.Random) -> None:
    lane: Any = session._lane
    session.function(lane.kill_guest, name="die")
    session.run("x = 1")
    session.run("x = 2\ndie()\nwhile True: pass", check=False)
    if session.run("x").value != 1:
        raise AssertionError("the session is not what it was")


def _interrupt(session: Session, pick: random.Random) -> None:
    future = session.submit("import time\ntime.sleep(60)", check=False)
    while not session.interrupt() and not future.done():
        time.sleep(0.001)
    future.exception()


def _close(session: Session, pick: random.Random) -> None:
    future = session.submit("while True: echo(1)")
    time.sleep(pick.random() / 200)
    session.close()
    future.exception()


def _files(session: Session, pick: random.Random) -> None:
    session.run("for i in range(50):\n    with open('/tmp/%d' % i, 'w') as f: f.write('x' * 999)")
    session.run("kept = open('/tmp/7')")  # and stays open
    if session.files.read("/tmp/49") != b"x" * 999:
        raise AssertionError("another file")


def _mount(session: Session, pick: random.Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in").write_text("one")
        mount = Mount(folder, "/data", mode="rw", commit=pick.choice(["always", "on_success"]))
        with Session(
            session.interpreter, isolation=session.isolation, limits=LIMITS, mounts=[mount]
        ) as other:
            other.run("with open('/data/out', 'w') as f: f.write(open('/data/in').read() * 2)")
        if Path(folder, "out").read_text() != "oneone":
            raise AssertionError("another file")


def _snapshot(session: Session, pick: random.Random) -> None:
    session.run("x = 'kept' * 10")
    data = session.snapshot().to_bytes(key=KEY)
    arguments = {"limits": LIMITS, "isolation": pick.choice(ISOLATIONS)}
    with Session.restore(Snapshot.from_bytes(data, key=KEY), **arguments) as other:
        if other.run("x[:4]").value != "kept":
            raise AssertionError("another state")


def _fork(session: Session, pick: random.Random) -> None:
    session.run("x = [1]")
    with session.fork() as fork:
        fork.run("x.append(2)")
        if session.run("len(x)").value != 1:
            raise AssertionError("a fork that is shared")


def _suspend(session: Session, pick: random.Random) -> None:
    session.function(lambda: None, name="ask", suspends=True)
    try:
        session.run("x = echo(1)\nx + ask()")
    except Suspended as error:
        left = error.continuation
    how = pick.randrange(3)
    if how == 0:
        return  # nobody ever answers
    if how == 1:
        left = Continuation.from_bytes(left.to_bytes(key=KEY), key=KEY)
    if left.resume(4, **({"session": session} if how == 1 else {})).value != 5:
        raise AssertionError("another answer")


def _async(session: Session, pick: random.Random) -> None:
    async def main() -> None:
        async def answer(n: int) -> int:
            await asyncio.sleep(0)
            return n

        options: Any = {"limits": LIMITS, "isolation": session.isolation}
        async with AsyncSession(session.interpreter, functions=[answer], **options) as other:
            if (await other.run("answer(3)")).value != 3:
                raise AssertionError("another answer")
            task = asyncio.create_task(other.run("while True: answer(1)"))
            await asyncio.sleep(pick.random() / 100)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(main())


def _budget(session: Session, pick: random.Random) -> None:
    limits = Limits(session_host_calls=20, memory_bytes=8 * MIB)
    with Session(session.interpreter, limits=limits, functions={"echo": len}) as other:
        for _ in range(3):
            other.run("for i in range(9): echo('abc')", check=False)


KINDS: list[tuple[int, Callable[[Session, random.Random], None]]] = [
    (40, _work), (12, _fail), (5, _fill), (5, _print), (4, _loop), (2, _hold), (1, _stop),
    (4, _kill), (4, _interrupt), (4, _close), (5, _files), (3, _mount), (4, _snapshot),
    (4, _fork), (4, _suspend), (3, _async), (3, _budget),
]  # fmt: skip


def one(number: int, options: argparse.Namespace, ends: Counter[str]) -> None:
    """Run one session of a kind that depends on *number* alone."""
    pick = random.Random(number)
    (kind,) = pick.choices([kind for _, kind in KINDS], [weight for weight, _ in KINDS])
    interpreter, isolation = pick.choice(options.interpreter), pick.choice(options.isolation)
    session = Session(
        interpreter, limits=LIMITS, functions={"echo": lambda v: v}, isolation=isolation
    )
    name = f"{isolation} {kind.__name__[1:]}"
    try:
        kind(session, pick)
    except SandboxError as error:
        ends[f"{name}: {type(error).__name__}"] += 1
        if not (kind is _close and isinstance(error, SessionClosed)):
            raise AssertionError(f"session {number}, {interpreter} {name}") from error
    else:
        ends[name] += 1
    if pick.randrange(10):
        session.close()  # else it is dropped


def _children() -> int:
    """Count the processes that descend from this one."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return len(found) - 1


def sample() -> dict[str, int]:
    """Return what this process holds."""
    gc.collect()
    if _libc is not None:
        _libc.malloc_trim(0)  # what is free is of no interest
    pages = Path("/proc/self/statm").read_text().split()
    size = os.sysconf("SC_PAGE_SIZE")
    return {
        "resident": int(pages[1]) * size,
        "addresses": int(pages[0]) * size,
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "children": _children(),
    }


def settled(last: dict[str, int] | None) -> dict[str, int]:
    """Return what is held once what is ending has ended, or seems not to."""
    end = time.monotonic() + 5
    while True:
        now = sample()
        if last is None or all(now[n] <= last[n] for n in ("threads", "descriptors", "children")):
            return now
        if time.monotonic() > end:
            return now
        time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description="mixed sessions by the thousand")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--interpreter", action="append", choices=NAMES)
    parser.add_argument("--isolation", action="append", choices=ISOLATIONS)
    options = parser.parse_args()
    options.interpreter = options.interpreter or NAMES
    options.isolation = options.isolation or ISOLATIONS
    warnings.simplefilter("ignore", ResourceWarning)
    ends: Counter[str] = Counter()
    samples: list[dict[str, int]] = []
    began = time.monotonic()
    numbers = itertools.count()
    for tenth in range(10):
        with ThreadPoolExecutor(options.threads) as pool:
            batch = list(itertools.islice(numbers, options.sessions // 10))
            for _ in pool.map(lambda n: one(n, options, ends), batch):
                pass
        now = settled(samples[-1] if samples else None)
        samples.append(now)
        print(
            f"{len(batch) * (tenth + 1):6} sessions {time.monotonic() - began:6.0f} s  "
            f"{now['resident'] / MIB:6.1f} MiB  "
            f"{now['addresses'] / MIB / 1024:6.1f} GiB of addresses  "
            f"{now['threads']} threads  {now['descriptors']} descriptors  "
            f"{now['children']} processes",
            flush=True,
        )
    for end, count in sorted(ends.items()):
        print(f"{count:6} {end}")
    middle, last = samples[4], samples[-1]
    grown = [name for name, slack in SLACK.items() if last[name] > middle[name] + slack]
    print(f"GROWN: {', '.join(grown)}" if grown else "nothing has grown")
    return bool(grown)


if __name__ == "__main__":
    sys.exit(main())
