"""How much later than its wall limit a run is over."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from sandbox_wasm import Session

from ._measure import Effort, Figure

_SECONDS = 0.1
INTERRUPTED = {
    "a loop": "while True: pass",
    "all caught": "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    "a large power": "7 ** 9000000",
    "a search": "import re\nre.match('(a*)*b', 'a' * 40)",
    "a sleep": "import time\ntime.sleep(100)",
    "the text of a result": "class C:\n  def __repr__(self):\n    while True: pass\nC()",
}
# What it holds has to be freed before it is over.
FULL = {
    "a comprehension": "[x for x in range(10**9)]",
    "a sort": "sorted(range(3_000_000), key=lambda x: -x)",
}
# What nothing interrupts is stopped by a trap.
DEAF = {"cpython": "import decimal\ndecimal.getcontext().prec = 10**6\ndecimal.Decimal(2).ln()"}


def deadlines(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield by how much the worst of the runs and the middle one were late, in milliseconds."""
    repeat = effort.fewer(5)
    for name, codes, target in (
        ("interrupted", INTERRUPTED, 50),
        ("interrupted with millions of objects", FULL, None),
    ):
        late = [t for code in codes.values() for t in _late(interpreter, code, repeat)]
        middle = statistics.median(late)
        yield Figure(f"beyond a wall limit, {name}: the worst", "ms", max(late), middle, target)
    yield freeing(interpreter, repeat)
    if interpreter in DEAF:
        late = _late(interpreter, DEAF[interpreter], repeat)
        yield Figure(
            "beyond a wall limit, stopped: the worst", "ms", max(late), statistics.median(late), 250
        )


def freeing(interpreter: str, repeat: int) -> Figure:
    """Time what a run takes that does nothing but let go of a million integers."""
    taken = []
    with Session(interpreter, checkpoints=False) as session:
        for _ in range(repeat):
            session.run("kept = list(range(1_000_000))")
            began = time.perf_counter()
            session.run("kept = None")
            taken.append((time.perf_counter() - began) * 1e3)
    return Figure("freeing a million integers", "ms", min(taken), statistics.median(taken))


def _late(interpreter: str, code: str, repeat: int) -> list[float]:
    late = []
    with Session(interpreter) as session:
        session.run("import time, re")
        for _ in range(repeat):
            # The checkpoint after the last run is no part of this one.
            session._check_open().ask(lambda guest: None)
            began = time.perf_counter()
            session.run(code, wall_seconds=_SECONDS, check=False)
            late.append((time.perf_counter() - began - _SECONDS) * 1e3)
    return late
