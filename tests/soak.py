"""Thousands of mixed sessions, and what of the process has grown by then.

    python tests/soak.py [--sessions 10000] [--threads 4] [--interpreter NAME]

Sessions that work, fail, time out, are stopped, interrupted, closed and dropped take
turns. A line every tenth of the way gives memory, threads and descriptors; the exit status
is 1 if any of them is still growing in the second half.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import random
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox_wasm import Limits, SandboxError, Session, available_interpreters

MIB = 1 << 20
NAMES = [interpreter.name for interpreter in available_interpreters()]
# What the allocator of the process keeps moves by some megabytes without any leak.
SLACK_BYTES = 24 * MIB


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


KINDS: list[tuple[int, Callable[[Session, random.Random], None]]] = [
    (60, _work), (15, _fail), (5, _fill), (5, _print), (4, _loop), (2, _hold), (1, _stop),
    (4, _interrupt), (4, _close),
]  # fmt: skip


def one(number: int, interpreters: list[str], ends: Counter[str]) -> None:
    """Run one session of a kind that depends on *number* alone."""
    pick = random.Random(number)
    (kind,) = pick.choices([kind for _, kind in KINDS], [weight for weight, _ in KINDS])
    limits = Limits(memory_bytes=8 * MIB, output_bytes=64 << 10, wall_seconds=20)
    session = Session(pick.choice(interpreters), limits=limits, functions={"echo": lambda v: v})
    try:
        kind(session, pick)
    except SandboxError as error:
        ends[f"{kind.__name__[1:]}: {type(error).__name__}"] += 1
    else:
        ends[kind.__name__[1:]] += 1
    if pick.randrange(10):
        session.close()  # else it is dropped


def sample() -> dict[str, int]:
    """Return what this process holds."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()
    return {
        "resident": int(pages[1]) * os.sysconf("SC_PAGE_SIZE"),
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="mixed sessions by the thousand")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--interpreter", action="append", choices=NAMES)
    options = parser.parse_args()
    interpreters = options.interpreter or NAMES
    warnings.simplefilter("ignore", ResourceWarning)
    ends: Counter[str] = Counter()
    samples: list[dict[str, int]] = []
    began = time.monotonic()
    numbers = itertools.count()
    for tenth in range(10):
        with ThreadPoolExecutor(options.threads) as pool:
            batch = list(itertools.islice(numbers, options.sessions // 10))
            for _ in pool.map(lambda n: one(n, interpreters, ends), batch):
                pass
        samples.append(sample())
        print(
            f"{len(batch) * (tenth + 1):6} sessions {time.monotonic() - began:6.0f} s  "
            f"{samples[-1]['resident'] / MIB:6.1f} MiB  {samples[-1]['threads']} threads  "
            f"{samples[-1]['descriptors']} descriptors",
            flush=True,
        )
    for end, count in sorted(ends.items()):
        print(f"{count:6} {end}")
    middle, last = samples[4], samples[-1]
    grown = [
        name
        for name, slack in (("resident", SLACK_BYTES), ("threads", 2), ("descriptors", 16))
        if last[name] > middle[name] + slack
    ]
    print(f"GROWN: {', '.join(grown)}" if grown else "nothing has grown")
    return bool(grown)


if __name__ == "__main__":
    sys.exit(main())
