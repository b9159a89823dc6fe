"""How figures are taken: repeated, in one process, minimum and median."""

from __future__ import annotations

import gc
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: What was measured.

        unit: Of what follows.

        best, median: Over all repetitions.

        target: What the figure should not exceed; None without one.
    """

    name: str
    unit: str
    best: float
    median: float
    target: float | None = None


@dataclass(frozen=True)
class Effort:
    """How much is done for each figure.

    Attributes:
        repeat: Repetitions, of which a figure is the minimum and the median.

        live: Sessions at once where those are measured that nobody uses.

        share: Of the work in a repetition: less than 1 shows that it runs, and no figures.
    """

    repeat: int = 25
    live: int = 1000
    share: float = 1.0

    def of(self, count: int) -> int:
        """Return the share of so many pieces of work: one at least."""
        return max(1, round(count * self.share))

    def fewer(self, by: int) -> int:
        """Return the repetitions of what takes long: one at least."""
        return max(1, self.repeat // by)


def timed(
    name: str,
    unit: str,
    work: Callable[[], object],
    *,
    per: int = 1,
    repeat: int = 15,
    clock: Callable[[], float] = time.perf_counter,
    target: float | None = None,
) -> Figure:
    """Time *work*, which does the measured thing *per* times, *repeat* times over."""
    scale = {"µs": 1e6, "ms": 1e3, "s": 1.0}[unit]
    taken = []
    work()
    for _ in range(repeat):
        gc.collect()
        began = clock()
        work()
        taken.append((clock() - began) / per * scale)
    return Figure(name, unit, min(taken), statistics.median(taken), target)


def ratio(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    repeat: int = 15,
    target: float | None = None,
) -> Figure:
    """Compare processor time of the same work, taking turns."""
    pairs = []
    for _ in range(repeat):
        pair = []
        for work in (ours, theirs):
            began = time.process_time()
            work()
            pair.append(time.process_time() - began)
        pairs.append(pair)
    best = min(a for a, _ in pairs) / min(b for _, b in pairs)
    return Figure(name, "×", best, statistics.median(a / b for a, b in pairs), target)


def command(name: str, argv: list[str], *, repeat: int = 15, target: float | None = None) -> Figure:
    """Time a whole command."""

    def run() -> None:
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    return timed(name, "ms", run, repeat=repeat, target=target)


def private_bytes() -> int:
    """Memory of this process that it shares with no other, in bytes (Linux)."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return 1024 * sum(int(n) for n in re.findall(r"^Private_\w+:\s+(\d+)", text, re.M))


def machine() -> str:
    """This machine in a line: processor, cores, Python."""
    import os
    import platform

    processor = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*: (.*)$", cpuinfo.read_text(), re.M)
        processor = found[1] if found else processor
    return (
        f"{processor}, {os.cpu_count()} cores, {platform.system()}, "
        f"CPython {sys.version.split()[0]}"
    )
